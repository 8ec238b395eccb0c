package openai

import (
	"strings"
	"sync"

	"github.com/slop-ls/slop-ls/engine"
)

// manner is how a model has to be spoken to: its zero value is OpenAI's chat. It is a value, and what a call was
// made with is what its reply is read with.
type manner struct {
	textTools   bool // tools are described in words, and called so
	plainForm   bool // the form of a reply is asked for in words: the server does not hold to it
	responses   bool // it is asked by the Responses API
	unsummed    bool // of that: no summary of its reasoning is asked for
	unsealed    bool // of that: its reasoning is not asked for at all: it has none
	reasonsBack bool // of chat: its reasoning goes back with its calls
}

// manners is what an endpoint has found out about its models by being refused. It is forgotten with the process: a
// server may learn too.
type manners struct {
	mu    sync.Mutex
	model map[string]manner
}

func (k *manners) of(model string) manner {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.model[model]
}

func (k *manners) keep(model string, m manner) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.model == nil {
		k.model = map[string]manner{}
	}
	k.model[model] = m
}

// manner is how a model is spoken to by what was configured and what was found out.
func (e *endpoint) manner(model string) manner {
	m := e.known.of(model)
	m.textTools = (m.textTools || e.TextTools) && !e.NativeTools
	m.reasonsBack = m.reasonsBack || e.ReasoningBack
	switch e.API {
	case ResponsesAPI:
		m.responses = true
	case ChatAPI:
		m.responses = false
	case AutoAPI:
		m.responses = m.responses || e.NeedsResponses != nil && e.NeedsResponses(model)
	}
	return m
}

// learn notes what a refusal says about a model. It reports whether the same request, asked with was, is worth another
// try in the manner that is known now.
func (e *endpoint) learn(req engine.Request, was manner, f *failure) bool {
	next := was
	switch {
	case !was.responses && e.API == AutoAPI && wantsResponses(f):
		next.responses = true
	case !was.responses && wantsReasoning(f):
		next.reasonsBack = true
	case was.responses && !was.unsummed && refusesSummary(f):
		next.unsummed = true
	case was.responses && refusesReasoning(f):
		next.unsummed, next.unsealed = true, true
	case req.Form != nil && refusesForm(f):
		next.plainForm = true
	case len(req.Tools) > 0 && !e.NativeTools && refusesTools(f):
		next.textTools = true
	}
	if next == was {
		return false
	}
	e.known.keep(req.Model, next)
	return true
}

// ask is the request as it is sent.
func (m manner) ask(req engine.Request) engine.Request {
	if req.Form != nil && m.plainForm {
		req.Messages = instructed(req.Messages, formInWords(req.Form))
		req.Form = nil
	}
	if m.textTools && len(req.Tools) > 0 {
		req.Messages = instructed(callsInWords(req.Messages), toolsInWords(req.Tools))
		req.Tools = nil
	}
	return req
}

// read is the reply as it was asked for.
func (m manner) read(asked engine.Request, reply engine.Reply) engine.Reply {
	if asked.Form != nil {
		reply.Message.Text = unfenced(reply.Message.Text)
	}
	if m.textTools && len(asked.Tools) > 0 && len(reply.Message.Calls) == 0 {
		reply.Message.Text, reply.Message.Calls = readCalls(reply.Message.Text, asked.Tools, turns(asked.Messages))
	}
	return reply
}

// instructed adds to the system prompt, which is made where there is none. It changes no message that it is given.
func instructed(messages []engine.Message, text string) []engine.Message {
	out := append([]engine.Message{}, messages...)
	if len(out) > 0 && out[0].Role == engine.RoleSystem {
		out[0].Text = strings.TrimRight(out[0].Text, "\n") + "\n\n" + text
		return out
	}
	return append([]engine.Message{{Role: engine.RoleSystem, Text: text}}, out...)
}
