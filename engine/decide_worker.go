package engine

import (
	"fmt"
	"time"
)

// workerCommand is what an attempt tells or asks. It carries the attempt's Run and is refused with ErrStaleRun once
// that has ended.
type workerCommand interface {
	Command
	of() Run
	as(run Run) workerCommand // the same of the attempt as it is named now
}

type (
	// ask wants an approval; ruling is what the policy said to it.
	ask struct {
		run      Run
		approval Approval
		ruling   Ruling
	}
	// record notes what happened in an attempt.
	record struct {
		run  Run
		body Body
	}
	// finished ends an attempt.
	finished struct {
		run     Run
		outcome Outcome
	}
)

func (ask) command()       {}
func (record) command()    {}
func (finished) command()  {}
func (c ask) of() Run      { return c.run }
func (c record) of() Run   { return c.run }
func (c finished) of() Run { return c.run }

func (c ask) as(run Run) workerCommand      { c.run = run; return c }
func (c finished) as(run Run) workerCommand { c.run = run; return c }

func (c record) as(run Run) workerCommand {
	if run == c.run {
		return c
	}
	c.run = run
	switch b := c.body.(type) {
	case ToolCalled:
		b.Run = run
		c.body = b
	case ToolReturned:
		b.Run = run
		c.body = b
	case UsageRecorded:
		b.Run = run
		c.body = b
	case ContextPacked:
		b.Run = run
		c.body = b
	case DeliveryStarted:
		b.Run = run
		c.body = b
	case DeliveryConflicted:
		b.Run = run
		c.body = b
	case EditDelivered:
		b.Run = run
		c.body = b
	}
	return c
}

// OutcomeKind says how an attempt ended.
type OutcomeKind string

// The kinds of outcome.
const (
	OutcomeDone    OutcomeKind = "done"    // delivered; the ticket is completed
	OutcomeFailed  OutcomeKind = "failed"  // retried with the next model, up to max_retries, then blocked
	OutcomeBlocked OutcomeKind = "blocked" // blocked at once: the program must not try again by itself
	OutcomeDenied  OutcomeKind = "denied"  // nobody was there to ask: back to todo until the next run
	OutcomeAwaits  OutcomeKind = "awaits"  // something is missing that no retry brings: back to todo until it is there
	OutcomeAborted OutcomeKind = "aborted" // cancelled; whoever cancelled it has said what follows
)

// Outcome is an attempt's end.
type Outcome struct {
	Kind      OutcomeKind
	By        Actor  // whose word a failure or a block is
	Reason    string // of a failure or a block, for people and for the next prompt
	Summary   string // of what was done
	Delivered *Delivered
	Over      *Overrun // of ByBudget: the bound that was in the way
}

func (s *State) decideWorker(set Settings, c workerCommand, now time.Time) ([]Body, error) {
	run := c.of()
	_, t, err := s.find(run.Ticket)
	if err != nil {
		return nil, err
	}
	if t.Attempt != run.Attempt || t.Status != InProgress {
		return nil, fmt.Errorf("%w: %s", ErrStaleRun, run)
	}
	switch c := c.(type) {
	case ask:
		return s.decideAsk(t, c, now), nil
	case record:
		return s.decideRecord(set, t, c.body, now), nil
	case finished:
		return s.decideFinished(set, t, c.outcome), nil
	default:
		return nil, fmt.Errorf("no rule for the command %T", c)
	}
}

