package openai

import (
	"encoding/json"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
)

// responseFormat asks the server to hold a reply to a form.
func responseFormat(f *engine.Form) any {
	type schema struct {
		Name   string          `json:"name"`
		Strict bool            `json:"strict,omitempty"`
		Schema json.RawMessage `json:"schema"`
	}
	return struct {
		Type   string `json:"type"`
		Schema schema `json:"json_schema"`
	}{"json_schema", schema{f.Name, strict(f.Schema), f.Schema}}
}

// strict reports whether a schema is one that OpenAI's strict mode takes: every object in it lists all of its
// properties as required and allows no others.
func strict(schema json.RawMessage) bool {
	var node struct {
		Properties map[string]json.RawMessage `json:"properties"`
		Required   []string                   `json:"required"`
		Additional json.RawMessage            `json:"additionalProperties"`
		Items      json.RawMessage            `json:"items"`
		AnyOf      []json.RawMessage          `json:"anyOf"`
	}
	if json.Unmarshal(schema, &node) != nil {
		return false
	}
	below := node.AnyOf
	if node.Properties != nil {
		if string(node.Additional) != "false" || len(node.Required) != len(node.Properties) {
			return false
		}
		for _, p := range node.Properties {
			below = append(below, p)
		}
	}
	if node.Items != nil {
		below = append(below, node.Items)
	}
	for _, s := range below {
		if !strict(s) {
			return false
		}
	}
	return true
}

// formInWords asks a model for what its server does not hold it to.
func formInWords(f *engine.Form) string {
	return "Answer with one JSON object that fits this JSON schema, and with nothing else: no words before or after it, no fence.\n\n" +
		string(f.Schema)
}

// refusesForm reports whether a request was refused because of the form that it asks for.
func refusesForm(f *failure) bool {
	if f.kind != engine.ProviderBadRequest && f.kind != engine.ProviderServer {
		return false
	}
	msg := strings.ToLower(f.msg)
	for _, word := range []string{"response_format", "response format", "json_schema", "json schema", "structured output", "response_schema"} {
		if strings.Contains(msg, word) {
			return true
		}
	}
	return false
}

// unfenced takes the fence off a reply that is JSON in one, and the words around it. A text without an object is left as
// it is.
func unfenced(text string) string {
	trimmed := strings.TrimSpace(text)
	if json.Valid([]byte(trimmed)) {
		return trimmed
	}
	if _, rest, fenced := strings.Cut(trimmed, "```"); fenced {
		_, rest, _ = strings.Cut(rest, "\n")
		if inner, _, closed := strings.Cut(rest, "\n```"); closed && json.Valid([]byte(inner)) {
			return strings.TrimSpace(inner)
		}
	}
	from, to := strings.IndexByte(trimmed, '{'), strings.LastIndexByte(trimmed, '}')
	if from >= 0 && to > from && json.Valid([]byte(trimmed[from:to+1])) {
		return trimmed[from : to+1]
	}
	return text
}
