package engine

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Cover is what an answer for good would cover: calls of one tool with exactly this command, or exactly these paths,
// or, where a call names neither, exactly these arguments. Nothing looser can be remembered than what was shown.
type Cover struct {
	Tool      string   `json:"tool"`
	Command   string   `json:"command,omitempty"` // a shell line as it was parsed, in one spelling
	Paths     []string `json:"paths,omitempty"`
	Arguments string   `json:"arguments,omitempty"` // JSON
}

// Same reports whether both cover the same; nothing covers nothing, so that two nils do not.
func (c *Cover) Same(o *Cover) bool {
	return c != nil && o != nil && c.Tool == o.Tool && c.Command == o.Command && c.Arguments == o.Arguments &&
		slices.Equal(c.Paths, o.Paths)
}

// String is what is covered, for people. It is not made safe to show.
func (c *Cover) String() string {
	what := c.Command
	switch {
	case len(c.Paths) > 0:
		what = strings.Join(c.Paths, ", ")
	case c.Arguments != "":
		what = c.Arguments
	}
	return c.Tool + " " + what
}

// Remembered is an answer that was given for good: a rule, named by the approval whose answer it is. It moves with its
// ticket and track, and goes with them.
type Remembered struct {
	ID     ApprovalID   `json:"id"`
	Kind   ApprovalKind `json:"kind"`
	Scope  Scope        `json:"scope"`
	Ticket TicketKey    `json:"ticket"` // that asked: it, its track or everything is meant, by Scope
	Title  string       `json:"title"`  // as it was asked
	Hash   string       `json:"hash"`   // of exactly what was asked
	Cover  *Cover       `json:"cover,omitempty"`
	Answer Answer       `json:"answer"`
}

// byRule begins the name of an actor that is a rule.
const byRule = "rule "

// ofRule says whether a rule gave an answer, and no person.
func (a *Answer) ofRule() bool { return strings.HasPrefix(string(a.By), byRule) }

// Actor is how the journal names the rule where it decides.
func (r *Remembered) Actor() Actor { return Actor(byRule + "remembered " + string(r.ID)) }

// reaches says whether a ticket lies within the rule's scope.
func (r *Remembered) reaches(key TicketKey) bool {
	switch r.Scope {
	case ScopeWorkspace:
		return true
	case ScopeTrack:
		return r.Ticket.Track == key.Track
	case ScopeTicket:
		return r.Ticket == key
	case ScopeOnce:
	}
	return false
}

// exactly says whether the rule answers a question because it was asked before, word by word. Only verify commands
// are remembered so: they need not be plain.
func (r *Remembered) exactly(a *Approval) bool {
	return a.Scope != ScopeOnce && r.Kind == a.Kind && r.Hash == a.Hash
}

// Remembered yields the answers that were given for good, the oldest first. What a rule of the policy answered is not
// among them: that rule speaks for itself each time.
func (s *Snapshot) Remembered() iter.Seq[*Remembered] {
	return func(yield func(*Remembered) bool) {
		for _, r := range s.remembered {
			if !r.Answer.ofRule() && !yield(r) {
				return
			}
		}
	}
}

// remembering finds the rule that answers a question of a ticket.
func (s *Snapshot) remembering(key TicketKey, a *Approval) *Remembered {
	for r := range s.Remembered() {
		if r.answers(key, a) {
			return r
		}
	}
	return nil
}

// answers says whether the rule is the answer to a question of a ticket.
func (r *Remembered) answers(key TicketKey, a *Approval) bool {
	return r.reaches(key) && (r.exactly(a) || r.Kind == a.Kind && r.Cover.Same(a.Cover))
}

// NotForGoodError refuses to remember an answer. The approval stays pending: it can be approved once.
type NotForGoodError struct {
	ID  ApprovalID
	Why string
}

func (e *NotForGoodError) Error() string {
	return fmt.Sprintf("%s cannot be approved for good: %s; approve it for this once", e.ID, e.Why)
}

// checkRemember refuses what must not be remembered, with a *NotForGoodError.
func checkRemember(a *Approval, c AnswerApproval) error {
	why := a.Once
	switch {
	case c.Remember == ScopeOnce:
		return nil
	case c.Remember != ScopeTicket && c.Remember != ScopeTrack && c.Remember != ScopeWorkspace:
		return fmt.Errorf("approval %s: %q is no scope; say ticket, track or workspace", a.ID, c.Remember)
	case c.Decision != Approved:
		why = "only an approval can be remembered"
	case c.Edited != "":
		why = "what you edited is used once"
	case a.Cover == nil && why == "":
		why = "it is asked each time"
	case why == "" && a.Cut && !c.Whole:
		why = "its line was cut where it was shown, so that you have not seen all of it: say it in its Review… document, or with `slop-ls approve edit`"
	case why == "":
		return nil
	}
	return &NotForGoodError{a.ID, why}
}

// keep makes a rule of an answer that was given for good. A verify command's holds for its track unless the person
// said something else.
func (s *State) keep(a *Approval) {
	scope := a.Answer.Remember
	if scope == ScopeOnce {
		scope = a.Scope
	}
	if a.Answer.Decision != Approved || scope == ScopeOnce {
		return
	}
	r := &Remembered{
		ID: a.ID, Kind: a.Kind, Scope: scope, Ticket: a.Run.Ticket, Title: a.Title, Hash: a.Hash, Answer: *a.Answer,
	}
	if a.Answer.Remember != ScopeOnce {
		r.Cover = a.Cover
	}
	known := func(o *Remembered) bool { return o.exactly(a) && o.reaches(r.Ticket) }
	if a.Answer.ofRule() && slices.ContainsFunc(s.now.remembered, known) {
		return
	}
	s.now.remembered = append(slices.Clip(s.now.remembered), r)
}

// changeRemembered replaces the rules by what change makes of each; nil forgets one.
func (s *State) changeRemembered(change func(Remembered) *Remembered) {
	var kept []*Remembered
	for _, r := range s.now.remembered {
		if c := change(*r); c != nil {
			kept = append(kept, c)
		}
	}
	s.now.remembered = kept
}

// moveRemembered lets the rules of a track follow its ticket ids, and drops those of tickets that are gone.
func (s *State) moveRemembered(tr *Track, renamed map[string]string) {
	s.changeRemembered(func(r Remembered) *Remembered {
		if r.Ticket.Track != tr.ID {
			return &r
		}
		if to, ok := renamed[r.Ticket.ID]; ok {
			r.Ticket.ID = to
		}
		if _, there := tr.at[r.Ticket.ID]; !there && r.Scope == ScopeTicket {
			return nil
		}
		return &r
	})
}

func (s *State) applyForgotten(b ApprovalForgotten) error {
	before := len(s.now.remembered)
	s.changeRemembered(func(r Remembered) *Remembered {
		if r.ID == b.ID {
			return nil
		}
		return &r
	})
	if len(s.now.remembered) == before {
		return fmt.Errorf("%w: %s is not remembered", ErrNoApproval, b.ID)
	}
	return nil
}

func (s *State) decideForget(c ForgetAnswer) ([]Body, error) {
	for r := range s.now.Remembered() {
		if r.ID == c.ID {
			return []Body{ApprovalForgotten(c)}, nil
		}
	}
	return nil, fmt.Errorf("%w: the answer to %s is not remembered", ErrNoApproval, c.ID)
}
