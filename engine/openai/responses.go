package openai

import (
	"encoding/json"
	"strings"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/slop-ls/slop-ls/engine"
)

// responseRequest is a request of the Responses API. The server keeps nothing: the whole conversation is in it, with the
// reasoning that belongs to it sealed, so that a model goes on from what it thought.
func (e *endpoint) responseRequest(req engine.Request, m manner) goopenai.CreateResponseRequest {
	stored := false
	out := goopenai.CreateResponseRequest{Model: req.Model, Stream: true, Store: &stored, MaxOutputTokens: req.MaxOutput}
	if e.Temperature != nil {
		t := float32(*e.Temperature)
		out.Temperature = &t
	}
	if !m.unsealed {
		out.Include = []goopenai.ResponseInclude{goopenai.ResponseIncludeReasoningEncryptedContent}
	}
	if !m.unsummed {
		out.Reasoning = &goopenai.ResponseReasoning{Summary: "auto"}
	}
	if req.Form != nil {
		out.Text = &goopenai.ResponseTextConfig{Format: &goopenai.ResponseTextFormat{
			Type: "json_schema", Name: req.Form.Name, Schema: req.Form.Schema, Strict: strict(req.Form.Schema),
		}}
	}
	for _, t := range req.Tools {
		out.Tools = append(out.Tools, responseTool(t))
	}
	messages := req.Messages
	if len(messages) > 1 && messages[0].Role == engine.RoleSystem {
		out.Instructions, messages = messages[0].Text, messages[1:]
	}
	items := []any{}
	for _, said := range messages {
		items = append(items, e.inputItems(said)...)
	}
	out.Input = items
	return out
}

// responseTool says that its schema is not a strict one, which this API otherwise takes for granted.
func responseTool(t engine.ToolSpec) goopenai.ResponseTool {
	f := chatTool(t).Function
	out := goopenai.NewResponseFunctionTool(*f)
	out.Parameters["strict"] = false
	return out
}

// inputItems are what a message is in this API: one item for each thing said, called and returned.
func (e *endpoint) inputItems(m engine.Message) []any {
	switch m.Role {
	case engine.RoleTool:
		return []any{goopenai.ResponseFunctionCallOutput{Type: "function_call_output", CallID: m.CallID, Output: m.Text}}
	case engine.RoleAssistant:
	default:
		return []any{goopenai.ResponseInputMessage{Role: string(m.Role), Content: m.Text}}
	}
	var items []any
	if own := opaqueOf(m, e.Name).Items; len(own) > 0 {
		for _, item := range own {
			items = append(items, item)
		}
		return items
	}
	if m.Text != "" {
		items = append(items, goopenai.ResponseInputMessage{Role: string(m.Role), Content: m.Text})
	}
	for _, c := range m.Calls {
		items = append(items, functionCall{"function_call", c.ID, c.Name, c.Arguments})
	}
	return items
}

// functionCall is a call as an item of the input: go-openai has it as an item of the output only.
type functionCall struct {
	Type      string `json:"type"`
	CallID    string `json:"call_id"`
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// wantsResponses reports whether a request was refused because its model, or that with tools, is asked by the Responses
// API alone.
func wantsResponses(f *failure) bool {
	return f.kind == engine.ProviderBadRequest && says(f, "v1/responses", "responses api", "not a chat model",
		"via the /chat/completions endpoint", "chatcompletion operation does not work")
}

// wantsReasoning reports whether a request was refused because the reasoning of a message with calls is not in it.
func wantsReasoning(f *failure) bool {
	return f.kind == engine.ProviderBadRequest && says(f, "reasoning_content") && says(f, "passed back", "missing")
}

// refusesSummary reports whether a request was refused because it asks for a summary of the reasoning: some accounts may
// not have one.
func refusesSummary(f *failure) bool {
	return f.kind == engine.ProviderBadRequest && says(f, "reasoning.summary", "reasoning summar", "'summary'")
}

// refusesReasoning reports whether a request was refused because its model does not reason.
func refusesReasoning(f *failure) bool {
	return f.kind == engine.ProviderBadRequest && says(f, "encrypted content", "encrypted_content", "reasoning.encrypted", "'reasoning'", "reasoning is not")
}

func says(f *failure, words ...string) bool {
	msg := strings.ToLower(f.msg)
	for _, w := range words {
		if strings.Contains(msg, w) {
			return true
		}
	}
	return false
}

// sealedReasoning reports whether an item of the output is reasoning that can be sent back.
func sealedReasoning(item json.RawMessage) (reasoning, sealed bool) {
	var i struct {
		Type      string `json:"type"`
		Encrypted string `json:"encrypted_content"`
	}
	if json.Unmarshal(item, &i) != nil || i.Type != "reasoning" {
		return false, false
	}
	return true, i.Encrypted != ""
}
