// Package openai is the engine's Provider over any OpenAI-compatible endpoint, by go-openai.
//
// A call ends in one of three ways: with a whole reply, with the context's error as soon as that is cancelled, or with
// an *engine.ProviderError whose Kind says what happened. A stream that ends before its end is never passed for a
// reply. Nothing waits without a bound: the first token, silence in the middle, the length of a line, the size of a
// reply and the number of calls made for one Generate each have a limit (Limits). What is worth another call (429, 5xx, a
// stream that broke, stalled or was garbled, no connection) is made again with growing pauses, or after the pause that
// the provider asked for; the rest is reported at once.
//
// A key is looked up anew for each Generate, is sent in the Authorization header, and appears nowhere else: error
// texts have it cut out, also where a server echoes it.
//
// A server or a model that refuses tools, or a form of its reply, is spoken to in words from its refusal on (manner): the
// caller sees no difference but in how well the model keeps to it.
//
// A model that is asked by the Responses API alone is asked so (Endpoint.API), and nothing is stored there: a request has
// the whole conversation either way. What a model thought is kept for people, and goes back only to a provider that
// insists on it, in the form that it insists on.
//
// go-openai builds the requests and drives the stream; between it and the network stand two HTTPDoers. One puts back
// into the request what its types cannot say (a temperature of 0, empty content, a provider's own fields that must
// come back with a message). The other turns every failure into a typed one and what comes into lines that go-openai
// cannot misread.
package openai
