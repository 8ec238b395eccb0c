package openai

import (
	"encoding/json"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/slop-ls/slop-ls/engine"
)

// chatRequest is a request in go-openai's types. Each message becomes exactly one; rewriter relies on that.
func (e *endpoint) chatRequest(req engine.Request) goopenai.ChatCompletionRequest {
	out := goopenai.ChatCompletionRequest{Model: req.Model, Stream: true}
	if !e.NoStreamUsage {
		out.StreamOptions = &goopenai.StreamOptions{IncludeUsage: true}
	}
	for _, m := range req.Messages {
		out.Messages = append(out.Messages, chatMessage(m))
	}
	for _, t := range req.Tools {
		out.Tools = append(out.Tools, chatTool(t))
	}
	return out
}

func chatMessage(m engine.Message) goopenai.ChatCompletionMessage {
	out := goopenai.ChatCompletionMessage{
		Role: string(m.Role), Content: m.Text, ToolCallID: m.CallID, Name: m.Name,
	}
	for _, c := range m.Calls {
		out.ToolCalls = append(out.ToolCalls, goopenai.ToolCall{
			ID: c.ID, Type: goopenai.ToolTypeFunction,
			Function: goopenai.FunctionCall{Name: c.Name, Arguments: c.Arguments},
		})
	}
	return out
}

func chatTool(t engine.ToolSpec) goopenai.Tool {
	schema := t.Schema
	if len(schema) == 0 {
		schema = json.RawMessage(`{"type":"object","properties":{}}`)
	}
	return goopenai.Tool{Type: goopenai.ToolTypeFunction, Function: &goopenai.FunctionDefinition{
		Name: t.Name, Description: t.Description, Parameters: schema,
	}}
}

// opaque is what an endpoint wants back with a message that it sent. It is kept in engine.Message.Opaque and goes to
// the endpoint that it came from only.
type opaque struct {
	Provider string                     `json:"provider"`
	Message  map[string]json.RawMessage `json:"message,omitempty"` // by field
	Calls    map[string]json.RawMessage `json:"calls,omitempty"`   // extra_content, by the call's id
	Items    []json.RawMessage          `json:"items,omitempty"`   // of the Responses API: all that the message came as
}

// The fields of a message that are handed back: Gemini's, and OpenRouter's.
const (
	extraContent     = "extra_content"
	reasoningDetails = "reasoning_details"
)

// object is a JSON object whose other fields stay as they are.
type object = map[string]json.RawMessage

// rewriter puts back into a request's JSON what go-openai leaves out of it.
type rewriter struct {
	provider    string
	temperature *float64
	messages    []engine.Message
	form        *engine.Form
	maxOutput   int
	reasonsBack bool
}

func (w rewriter) rewrite(body []byte) ([]byte, error) {
	var top object
	if err := json.Unmarshal(body, &top); err != nil {
		return nil, err
	}
	var list []object
	if err := json.Unmarshal(top["messages"], &list); err != nil {
		return nil, err
	}
	for i := range list {
		if err := w.message(list[i], w.messages[i]); err != nil {
			return nil, err
		}
	}
	if w.temperature != nil {
		if err := put(top, "temperature", *w.temperature); err != nil {
			return nil, err
		}
	}
	if err := put(top, "messages", list); err != nil {
		return nil, err
	}
	if err := w.bounds(top); err != nil {
		return nil, err
	}
	return json.Marshal(top)
}

// bounds says what the reply must look like, and how long it may be.
func (w rewriter) bounds(top object) error {
	if w.form != nil {
		if err := put(top, "response_format", responseFormat(w.form)); err != nil {
			return err
		}
	}
	if w.maxOutput > 0 {
		return put(top, "max_completion_tokens", w.maxOutput)
	}
	return nil
}

// message keeps empty content and empty arguments, and adds what the endpoint gave with the message.
func (w rewriter) message(into object, m engine.Message) error {
	if into["content"] == nil {
		into["content"] = json.RawMessage(`""`)
		if len(m.Calls) > 0 {
			into["content"] = json.RawMessage(`null`)
		}
	}
	own := opaqueOf(m, w.provider)
	for _, field := range []string{extraContent, reasoningDetails} {
		if v := own.Message[field]; len(v) > 0 {
			into[field] = v
		}
	}
	if len(m.Calls) == 0 {
		return nil
	}
	if w.reasonsBack { // also where it is empty: it is the field that is missed
		if err := put(into, "reasoning_content", m.Reasoning); err != nil {
			return err
		}
	}
	var calls []object
	if err := json.Unmarshal(into["tool_calls"], &calls); err != nil {
		return err
	}
	for i, c := range m.Calls {
		if err := w.call(calls[i], c, own.Calls[c.ID]); err != nil {
			return err
		}
	}
	return put(into, "tool_calls", calls)
}

func (w rewriter) call(into object, c engine.ToolCall, extra json.RawMessage) error {
	if len(extra) > 0 {
		into[extraContent] = extra
	}
	return put(into, "function", map[string]string{"name": c.Name, "arguments": c.Arguments})
}

// opaqueOf reads what came with a message; of another endpoint's, or of what is no opaque, nothing.
func opaqueOf(m engine.Message, provider string) opaque {
	var o opaque
	if len(m.Opaque) == 0 || json.Unmarshal(m.Opaque, &o) != nil || o.Provider != provider {
		return opaque{}
	}
	return o
}

func put(into object, field string, v any) error {
	data, err := json.Marshal(v)
	into[field] = data
	return err
}
