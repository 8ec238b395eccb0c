package scripted

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Script is what a Server says. It must not be changed while a Server replays it.
type Script struct {
	Dialect Dialect
	Models  []string // listed besides those that the rules name
	Rules   []Rule   // the first that fits is taken
}

// Rule is a reply and the conditions for it. A condition that is left at its zero value always holds.
type Rule struct {
	Ticket   string // the id in the first line of the first user message
	Model    string // the model that is asked for
	Turn     *int   // how many assistant messages the request has
	Contains string // text that some message holds
	Last     string // text that the last message holds
	Tools    *bool  // whether the request offers tools
	Reply    Reply
}

// At gives a Turn for a Rule.
func At(turn int) *int { return &turn }

// WithTools gives a Tools for a Rule.
func WithTools(offered bool) *bool { return &offered }

// Reply is one answer of the model.
type Reply struct {
	Text      string
	Reasoning string // streamed as reasoning_content, before the text
	Calls     []Call
	Usage     *Usage // nil: estimated
	Finish    string // "": "tool_calls" or "stop"
	Delay     time.Duration
	Chunk     int // bytes of text or arguments in a chunk; 0: 24, or more where that makes over 500 chunks
	Fault     Fault
	// Func, when not nil, makes the reply from the request; the other fields are then ignored, and so is the Func
	// of what it returns. It is called by many goroutines at once, and not for a script that is loaded.
	Func func(Request) Reply
}

// Call is a tool call of a Reply.
type Call struct {
	ID        string // "": made from ticket, turn and position, the same each time
	Name      string
	Arguments string          // sent as they are
	Extra     json.RawMessage // sent as extra_content, as Gemini does with its thought signatures
}

// Usage is what a reply reports to have cost, in tokens. Input includes Cached, Output includes Reasoning.
type Usage struct {
	Input, Cached, Output, Reasoning int
}

// FaultKind is a way in which a reply goes wrong.
type FaultKind string

// The kinds of Fault. Those of a status come instead of the reply, the others somewhere on its way.
const (
	NoFault            FaultKind = ""
	FaultRateLimited   FaultKind = "rate_limited"     // 429 with Retry-After
	FaultServer        FaultKind = "server_error"     // 500 with an error object
	FaultBadGateway    FaultKind = "bad_gateway"      // 502 with an HTML page
	FaultUnavailable   FaultKind = "unavailable"      // 503 with the error as a string
	FaultUnauthorized  FaultKind = "unauthorized"     // 401
	FaultBadRequest    FaultKind = "bad_request"      // 400
	FaultTooLong       FaultKind = "context_too_long" // 400 with code context_length_exceeded
	FaultDropped       FaultKind = "dropped"          // the connection is cut in the middle
	FaultTruncated     FaultKind = "truncated"        // the stream ends cleanly in the middle, without [DONE]
	FaultMalformed     FaultKind = "malformed"        // a chunk that is not JSON
	FaultStreamError   FaultKind = "stream_error"     // an error object among the chunks
	FaultStallStart    FaultKind = "stall_start"      // headers, and then nothing
	FaultStallMiddle   FaultKind = "stall_middle"     // silence after some chunks
	FaultOversizedLine FaultKind = "oversized_line"   // a line of 32 MB
	FaultComments      FaultKind = "comments"         // 300 keep-alive comments, then the reply as it is
)

var faultKinds = []FaultKind{
	NoFault, FaultRateLimited, FaultServer, FaultBadGateway, FaultUnavailable, FaultUnauthorized, FaultBadRequest,
	FaultTooLong, FaultDropped, FaultTruncated, FaultMalformed, FaultStreamError, FaultStallStart, FaultStallMiddle,
	FaultOversizedLine, FaultComments,
}

// Fault says how a reply goes wrong, and how often.
type Fault struct {
	Kind       FaultKind
	First      int           // only the first so many calls of this rule, model, ticket and turn; 0: all
	After      int           // chunks before a fault in the middle; 0: 2
	RetryAfter time.Duration // of a status, sent in whole seconds, rounded up; 0: no header
	HTTPDate   bool          // Retry-After is a date, not seconds
}

// fits reports whether each condition of the rule holds for a request.
func (r *Rule) fits(q *Request) bool {
	return (r.Ticket == "" || r.Ticket == q.Ticket) &&
		(r.Model == "" || r.Model == q.Model) &&
		(r.Turn == nil || *r.Turn == q.Turn) &&
		(r.Tools == nil || *r.Tools == (len(q.Tools) > 0)) &&
		(r.Last == "" || strings.Contains(q.lastText(), r.Last)) &&
		(r.Contains == "" || slices.ContainsFunc(q.Messages, func(m Message) bool {
			return strings.Contains(m.Text, r.Contains)
		}))
}

// find gives the first rule that fits, or -1.
func (s *Script) find(q *Request) int {
	return slices.IndexFunc(s.Rules, func(r Rule) bool { return r.fits(q) })
}

// models lists every model that the script knows, in order of mention.
func (s *Script) models() []string {
	names := slices.Clone(s.Models)
	for _, r := range s.Rules {
		if r.Model != "" && !slices.Contains(names, r.Model) {
			names = append(names, r.Model)
		}
	}
	if len(names) == 0 {
		names = []string{"scripted"}
	}
	return names
}

// check refuses what could never be replayed. The error names the rule, counted from 0.
func (s *Script) check() error {
	if !s.Dialect.known() {
		return fmt.Errorf("there is no dialect %q", s.Dialect)
	}
	for i, r := range s.Rules {
		if err := r.check(); err != nil {
			return fmt.Errorf("rules[%d]: %w", i, err)
		}
	}
	return nil
}

func (r *Rule) check() error {
	f := r.Reply.Fault
	switch {
	case r.Turn != nil && *r.Turn < 0:
		return fmt.Errorf("turn is %d: turns count from 0", *r.Turn)
	case !slices.Contains(faultKinds, f.Kind):
		return fmt.Errorf("unknown fault kind %q: use one of %s", f.Kind, knownFaults())
	case f.First < 0 || f.After < 0 || f.RetryAfter < 0 || r.Reply.Delay < 0 || r.Reply.Chunk < 0:
		return fmt.Errorf("a negative number in the reply: counts and times start at 0")
	}
	for i, c := range r.Reply.Calls {
		if c.Name == "" {
			return fmt.Errorf("calls[%d] has no name", i)
		}
	}
	return nil
}

func knownFaults() string {
	var names []string
	for _, k := range faultKinds[1:] {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}
