package scripted

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// sealed is what a scripted model has thought, as it would be handed back: nobody can read it.
const sealed = "c2NyaXB0ZWQ="

type wireResponses struct {
	Model        string            `json:"model"`
	Instructions string            `json:"instructions"`
	Input        json.RawMessage   `json:"input"`
	Tools        []responseTool    `json:"tools"`
	Stream       bool              `json:"stream"`
	Store        *bool             `json:"store"`
	Include      []string          `json:"include"`
	Messages     []json.RawMessage `json:"messages"`
}

type responseTool struct {
	Name   string `json:"name"`
	Strict *bool  `json:"strict"`
}

type responseItem struct {
	Type      string      `json:"type"`
	Role      string      `json:"role"`
	Content   wireContent `json:"content"`
	CallID    string      `json:"call_id"`
	Name      string      `json:"name"`
	Arguments string      `json:"arguments"`
	Output    wireContent `json:"output"`
	Encrypted string      `json:"encrypted_content"`
}

// parseResponses reads a request of the Responses API. It is as strict as that where a client of the other API would err.
func parseResponses(body []byte) (Request, error) {
	var w wireResponses
	if err := json.Unmarshal(body, &w); err != nil {
		return Request{}, fmt.Errorf("the body is not a request: %w", err)
	}
	items, err := inputItems(w.Input)
	switch {
	case err != nil:
		return Request{}, err
	case w.Model == "":
		return Request{}, errors.New("missing required parameter: 'model'")
	case len(w.Messages) > 0:
		return Request{}, errors.New("unsupported parameter: 'messages': in the Responses API this parameter has moved to 'input'")
	case len(items) == 0:
		return Request{}, errors.New("missing required parameter: 'input'")
	case !w.Stream:
		return Request{}, errors.New("the scripted model streams its responses only")
	}
	q := Request{Model: w.Model, Stream: true, IncludeUsage: true, Body: body, responses: true}
	for _, t := range w.Tools {
		if t.Name == "" {
			return Request{}, errors.New("missing required parameter: 'tools[0].name'")
		}
		if t.Strict == nil || *t.Strict {
			return Request{}, fmt.Errorf("invalid schema for function '%s': a strict one must list every property as required", t.Name)
		}
		q.Tools = append(q.Tools, t.Name)
	}
	if w.Instructions != "" {
		q.Messages = append(q.Messages, Message{Role: "system", Text: w.Instructions})
	}
	stored := w.Store == nil || *w.Store
	for _, item := range items {
		if err := q.addItem(item, stored); err != nil {
			return Request{}, err
		}
	}
	q.Ticket = ticketOf(q.firstUserText())
	return q, nil
}

// inputItems are the items of an input, which may be a text.
func inputItems(input json.RawMessage) ([]responseItem, error) {
	var text string
	if json.Unmarshal(input, &text) == nil {
		return []responseItem{{Role: "user", Content: wireContent(text)}}, nil
	}
	var items []responseItem
	if err := json.Unmarshal(input, &items); err != nil {
		return nil, fmt.Errorf("invalid type for 'input': %w", err)
	}
	return items, nil
}

// addItem joins the items of one turn of the assistant to one message.
func (q *Request) addItem(item responseItem, stored bool) error {
	switch item.Type {
	case "reasoning":
		if item.Encrypted == "" && !stored {
			return errors.New("item 'rs_1' of type 'reasoning' was not found: items are not persisted when `store` is set to false")
		}
		own := q.own()
		own.Reasoning, _ = json.Marshal(item.Encrypted)
	case "function_call":
		own := q.own()
		own.Calls = append(own.Calls, Call{ID: item.CallID, Name: item.Name, Arguments: item.Arguments})
	case "function_call_output":
		if item.CallID == "" {
			return errors.New("missing required parameter: 'input[0].call_id'")
		}
		q.Messages = append(q.Messages, Message{Role: "tool", Text: string(item.Output), CallID: item.CallID, Name: q.called(item.CallID)})
	case "message", "":
		if item.Role == "assistant" {
			q.own().Text += string(item.Content)
			return nil
		}
		q.Messages = append(q.Messages, Message{Role: item.Role, Text: string(item.Content)})
	default:
		return fmt.Errorf("invalid value: '%s'", item.Type)
	}
	return nil
}

// called is the tool that a call is of, which its result does not say in this API.
func (q *Request) called(id string) string {
	for _, m := range q.Messages {
		for _, c := range m.Calls {
			if c.ID == id {
				return c.Name
			}
		}
	}
	return ""
}

