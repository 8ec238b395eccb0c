package openai

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
)

// The text protocol is the same tools for models and servers that know none: their schemas stand in the system prompt,
// a call is a fenced block of the reply, and what it came to is a message of the user.

// unreadable is the name of a call that is begun and is no JSON, so that the worker answers it with an error; it must not
// pass for a reply without a call, which ends a ticket.
const unreadable = "unreadable_call"

// toolsInWords tells a model of its tools.
func toolsInWords(tools []engine.ToolSpec) string {
	var b strings.Builder
	b.WriteString("# Tools\n\nTo call a tool, write a block like this one, with one JSON object in it and nothing else:\n\n" +
		"```tool\n{\"name\": \"NAME\", \"arguments\": {}}\n```\n\n" +
		"You may write several blocks. End your reply after the last one: the results come with the next message. There are:\n")
	for _, t := range tools {
		schema := t.Schema
		if len(schema) == 0 {
			schema = json.RawMessage(`{"type":"object","properties":{}}`)
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\nIts arguments, as a JSON schema:\n%s\n", t.Name, strings.TrimSpace(t.Description), schema)
	}
	return b.String()
}

// callsInWords is a conversation without calls and tools: as text, with the results of one reply's calls in one message.
func callsInWords(messages []engine.Message) []engine.Message {
	var out []engine.Message
	for _, m := range messages {
		switch {
		case m.Role == engine.RoleAssistant && len(m.Calls) > 0:
			out = append(out, engine.Message{Role: m.Role, Text: withCalls(m)})
		case m.Role == engine.RoleTool:
			text := "Result of " + m.Name + ":\n" + m.Text
			if last := len(out) - 1; last >= 0 && out[last].Role == engine.RoleUser && strings.HasPrefix(out[last].Text, "Result of ") {
				out[last].Text += "\n\n" + text
				continue
			}
			out = append(out, engine.Message{Role: engine.RoleUser, Text: text})
		default:
			out = append(out, m)
		}
	}
	return out
}

func withCalls(m engine.Message) string {
	var b strings.Builder
	b.WriteString(m.Text)
	for _, c := range m.Calls {
		args := json.RawMessage(c.Arguments)
		if !json.Valid(args) {
			args = json.RawMessage("{}")
		}
		block, err := json.Marshal(struct {
			Name      string          `json:"name"`
			Arguments json.RawMessage `json:"arguments"`
		}{c.Name, args})
		if err != nil {
			continue // a name and valid JSON always encode
		}
		fmt.Fprintf(&b, "\n```tool\n%s\n```\n", block)
	}
	return strings.TrimLeft(b.String(), "\n")
}

// openers begin a call: our own block, and what models have been taught elsewhere. A block of JSON counts where it names a
// tool.
var openers = []struct {
	text  string
	named bool // it is a call only where it names a tool
}{{"```tool_call\n", false}, {"```tool_code\n", true}, {"```tool\n", false}, {"```json\n", true}, {"<tool_call>", false}}

// readCalls takes the calls out of a reply's text. turn makes their ids unique in the conversation.
func readCalls(text string, tools []engine.ToolSpec, turn int) (rest string, calls []engine.ToolCall) {
	known := map[string]bool{}
	for _, t := range tools {
		known[t.Name] = true
	}
	var kept strings.Builder
	for {
		at, opener, named := nextOpener(text)
		if at < 0 {
			kept.WriteString(text)
			return strings.TrimSpace(kept.String()), calls
		}
		call, end := readCall(text[at+len(opener):])
		if named && !known[call.Name] {
			kept.WriteString(text[:at+len(opener)])
			text = text[at+len(opener):]
			continue
		}
		kept.WriteString(text[:at])
		call.ID = fmt.Sprintf("call_%d_%d", turn, len(calls))
		calls = append(calls, call)
		text = closed(text[at+len(opener)+end:])
	}
}

func nextOpener(text string) (at int, opener string, named bool) {
	at = -1
	for _, o := range openers {
		if i := strings.Index(text, o.text); i >= 0 && (at < 0 || i < at) {
			at, opener, named = i, o.text, o.named
		}
	}
	return at, opener, named
}

// readCall reads the object at the beginning of a block, and says where it ends. The JSON decides that, not the fence:
// a fence may stand in an argument.
func readCall(text string) (call engine.ToolCall, end int) {
	var c struct {
		Name       string          `json:"name"`
		Arguments  json.RawMessage `json:"arguments"`
		Parameters json.RawMessage `json:"parameters"` // as some models have been taught
	}
	dec := json.NewDecoder(strings.NewReader(text))
	if err := dec.Decode(&c); err != nil || c.Name == "" {
		body, _, _ := strings.Cut(text, "\n```")
		return engine.ToolCall{Name: unreadable, Arguments: body}, len(body)
	}
	args := c.Arguments
	if args == nil {
		args = c.Parameters
	}
	var inner string
	if json.Unmarshal(args, &inner) == nil && json.Valid([]byte(inner)) {
		args = json.RawMessage(inner) // an object in a string
	}
	if len(args) == 0 || string(args) == "null" {
		args = json.RawMessage("{}")
	}
	var compact bytes.Buffer
	if json.Compact(&compact, args) == nil {
		args = compact.Bytes()
	}
	return engine.ToolCall{Name: c.Name, Arguments: string(args)}, int(dec.InputOffset())
}

// closed is what follows the end of a block.
func closed(text string) string {
	trimmed := strings.TrimLeft(text, " \t\r\n}")
	for _, end := range []string{"```", "</tool_call>"} {
		if rest, ok := strings.CutPrefix(trimmed, end); ok {
			return rest
		}
	}
	return text
}

// refusesTools reports whether a request was refused because it offers tools.
func refusesTools(f *failure) bool {
	if f.kind != engine.ProviderBadRequest && f.kind != engine.ProviderServer {
		return false
	}
	msg := strings.ToLower(f.msg)
	if !strings.Contains(msg, "tool") && !strings.Contains(msg, "function call") {
		return false
	}
	for _, word := range []string{"not support", "unsupported", "that support tool", "requires --", "not available", "not enabled"} {
		if strings.Contains(msg, word) {
			return true
		}
	}
	return false
}
