package openai

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/slop-ls/slop-ls/engine"
)

// response puts a reply together from the events of the Responses API. What counts are the items that it ends with; what
// they grew by is streamed on. One goroutine uses it.
type response struct {
	provider string
	growth

	items   map[int]json.RawMessage // that have ended, by their place in the output
	thought strings.Builder
	end     *responseEnd
}

var _ assembler = (*response)(nil)

func newResponse(provider string, limit int) *response {
	return &response{provider: provider, growth: growth{limit: limit}, items: map[int]json.RawMessage{}}
}

// responseEvent is an event as far as this client reads it. It is read from the raw event, since go-openai's own type has
// no sealed reasoning.
type responseEvent struct {
	Type         goopenai.ResponseStreamEventType `json:"type"`
	OutputIndex  int                              `json:"output_index"`
	SummaryIndex int                              `json:"summary_index"`
	Delta        json.RawMessage                  `json:"delta"`
	Item         json.RawMessage                  `json:"item"`
	Response     *responseEnd                     `json:"response"`
}

// responseEnd is a response as its last event has it.
type responseEnd struct {
	Status            string            `json:"status"`
	Error             json.RawMessage   `json:"error"`
	Output            []json.RawMessage `json:"output"`
	IncompleteDetails struct {
		Reason string `json:"reason"`
	} `json:"incomplete_details"`
	Usage *goopenai.ResponseUsage `json:"usage"`
}

// add implements assembler.
func (r *response) add(raw []byte) (d engine.Delta, progress bool, err error) {
	var e responseEvent
	if err := json.Unmarshal(raw, &e); err != nil {
		return d, false, failed(engine.ProviderMalformed, "an event of the stream is not one of the Responses API: %v", err)
	}
	before := r.size
	switch e.Type {
	case goopenai.ResponseStreamEventOutputTextDelta, goopenai.ResponseStreamEventRefusalDelta:
		d.Text = text(e.Delta)
		r.size += len(d.Text)
	case goopenai.ResponseStreamEventReasoningSummaryTextDelta, goopenai.ResponseStreamEventReasoningTextDelta:
		d.Reasoning = text(e.Delta)
	case goopenai.ResponseStreamEventReasoningSummaryPartAdded:
		if e.SummaryIndex > 0 {
			d.Reasoning = "\n\n"
		}
	case goopenai.ResponseStreamEventFunctionArgumentsDelta, goopenai.ResponseStreamEventCustomToolInputDelta:
		r.size += len(text(e.Delta))
	case goopenai.ResponseStreamEventOutputItemAdded:
		r.size++ // something has begun
	case goopenai.ResponseStreamEventOutputItemDone:
		if err := r.ended(e); err != nil {
			return d, false, err
		}
	case goopenai.ResponseStreamEventCompleted, goopenai.ResponseStreamEventIncomplete:
		r.end = e.Response
		if r.end == nil {
			r.end = &responseEnd{}
		}
	case goopenai.ResponseStreamEventFailed:
		return d, false, r.failure(e.Response)
	default: // it tells of what comes in other events, too
	}
	r.thought.WriteString(d.Reasoning)
	r.size += len(d.Reasoning)
	return d, r.size > before, r.check(r.size > before)
}

// ended keeps an item, which says all that it grew by once more.
func (r *response) ended(e responseEvent) error {
	if e.OutputIndex < 0 || e.OutputIndex >= maxItems {
		return failed(engine.ProviderMalformed, "a reply with more than %d items", maxItems)
	}
	r.items[e.OutputIndex] = e.Item
	r.size++
	if len(e.Item) > r.limit {
		return r.tooLarge()
	}
	return nil
}

// maxItems bounds what one reply can consist of.
const maxItems = 1024

// failure is what a response failed with.
func (r *response) failure(end *responseEnd) error {
	e := apiError{message: "the response failed"}
	if end != nil && len(end.Error) > 0 && string(end.Error) != "null" {
		e = readError(end.Error)
	}
	return e.failure(200)
}