// own is the message of the turn that the assistant is at.
func (q *Request) own() *Message {
	if n := len(q.Messages); n == 0 || q.Messages[n-1].Role != "assistant" {
		q.Turn++
		q.Messages = append(q.Messages, Message{Role: "assistant"})
	}
	return &q.Messages[len(q.Messages)-1]
}

// respond streams the reply as the Responses API does: items that begin, grow and end, and the whole at the end.
func (a *answer) respond() error {
	a.w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	a.w.WriteHeader(http.StatusOK)
	if err := a.write(": scripted model\n\n"); err != nil {
		return err
	}
	if err := a.startFault(); err != nil {
		return err
	}
	for _, kind := range []string{"response.created", "response.in_progress"} {
		if err := a.event(kind, map[string]any{"response": a.response("in_progress", []any{}, nil)}); err != nil {
			return err
		}
	}
	var output []any
	for _, item := range a.items() {
		if err := a.item(len(output), item); err != nil {
			return err
		}
		output = append(output, item.whole)
	}
	return a.completed(output)
}

// completed is the last event: the response as a whole.
func (a *answer) completed(output []any) error {
	if err := a.middleFault(true); err != nil {
		return err
	}
	status := "completed"
	if a.reply.Finish == "length" {
		status = "incomplete"
	}
	u := a.usage()
	usage := map[string]any{
		"input_tokens": u.Prompt, "output_tokens": u.Completion, "total_tokens": u.Total,
		"input_tokens_details": u.PromptDetails, "output_tokens_details": u.CompletionDetails,
	}
	return a.event("response."+status, map[string]any{"response": a.response(status, output, usage)})
}

func (a *answer) response(status string, output []any, usage any) map[string]any {
	r := map[string]any{
		"id": fmt.Sprintf("resp_scripted_%s_%d", a.req.Ticket, a.req.Turn), "object": "response", "status": status,
		"model": a.req.Model, "error": nil, "incomplete_details": nil, "output": output, "usage": usage,
	}
	if status == "incomplete" {
		r["incomplete_details"] = map[string]string{"reason": "max_output_tokens"}
	}
	return r
}

// outputItem is an item with the pieces in which it comes.
type outputItem struct {
	whole  map[string]any
	grows  string // the kind of its events
	pieces []string
}

func (a *answer) items() []outputItem {
	var all []outputItem
	id := func(kind string) string { return fmt.Sprintf("%s_%s_%d_%d", kind, a.req.Ticket, a.req.Turn, len(all)) }
	if text := a.reply.Reasoning; text != "" {
		all = append(all, outputItem{map[string]any{
			"id": id("rs"), "type": "reasoning", "encrypted_content": sealed, "summary": []any{map[string]string{"type": "summary_text", "text": text}},
		}, "response.reasoning_summary_text.delta", pieces(text, a.reply.Chunk)})
	}
	if text := a.reply.Text; text != "" {
		all = append(all, outputItem{map[string]any{
			"id": id("msg"), "type": "message", "status": "completed", "role": "assistant",
			"content": []any{map[string]any{"type": "output_text", "text": text, "annotations": []any{}}},
		}, "response.output_text.delta", pieces(text, a.reply.Chunk)})
	}
	for i, c := range a.reply.Calls {
		all = append(all, outputItem{map[string]any{
			"id": id("fc"), "type": "function_call", "status": "completed", "call_id": a.callID(i), "name": c.Name, "arguments": c.Arguments,
		}, "response.function_call_arguments.delta", pieces(c.Arguments, a.reply.Chunk)})
	}
	return all
}

// item sends one item: that it begins, its pieces, and the whole of it.
func (a *answer) item(index int, o outputItem) error {
	begun := map[string]any{}
	for _, field := range []string{"id", "type", "role", "call_id", "name"} {
		if v, ok := o.whole[field]; ok {
			begun[field] = v
		}
	}
	begun["status"] = "in_progress"
	if err := a.event("response.output_item.added", map[string]any{"output_index": index, "item": begun}); err != nil {
		return err
	}
	for _, p := range o.pieces {
		piece := map[string]any{"output_index": index, "item_id": o.whole["id"], "content_index": 0, "delta": p}
		if err := a.event(o.grows, piece); err != nil {
			return err
		}
	}
	return a.event("response.output_item.done", map[string]any{"output_index": index, "item": o.whole})
}

// event sends one event after its delay, or the fault that comes instead of it.
func (a *answer) event(kind string, fields map[string]any) error {
	if err := a.middleFault(false); err != nil {
		return err
	}
	if err := a.pause(); err != nil {
		return err
	}
	fields["type"], fields["sequence_number"] = kind, a.events
	data, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	a.events++
	if strings.HasSuffix(kind, ".delta") {
		a.sent++
	}
	return a.write("event: " + kind + "\ndata: " + string(data) + "\n\n")
}
