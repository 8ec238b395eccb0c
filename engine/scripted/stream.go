package scripted

import (
	"encoding/json"
	"net/http"
	"strings"
)

// stream sends the reply as server-sent events: a comment that says that it is scripted, role, reasoning, text, calls
// in pieces, the finish reason, the usage where it was asked for, and [DONE].
func (a *answer) stream() error {
	a.w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	a.w.Header().Set("Cache-Control", "no-cache")
	a.w.WriteHeader(http.StatusOK)
	if err := a.write(": scripted model\n\n"); err != nil {
		return err
	}
	if err := a.startFault(); err != nil {
		return err
	}
	if err := a.before(); err != nil {
		return err
	}
	for _, delta := range a.deltas() {
		if err := a.chunk([]any{choice(delta, nil)}, nil); err != nil {
			return err
		}
	}
	return a.tail()
}

// before is what a dialect sends before the first piece.
func (a *answer) before() error {
	t := a.dialect.traits()
	if t.comment != "" {
		if err := a.write(strings.Repeat(": "+t.comment+"\n\n", 3)); err != nil {
			return err
		}
	}
	if t.preamble {
		return a.chunk([]any{}, nil)
	}
	return nil
}

// tail is what comes after the last piece. A fault in the middle that has not come yet, because the reply is short,
// comes now.
func (a *answer) tail() error {
	if err := a.middleFault(true); err != nil {
		return err
	}
	var usage any
	if a.dialect.traits().lastUsage {
		usage = a.dialect.usage(a.usage())
	}
	if err := a.chunk([]any{choice(map[string]any{}, a.finish())}, usage); err != nil {
		return err
	}
	if a.req.IncludeUsage && usage == nil {
		if err := a.chunk([]any{}, a.dialect.usage(a.usage())); err != nil {
			return err
		}
	}
	return a.write("data: [DONE]\n\n")
}

func choice(delta map[string]any, finish any) map[string]any {
	return map[string]any{"index": 0, "delta": delta, "finish_reason": finish}
}

// deltas lists the pieces of the reply in the order in which they are sent.
func (a *answer) deltas() []map[string]any {
	all := []map[string]any{{"role": "assistant", "content": ""}}
	for _, p := range pieces(a.reply.Reasoning, a.reply.Chunk) {
		piece := map[string]any{a.dialect.reasoningField(): p}
		if a.dialect.traits().details {
			piece["reasoning_details"] = []any{map[string]any{"type": "reasoning.text", "text": p, "index": 0}}
		}
		all = append(all, piece)
	}
	for _, p := range pieces(a.reply.Text, a.reply.Chunk) {
		all = append(all, map[string]any{"content": p})
	}
	for i := range a.reply.Calls {
		all = append(all, a.callDeltas(i)...)
	}
	return all
}

// callDeltas gives a call as real models stream it: id and name first, then the arguments bit by bit.
func (a *answer) callDeltas(i int) []map[string]any {
	c := a.reply.Calls[i]
	head := wireCall{
		Index: &i, ID: a.callID(i), Type: "function", Function: wireFunction{Name: c.Name}, Extra: c.Extra,
	}
	head.Extra = a.dialect.extra(c)
	if a.dialect.traits().wholeCalls {
		head.Function.Arguments = c.Arguments
		return []map[string]any{{"tool_calls": []wireCall{head}}}
	}
	all := []map[string]any{{"tool_calls": []wireCall{head}}}
	for _, p := range pieces(c.Arguments, a.reply.Chunk) {
		part := wireCall{Index: &i, Function: wireFunction{Arguments: p}}
		all = append(all, map[string]any{"tool_calls": []wireCall{part}})
	}
	return all
}

// chunk sends one chunk after its delay, or the fault that comes instead of it.
func (a *answer) chunk(choices []any, usage any) error {
	if err := a.middleFault(false); err != nil {
		return err
	}
	if err := a.pause(); err != nil {
		return err
	}
	body := a.envelope("chat.completion.chunk", choices)
	if a.req.IncludeUsage {
		body["usage"] = usage
	}
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	a.sent++
	return a.write("data: " + string(data) + "\n\n")
}

// write sends text at once. An error means that the client hung up.
func (a *answer) write(text string) error {
	if err := a.http.Context().Err(); err != nil {
		return err
	}
	if _, err := a.w.Write([]byte(text)); err != nil {
		return err
	}
	return http.NewResponseController(a.w).Flush()
}
