// Package scripted is an OpenAI-compatible HTTP server on loopback that answers from a script. It is product code: the
// demo runs on it, and so does everything that wants a model without a key or a network. It never passes for a real
// model: each response carries the header X-Scripted-Model, the system fingerprint "scripted" and, in a stream, a
// comment that says so, and its models are owned by "slop-ls scripted".
//
// A server keeps no conversation. What it says to a request depends on the request alone: on its model, on the ticket
// that the first line of its first user message names ("Ticket T1"), on how many turns the assistant has had already,
// and on its text. So a client that was killed and asks again gets the same answer. The one exception is a Fault that
// is limited to the first calls: those are counted, per rule, model, ticket and turn.
//
// # Script files
//
// A script is JSON. Unknown fields are errors. The first rule that fits is taken, and a rule fits when each condition
// that it states holds:
//
//	{
//	  "models": ["small", "medium"],          listed by GET /v1/models, with the models of the rules
//	  "rules": [
//	    {
//	      "ticket": "T1",                      the ticket's id
//	      "model": "small",                    the request's model
//	      "turn": 0,                           assistant messages already in the request
//	      "contains": "lex.go",                text that some message holds
//	      "last": "FAIL",                      text that the last message holds
//	      "tools": false,                      whether the request offers tools
//	      "reply": {
//	        "text": "Looking at the lexer.",
//	        "reasoning": "It has no positions.",
//	        "calls": [{"name": "read_file", "arguments": {"path": "lex.go"}}],
//	        "usage": {"input": 1200, "cached": 200, "output": 90, "reasoning": 10},
//	        "finish": "tool_calls",            left out: by what the reply holds
//	        "delay": "20ms",                   before each chunk
//	        "chunk": 24,                       bytes of text or arguments in a chunk
//	        "fault": {"kind": "rate_limited", "first": 2, "retry_after": "1s"}
//	      }
//	    }
//	  ]
//	}
//
// The arguments of a call are an object, or a string that is sent as it is, be it JSON or not. Usage that is left out
// is estimated at four bytes a token. The kinds of fault are the constants FaultX; "first" limits one to so many
// calls, "after" says how many chunks go out before a fault in the middle (2 when left out), "http_date" writes
// Retry-After as a date. A request that no rule fits gets status 400 and the error type "no_rule".
package scripted