// decideAsk finds the answer that an interrupted attempt got to the same question, attaches the question that it
// left open, lets what was answered for good or the policy answer, or asks. A denial of the policy comes before what
// was answered for good, and that before every other rule.
func (s *State) decideAsk(t *Ticket, c ask, now time.Time) []Body {
	if c.approval.Kind == KindSpawn && (t.Stale || t.Orphaned) {
		return []Body{TicketRetried{Ticket: t.Key, Cause: CauseInterrupted, By: ByDocument, Reason: "its text was edited before it was spawned"}}
	}
	for _, g := range t.Answers {
		if g.Hash == c.approval.Hash && g.Kind == c.approval.Kind && g.Attempt < c.run.Attempt {
			return []Body{ApprovalConsumed{ID: g.Approval, Run: c.run}}
		}
	}
	if a, ok := s.now.Approval(t.Approval); ok && a.Hash == c.approval.Hash && a.Kind == c.approval.Kind {
		return []Body{ApprovalResumed{ID: a.ID, Run: c.run}}
	}
	var rule *Remembered
	if c.ruling.Verdict != Deny {
		rule = s.now.remembering(t.Key, &c.approval)
	}
	if rule != nil && rule.exactly(&c.approval) {
		return []Body{ApprovalConsumed{ID: rule.ID, Run: c.run}}
	}
	bodies := s.withdraw(t, "it was asked anew, because what it rests on has changed")
	a := c.approval
	a.ID, a.Run, a.Requested, a.Answer = approvalID(uint64(s.now.approvals.n)+1), c.run, now, nil
	bodies = append(bodies, ApprovalRequested{a})
	answer := Answer{Decision: Approved, By: Actor(byRule + c.ruling.Rule), At: now}
	switch {
	case rule != nil:
		answer.By = rule.Actor()
	case c.ruling.Verdict == Ask:
		return bodies
	case c.ruling.Verdict == Deny:
		answer.Decision, answer.Reason = Rejected, "denied by "+c.ruling.Rule
	}
	return append(bodies, ApprovalDecided{ID: a.ID, Answer: answer}, ApprovalConsumed{ID: a.ID, Run: c.run})
}

func (s *State) decideFinished(set Settings, t *Ticket, o Outcome) []Body {
	bodies := s.withdraw(t, "the attempt has ended")
	switch o.Kind {
	case OutcomeDone:
		if o.Delivered != nil {
			bodies = append(bodies, EditDelivered{Run: t.Run(), Files: o.Delivered.Files, Note: o.Delivered.Note})
		}
		return append(bodies, TicketCompleted{Ticket: t.Key, By: ByWorker, Summary: o.Summary})
	case OutcomeFailed:
		if t.RetryCount < set.MaxRetries {
			return append(bodies, TicketRetried{Ticket: t.Key, Cause: CauseFailure, By: o.By, Reason: o.Reason, Counted: true})
		}
		return append(bodies, TicketBlocked{Ticket: t.Key, By: o.By, Reason: o.Reason})
	case OutcomeBlocked:
		return append(bodies, TicketBlocked{Ticket: t.Key, By: o.By, Reason: o.Reason, Over: o.Over})
	case OutcomeDenied:
		return append(bodies, TicketRetried{Ticket: t.Key, Cause: CauseNoPerson, By: ByConductor, Reason: o.Reason})
	case OutcomeAwaits:
		return append(bodies, TicketRetried{Ticket: t.Key, Cause: CauseAwaits, By: o.By, Reason: o.Reason})
	default: // aborted while nobody has ended the ticket: taken up again
		return []Body{TicketRetried{Ticket: t.Key, Cause: CauseInterrupted, By: ByConductor, Reason: "its worker was interrupted"}}
	}
}

// interrupted takes up what was running when the program ended. An attempt whose delivery had begun is not redone:
// its delivery is finished.
func (s *State) interrupted() (bodies []Body, deliveries []*Ticket) {
	for tr := range s.now.Tracks() {
		for t := range tr.Tickets() {
			switch {
			case t.Status != InProgress:
			case t.Delivery != nil:
				deliveries = append(deliveries, t)
			default:
				bodies = append(bodies, TicketRetried{Ticket: t.Key, Cause: CauseInterrupted, By: ByConductor, Reason: "slop-ls ended while it ran"})
			}
		}
	}
	return bodies, deliveries
}
