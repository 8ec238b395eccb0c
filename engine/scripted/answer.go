package scripted

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"
)

// errFault ends an answer that went wrong as its script says.
var errFault = errors.New("the script's fault")

// answer is one reply on its way. One handler uses it.
type answer struct {
	w     http.ResponseWriter
	http  *http.Request // whose context ends when the client hangs up or the server is closed
	req   *Request
	reply *Reply

	dialect Dialect
	sent    int  // chunks so far
	events  int  // of the Responses API, so far
	cut     bool // the handler must cut the connection
}

// send writes the whole answer. The error is errFault, or the client's hanging up.
func (a *answer) send() error {
	if handled, err := a.statusFault(); handled {
		return err
	}
	switch {
	case a.req.responses:
		return a.respond()
	case !a.req.Stream:
		return a.sendWhole()
	}
	return a.stream()
}

type wireCall struct {
	Index    *int            `json:"index,omitempty"`
	ID       string          `json:"id,omitempty"`
	Type     string          `json:"type,omitempty"`
	Function wireFunction    `json:"function"`
	Extra    json.RawMessage `json:"extra_content,omitempty"`
}

type wireFunction struct {
	Name      string `json:"name,omitempty"`
	Arguments string `json:"arguments"`
}

type wireUsage struct {
	Prompt            int           `json:"prompt_tokens"`
	Completion        int           `json:"completion_tokens"`
	Total             int           `json:"total_tokens"`
	PromptDetails     cachedTokens  `json:"prompt_tokens_details"`
	CompletionDetails reasonsTokens `json:"completion_tokens_details"`
}

type (
	cachedTokens struct {
		Cached int `json:"cached_tokens"`
	}
	reasonsTokens struct {
		Reasoning int `json:"reasoning_tokens"`
	}
)

// envelope is what every answer has around it.
func (a *answer) envelope(object string, choices any) map[string]any {
	return map[string]any{
		"id":                 fmt.Sprintf("scripted-%s-%d", a.req.Ticket, a.req.Turn),
		"object":             object,
		"created":            time.Now().Unix(),
		"model":              a.req.Model,
		"system_fingerprint": fingerprint,
		"choices":            choices,
	}
}

func (a *answer) finish() string {
	switch {
	case a.reply.Finish != "":
		return a.reply.Finish
	case len(a.reply.Calls) > 0:
		return "tool_calls"
	}
	return "stop"
}

func (a *answer) callID(i int) string {
	if id := a.reply.Calls[i].ID; id != "" {
		return id
	}
	return "call_" + a.req.Ticket + "_" + strconv.Itoa(a.req.Turn) + "_" + strconv.Itoa(i)
}

// usage is the reply's, or four bytes a token.
func (a *answer) usage() wireUsage {
	u := a.reply.Usage
	if u == nil {
		u = &Usage{Input: a.inputBytes()/4 + 1, Output: a.outputBytes()/4 + 1}
	}
	return wireUsage{
		Prompt: u.Input, Completion: u.Output, Total: u.Input + u.Output,
		PromptDetails: cachedTokens{u.Cached}, CompletionDetails: reasonsTokens{u.Reasoning},
	}
}

func (a *answer) inputBytes() int {
	n := 0
	for _, m := range a.req.Messages {
		n += len(m.Text)
		for _, c := range m.Calls {
			n += len(c.Name) + len(c.Arguments)
		}
	}
	return n
}

func (a *answer) outputBytes() int {
	n := len(a.reply.Text) + len(a.reply.Reasoning)
	for _, c := range a.reply.Calls {
		n += len(c.Name) + len(c.Arguments)
	}
	return n
}

// sendWhole answers a request that does not stream.
func (a *answer) sendWhole() error {
	if err := a.pause(); err != nil {
		return err
	}
	if kind := a.reply.Fault.Kind; kind != NoFault && kind != FaultComments {
		return a.wholeFault(kind)
	}
	calls := make([]wireCall, 0, len(a.reply.Calls))
	for i, c := range a.reply.Calls {
		calls = append(calls, wireCall{
			ID: a.callID(i), Type: "function", Function: wireFunction{c.Name, c.Arguments}, Extra: c.Extra,
		})
	}
	message := map[string]any{"role": "assistant", "content": a.reply.Text}
	if len(calls) > 0 {
		message["tool_calls"] = calls
	}
	if a.reply.Reasoning != "" {
		message["reasoning_content"] = a.reply.Reasoning
	}
	body := a.envelope("chat.completion", []any{
		map[string]any{"index": 0, "message": message, "finish_reason": a.finish()},
	})
	body["usage"] = a.usage()
	writeJSON(a.w, http.StatusOK, body)
	return a.http.Context().Err()
}

// pause waits for the delay of a chunk, or for the client to hang up.
func (a *answer) pause() error {
	if a.reply.Delay == 0 {
		return a.http.Context().Err()
	}
	t := time.NewTimer(a.reply.Delay)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-a.http.Context().Done():
		return a.http.Context().Err()
	}
}

// hang says nothing until the client hangs up.
func (a *answer) hang() error {
	<-a.http.Context().Done()
	return a.http.Context().Err()
}

// pieces cuts text for streaming, never within a character. Long text is cut coarser, so that it makes at most some
// 500 pieces.
func pieces(text string, size int) []string {
	if size <= 0 {
		size = max(24, len(text)/500)
	}
	var out []string
	for len(text) > size {
		n := size
		for n > 1 && !utf8.RuneStart(text[n]) {
			n--
		}
		if !utf8.RuneStart(text[n]) { // one character is longer than size
			_, n = utf8.DecodeRuneInString(text)
		}
		out = append(out, text[:n])
		text = text[n:]
	}
	if text != "" {
		out = append(out, text)
	}
	return out
}
