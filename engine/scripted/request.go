package scripted

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Request is a chat request as the server understood it.
type Request struct {
	Model        string
	Messages     []Message
	Tools        []string // the names of the tools on offer
	Stream       bool
	IncludeUsage bool
	Ticket       string          // of the line "Ticket T1", "" when there is none
	Turn         int             // assistant messages in the request
	Body         json.RawMessage // as it came

	responses bool // by the Responses API
}

// Message is one message of a Request. Parts of a content that comes in parts are joined.
type Message struct {
	Role   string
	Text   string
	Calls  []Call
	CallID string
	Name   string
	// Reasoning is what came back of what the model had thought, nil where nothing did: as text, or as a list of details.
	Reasoning json.RawMessage
}

type wireRequest struct {
	Model         string        `json:"model"`
	Messages      []wireMessage `json:"messages"`
	Tools         []wireTool    `json:"tools"`
	Stream        bool          `json:"stream"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

type wireMessage struct {
	Role      string      `json:"role"`
	Content   wireContent `json:"content"`
	ToolCalls []wireCall  `json:"tool_calls"`
	CallID    string      `json:"tool_call_id"`
	Name      string      `json:"name"`

	ReasoningContent json.RawMessage `json:"reasoning_content"`
	ReasoningDetails json.RawMessage `json:"reasoning_details"`
}

type wireTool struct {
	Function struct {
		Name string `json:"name"`
	} `json:"function"`
}

// wireContent is the text of a message, which is a string, null, or a list of parts.
type wireContent string

func (c *wireContent) UnmarshalJSON(data []byte) error {
	var s *string
	if json.Unmarshal(data, &s) == nil {
		if s != nil {
			*c = wireContent(*s)
		}
		return nil
	}
	var parts []struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(data, &parts); err != nil {
		return errors.New("content is neither text nor a list of parts")
	}
	for _, p := range parts {
		*c += wireContent(p.Text)
	}
	return nil
}

func parseRequest(body []byte) (Request, error) {
	var w wireRequest
	if err := json.Unmarshal(body, &w); err != nil {
		return Request{}, fmt.Errorf("the body is not a chat request: %w", err)
	}
	if w.Model == "" {
		return Request{}, errors.New("you must provide a model parameter")
	}
	if len(w.Messages) == 0 {
		return Request{}, errors.New("messages must not be empty")
	}
	q := Request{
		Model: w.Model, Stream: w.Stream, IncludeUsage: w.StreamOptions.IncludeUsage, Body: body,
	}
	for _, t := range w.Tools {
		q.Tools = append(q.Tools, t.Function.Name)
	}
	for _, m := range w.Messages {
		q.add(m)
	}
	q.Ticket = ticketOf(q.firstUserText())
	return q, nil
}

func (q *Request) add(w wireMessage) {
	m := Message{Role: w.Role, Text: string(w.Content), CallID: w.CallID, Name: w.Name, Reasoning: w.ReasoningContent}
	if m.Reasoning == nil {
		m.Reasoning = w.ReasoningDetails
	}
	for _, c := range w.ToolCalls {
		m.Calls = append(m.Calls, Call{
			ID: c.ID, Name: c.Function.Name, Arguments: c.Function.Arguments, Extra: c.Extra,
		})
	}
	if m.Role == "assistant" {
		q.Turn++
	}
	q.Messages = append(q.Messages, m)
}

func (q *Request) firstUserText() string {
	for _, m := range q.Messages {
		if m.Role == "user" {
			return m.Text
		}
	}
	return ""
}

func (q *Request) lastText() string { return q.Messages[len(q.Messages)-1].Text }

// ticketOf reads the id out of a first line "Ticket T1"; what follows the id does not matter.
func ticketOf(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	words := strings.Fields(line)
	if len(words) < 2 || words[0] != "Ticket" {
		return ""
	}
	return strings.TrimRight(words[1], ":,")
}
