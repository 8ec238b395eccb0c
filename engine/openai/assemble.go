package openai

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
)

const (
	maxCalls  = 128    // of one reply
	maxBarren = 10_000 // events on end that say nothing
)

// assembly puts a reply together from its chunks. One goroutine uses it.
type assembly struct {
	provider string
	growth

	text    strings.Builder
	thought strings.Builder
	calls   []*callParts
	own     opaque
	details []json.RawMessage
	finish  string
	usage   *usage
}

// growth holds a reply within its bounds while it comes in.
type growth struct {
	limit  int // bytes of a reply
	size   int
	barren int // events on end that said nothing
}

// check is called after each event; progress: it said something.
func (g *growth) check(progress bool) error {
	g.barren++
	if progress {
		g.barren = 0
	}
	if g.barren > maxBarren {
		return failed(engine.ProviderMalformed, "the stream says nothing in %d events on end", maxBarren)
	}
	if g.size > g.limit {
		return g.tooLarge()
	}
	return nil
}

func (g *growth) tooLarge() error {
	return failed(engine.ProviderOversized, "the reply is larger than %d bytes", g.limit)
}

// callParts is a tool call that is coming in.
type callParts struct {
	index     int // as the server counts; -1 when it does not
	id        string
	name      string
	arguments strings.Builder
	extra     json.RawMessage
}

func newAssembly(provider string, limit int) *assembly {
	return &assembly{provider: provider, growth: growth{limit: limit}, own: opaque{Provider: provider, Message: map[string]json.RawMessage{}}}
}

// add implements assembler.
func (a *assembly) add(raw []byte) (d engine.Delta, progress bool, err error) {
	var c chunk
	if err := json.Unmarshal(raw, &c); err != nil {
		return d, false, failed(engine.ProviderMalformed, "an event of the stream is not a chunk: %v", err)
	}
	before := a.size
	for _, choice := range c.Choices {
		if choice.Index != 0 {
			continue
		}
		if err := a.delta(&choice.Delta, &d); err != nil {
			return d, false, err
		}
		if choice.FinishReason != "" {
			a.finish = choice.FinishReason
		}
	}
	if c.Usage != nil {
		a.usage = c.Usage
	}
	return d, a.size > before, a.check(a.size > before)
}

func (a *assembly) delta(in *delta, out *engine.Delta) error {
	text := string(in.Content) + in.Refusal
	reasoning := in.ReasoningContent
	if reasoning == "" { // some servers send both, with the same text
		reasoning = in.Reasoning
	}
	out.Text += text
	out.Reasoning += reasoning
	a.text.WriteString(text)
	a.thought.WriteString(reasoning)
	a.size += len(text) + len(reasoning)
	if len(in.ExtraContent) > 0 && string(in.ExtraContent) != "null" {
		a.own.Message[extraContent] = in.ExtraContent
		a.size += len(in.ExtraContent)
	}
	for _, d := range in.ReasoningDetails {
		a.details = append(a.details, d)
		a.size += len(d)
	}
	for _, p := range in.ToolCalls {
		if err := a.piece(&p); err != nil {
			return err
		}
	}
	return nil
}

// piece adds to the call that a piece belongs to.
func (a *assembly) piece(p *callPiece) error {
	c, err := a.call(p)
	if err != nil {
		return err
	}
	if c.id == "" {
		c.id = p.ID
	}
	if c.name == "" {
		c.name = p.Function.Name
	}
	if len(p.ExtraContent) > 0 && string(p.ExtraContent) != "null" {
		c.extra = p.ExtraContent
	}
	c.arguments.WriteString(string(p.Function.Arguments))
	a.size += len(p.ID) + len(p.Function.Name) + len(p.Function.Arguments) + len(p.ExtraContent)
	return nil
}

// call finds the call of a piece by its index, or makes it. A server without indexes, or with the same one for all,
// begins a new call with a new id.
func (a *assembly) call(p *callPiece) (*callParts, error) {
	index := -1
	if p.Index != nil {
		index = *p.Index
	}
	for _, c := range slices.Backward(a.calls) {
		if c.index == index && (p.ID == "" || c.id == "" || p.ID == c.id) {
			return c, nil
		}
	}
	switch {
	case index < -1 || index >= maxCalls || len(a.calls) >= maxCalls:
		return nil, failed(engine.ProviderMalformed, "a reply with more than %d tool calls", maxCalls)
	case p.ID == "" && p.Function.Name == "":
		return nil, failed(engine.ProviderMalformed, "a piece of a tool call that has not begun")
	}
	c := &callParts{index: index}
	a.calls = append(a.calls, c)
	return c, nil
}

// whole reports whether nothing but [DONE] is missing: the provider has said why it finished and what it cost.
func (a *assembly) whole() bool { return a.finish != "" && a.usage != nil }

// reply implements assembler.
func (a *assembly) reply(turn int) (engine.Reply, error) {
	if a.finish == "" && a.size == 0 {
		return engine.Reply{}, failed(engine.ProviderMalformed, "the stream ended without a reply")
	}
	m := engine.Message{Role: engine.RoleAssistant, Text: a.text.String(), Reasoning: a.thought.String()}
	slices.SortStableFunc(a.calls, func(x, y *callParts) int { return x.index - y.index })
	extras := map[string]json.RawMessage{}
	for i, c := range a.calls {
		if c.id == "" {
			c.id = fmt.Sprintf("call_%d_%d", turn, i)
		}
		m.Calls = append(m.Calls, engine.ToolCall{ID: c.id, Name: c.name, Arguments: c.arguments.String()})
		if c.extra != nil {
			extras[c.id] = c.extra
		}
	}
	m.Opaque = a.opaque(extras)
	return engine.Reply{Message: m, Usage: a.engineUsage(), Finish: finishOf(a.finish)}, nil
}

// finishOf is a finish reason in OpenAI's word where a server has its own for a reply that is not whole.
func finishOf(reason string) string {
	switch strings.ToLower(reason) {
	case "max_tokens", "max_output_tokens", "model_length":
		return engine.FinishLength
	case "safety", "recitation", "prohibited_content":
		return engine.FinishFilter
	}
	return reason
}

// opaque is nil when the endpoint wants nothing back.
func (a *assembly) opaque(extras map[string]json.RawMessage) json.RawMessage {
	if len(a.details) > 0 {
		_ = put(a.own.Message, reasoningDetails, a.details) // each was valid JSON when it came
	}
	a.own.Calls = extras
	if len(a.own.Message) == 0 && len(extras) == 0 {
		return nil
	}
	data, err := json.Marshal(a.own)
	if err != nil {
		return nil
	}
	return data
}

// engineUsage is what the provider reported. Where its total holds more than input and output (Gemini and xAI leave
// reasoning out of the output) the rest is output.
func (a *assembly) engineUsage() engine.Usage {
	if a.usage == nil {
		return engine.Usage{}
	}
	u := engine.Usage{
		Input:  int64(a.usage.PromptTokens),
		Output: int64(max(a.usage.CompletionTokens, a.usage.TotalTokens-a.usage.PromptTokens)),
	}
	u.CachedInput = int64(a.usage.CacheHit)
	if d := a.usage.PromptTokensDetails; d != nil && d.CachedTokens > 0 {
		u.CachedInput = int64(d.CachedTokens)
	}
	if d := a.usage.CompletionTokensDetails; d != nil {
		u.Reasoning = int64(d.ReasoningTokens)
	}
	return u
}