// whole implements assembler.
func (r *response) whole() bool { return r.end != nil }

// outputItem is an item of the output as far as it is read.
type outputItem struct {
	Type      string `json:"type"`
	ID        string `json:"id"`
	CallID    string `json:"call_id"`
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
	Content   []struct {
		Text    string `json:"text"`
		Refusal string `json:"refusal"`
	} `json:"content"`
}

// reply implements assembler.
func (r *response) reply(turn int) (engine.Reply, error) {
	items := r.output()
	if r.end == nil && len(items) == 0 {
		return engine.Reply{}, failed(engine.ProviderMalformed, "the stream ended without a reply")
	}
	m := engine.Message{Role: engine.RoleAssistant, Reasoning: r.thought.String()}
	sealed, named := false, true
	for _, raw := range items {
		var item outputItem
		if err := json.Unmarshal(raw, &item); err != nil {
			return engine.Reply{}, failed(engine.ProviderMalformed, "an item of the reply cannot be read: %v", err)
		}
		switch item.Type {
		case "message":
			for _, part := range item.Content {
				m.Text += part.Text + part.Refusal
			}
		case "function_call":
			named = named && item.CallID != ""
			m.Calls = append(m.Calls, engine.ToolCall{ID: callID(item, turn, len(m.Calls)), Name: item.Name, Arguments: item.Arguments})
		}
		_, s := sealedReasoning(raw)
		sealed = sealed || s
	}
	if len(m.Calls) > maxCalls {
		return engine.Reply{}, failed(engine.ProviderMalformed, "a reply with more than %d tool calls", maxCalls)
	}
	if sealed && named {
		m.Opaque = r.opaque(items)
	}
	return engine.Reply{Message: m, Usage: r.usage(), Finish: r.finish(m)}, nil
}

func callID(item outputItem, turn, n int) string {
	switch {
	case item.CallID != "":
		return item.CallID
	case item.ID != "":
		return item.ID
	}
	return fmt.Sprintf("call_%d_%d", turn, n)
}

// output are the items in order: those that ended one by one, else those of the last event.
func (r *response) output() []json.RawMessage {
	var items []json.RawMessage
	for _, at := range slices.Sorted(maps.Keys(r.items)) {
		items = append(items, r.items[at])
	}
	if len(items) == 0 && r.end != nil {
		return r.end.Output
	}
	return items
}

// opaque keeps the items as they came, in their order, so that the reasoning stands before what it led to. Reasoning that is
// not sealed cannot be sent back: the server does not know it any more.
func (r *response) opaque(items []json.RawMessage) json.RawMessage {
	own := opaque{Provider: r.provider}
	for _, item := range items {
		if reasoning, sealed := sealedReasoning(item); !reasoning || sealed {
			own.Items = append(own.Items, item)
		}
	}
	data, err := json.Marshal(own)
	if err != nil {
		return nil
	}
	return data
}

func (r *response) finish(m engine.Message) string {
	switch {
	case r.end != nil && r.end.IncompleteDetails.Reason == "max_output_tokens":
		return "length"
	case r.end != nil && r.end.IncompleteDetails.Reason != "":
		return r.end.IncompleteDetails.Reason
	case len(m.Calls) > 0:
		return "tool_calls"
	}
	return "stop"
}

func (r *response) usage() engine.Usage {
	if r.end == nil || r.end.Usage == nil {
		return engine.Usage{}
	}
	w := r.end.Usage
	u := engine.Usage{Input: int64(w.InputTokens), Output: int64(w.OutputTokens)}
	if w.InputTokensDetails != nil {
		u.CachedInput = int64(w.InputTokensDetails.CachedTokens)
	}
	if w.OutputTokensDetails != nil {
		u.Reasoning = int64(w.OutputTokensDetails.ReasoningTokens)
	}
	return u
}
