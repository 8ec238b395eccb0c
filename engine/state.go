package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/slop-ls/slop-ls/engine/lease"
)

// State is the fold of the journal: the current Snapshot, writable, and the index by which the Conductor finds what
// can run. It belongs to one goroutine. Apply is its only mutation.
type State struct {
	now       Snapshot
	epoch     uint64
	index     map[TrackID]*graph
	ring      []TrackID              // tracks that may have something to start, the next one first
	answered  []ApprovalID           // decided, for workers that wait for a slot, the first answered first
	touched   []TrackID              // since the last Settle
	autoQueue bool                   // Settings.AutoQueue: which ready tickets are wanted depends on it
	leases    *lease.Line[TicketKey] // who has which declared files, and who waits for them
}

// NewState is the state before the first event.
func NewState() *State {
	return &State{
		now:   Snapshot{trackAt: map[TrackID]int{}},
		epoch: 1,
		index: map[TrackID]*graph{},

		leases: lease.New[TicketKey](),
	}
}

// Freeze gives out what the state is now. Nothing that Apply does later shows in it.
func (s *State) Freeze() *Snapshot {
	s.epoch++
	frozen := s.now
	return &frozen
}

// InvariantError says that an event does not fit the state it is applied to: the journal is damaged, or this is a
// bug. The state is not usable afterwards.
type InvariantError struct {
	Event Event
	Msg   string
}

func (e *InvariantError) Error() string {
	return fmt.Sprintf("journal event %d (%s) does not fit the state before it: %s", e.Event.Seq, e.Event.Kind(), e.Msg)
}

// Apply folds one event into the state. An event whose Seq does not follow, or that asks for an illegal transition, is
// an *InvariantError.
func (s *State) Apply(e Event) error {
	if e.Seq != s.now.seq+1 {
		return &InvariantError{Event: e, Msg: fmt.Sprintf("the last one was %d", s.now.seq)}
	}
	if err := s.apply(e.Body, e.At); err != nil {
		return &InvariantError{Event: e, Msg: err.Error()}
	}
	s.now.seq = e.Seq
	return nil
}

func (s *State) apply(body Body, at time.Time) error {
	switch b := body.(type) {
	case TrackPlanned:
		return s.applyPlan(b)
	case TrackLost:
		return s.applyLost(b)
	case TrackRenamed:
		return s.applyRename(b)
	case TrackMoved:
		return s.applyTrackMoved(b)
	case AwaitedArrived:
		return s.applyArrived(b)
	case BudgetWarned:
		return nil // it is for people
	case TicketQueued:
		return s.withTicket(b.Ticket, func(t *Ticket) error { s.queue(t, b.Instruction); return nil })
	case TicketStarted:
		return s.applyStarted(b, at)
	case TicketRetried:
		return s.applyRetried(b)
	case TicketCompleted:
		return s.applyCompleted(b, at)
	case TicketBlocked:
		return s.applyEnded(b.Ticket, Blocked, Block{b.By, b.Reason, b.Over}, at)
	case TicketKilled:
		return s.applyEnded(b.Ticket, Killed, Block{By: b.By, Reason: b.Reason}, at)
	case ApprovalRequested, ApprovalResumed, ApprovalDecided, ApprovalConsumed, ApprovalWithdrawn, ApprovalForgotten:
		return s.applyApproval(body)
	case UndoStarted, EditUndone, UndoRefused:
		return s.applyUndo(body)
	default:
		return s.applyRun(body, at)
	}
}

// applyRun folds what a worker tells about its attempt.
func (s *State) applyRun(body Body, at time.Time) error {
	switch b := body.(type) {
	case ToolCalled:
		return s.withTicket(b.Run.Ticket, func(t *Ticket) error { t.Tool = b.Name; return nil })
	case ToolReturned:
		return s.applyReturned(b, at)
	case UsageRecorded:
		return s.applyUsage(b, at)
	case PlanningRecorded:
		return s.applyPlanning(b, at)
	case ContextPacked:
		return s.withTicket(b.Run.Ticket, func(t *Ticket) error { t.Before, t.After = b.Before, b.After; return nil })
	case DeliveryStarted:
		return s.withTicket(b.Run.Ticket, func(t *Ticket) error { d := b.Delivery; t.Delivery = &d; return nil })
	case DeliveryConflicted:
		return s.withTicket(b.Run.Ticket, func(t *Ticket) error { t.refused(); return nil })
	case EditDelivered:
		return s.withTicket(b.Run.Ticket, func(t *Ticket) error { t.delivered(b.Files, s.now.seq); return nil })
	case LeaseReturned:
		return s.withTicket(b.Run.Ticket, func(t *Ticket) error { s.unlease(t); return nil })
	default:
		return fmt.Errorf("no rule for it")
	}
}

// track gives the state's own copy of a track, to be changed.
func (s *State) track(id TrackID) (*Track, error) {
	i, ok := s.now.trackAt[id]
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNoTrack, id)
	}
	t := s.now.tracks.at(i)
	if t.epoch != s.epoch {
		c := *t
		c.epoch = s.epoch
		t = &c
		s.now.tracks.set(s.epoch, i, t)
	}
	return t, nil
}

// ticket gives the state's own copy of a ticket, to be changed.
func (s *State) ticket(key TicketKey) (*Track, *Ticket, error) {
	tr, err := s.track(key.Track)
	if err != nil {
		return nil, nil, err
	}
	i, ok := tr.at[key.ID]
	if !ok {
		return nil, nil, fmt.Errorf("%w: %s", ErrNoTicket, key)
	}
	t := tr.tickets.at(i)
	if t.epoch != s.epoch {
		c := *t
		c.epoch = s.epoch
		t = &c
		tr.tickets.set(s.epoch, i, t)
	}
	return tr, t, nil
}

func (s *State) withTicket(key TicketKey, change func(*Ticket) error) error {
	_, t, err := s.ticket(key)
	if err != nil {
		return err
	}
	return change(t)
}

// move is the only place where a ticket's status changes. It holds the transition table and keeps every count that
// depends on a status.
func (s *State) move(tr *Track, t *Ticket, to Status) error {
	from := t.Status
	if !CanMove(from, to) {
		return &TransitionError{Ticket: t.Key, From: from, To: to}
	}
	if from == InProgress {
		s.leavePool(t)
	}
	t.Status = to
	if to == InProgress {
		s.now.active++
		s.now.unspawned++
		s.lease(t)
	} else {
		s.stepOut(t.Key)
	}
	if !t.Orphaned {
		tr.counts[statusIndex(from)]--
		tr.counts[statusIndex(to)]++
	}
	s.index[t.Key.Track].moved(s, tr, t, from)
	s.touch(t.Key.Track)
	return nil
}

// leavePool takes an attempt that ends out of the pool's counts and forgets what only it had.
func (s *State) leavePool(t *Ticket) {
	if !t.Parked {
		s.now.active--
	}
	if !t.Spawned {
		s.now.unspawned--
	}
	t.refused() // a completed one has none
	t.Parked, t.Spawned, t.Tool = false, false, ""
	s.unlease(t)
}

func (s *State) touch(id TrackID) {
	for _, t := range s.touched {
		if t == id {
			return
		}
	}
	s.touched = append(s.touched, id)
}

func (s *State) queue(t *Ticket, instruction string) {
	t.Queued, t.Denied, t.Undone, t.Awaits = true, false, false, ""
	if instruction != "" {
		t.Instruction = instruction
	}
	s.index[t.Key.Track].offer(s, t)
	s.touch(t.Key.Track)
}

func (s *State) applyStarted(b TicketStarted, at time.Time) error {
	tr, t, err := s.ticket(b.Run.Ticket)
	if err != nil {
		return err
	}
	if want := s.nextAttempt(t); b.Run.Attempt != want {
		return fmt.Errorf("attempt %d of %s is not attempt %d", b.Run.Attempt, t.Key, want)
	}
	if t.Since == 0 {
		t.Since = b.Run.Attempt
	}
	t.Attempt, t.Model, t.Queued = b.Run.Attempt, b.Model, false
	t.Stale, t.Begun, t.Below = false, nil, false
	t.Block, t.Summary, t.Undone, t.Kept, t.Refused = nil, "", false, "", ""
	t.Started, t.Ended = at, time.Time{}
	return s.move(tr, t, InProgress)
}

func (s *State) applyRetried(b TicketRetried) error {
	tr, t, err := s.ticket(b.Ticket)
	if err != nil {
		return err
	}
	from := t.Status
	queued := from == InProgress && b.Cause != CauseStopped && b.Cause != CauseNoPerson
	t.Block = nil
	switch b.Cause {
	case CauseFailure:
		t.Failure = b.Reason
		if b.Counted {
			t.RetryCount++
		}
	case CausePerson:
		t.RetryCount, t.Spent = 0, Spent{}
	case CauseNoPerson:
		t.Denied = true
		t.Answers = slices.DeleteFunc(slices.Clone(t.Answers), func(g GivenAnswer) bool { return g.Answer.Decision == Denied })
	case CauseAwaits:
		t.Awaits = awaits(b)
	case CauseUndo:
		t.Undone = true
	case CauseInterrupted, CauseStopped, CauseBudget:
	}
	if b.Cause == CauseFailure || b.Cause == CausePerson || b.Cause == CauseUndo {
		t.Answers = nil
	}
	if b.Instruction != "" {
		t.Instruction = b.Instruction
	}
	t.Queued = queued
	return s.move(tr, t, Todo)
}

func (s *State) applyCompleted(b TicketCompleted, at time.Time) error {
	tr, t, err := s.ticket(b.Ticket)
	if err != nil {
		return err
	}
	t.Summary, t.Ended, t.Block, t.Failure, t.Instruction, t.Answers, t.Queued, t.Awaits = b.Summary, at, nil, "", "", nil, false, ""
	t.Undone, t.Refused, t.Delivery = false, "", nil
	return s.move(tr, t, Completed)
}

func (s *State) applyEnded(key TicketKey, to Status, why Block, at time.Time) error {
	tr, t, err := s.ticket(key)
	if err != nil {
		return err
	}
	t.Block, t.Ended, t.Queued, t.Denied, t.Awaits, t.Answers = &why, at, false, false, "", nil
	if to == Blocked {
		t.Failure = why.Reason
	}
	return s.move(tr, t, to)
}

func (s *State) applyReturned(b ToolReturned, at time.Time) error {
	tr, t, err := s.ticket(b.Run.Ticket)
	if err != nil {
		return err
	}
	t.Tool = ""
	s.spend(tr, t, Spent{Time: b.Worked}, at)
	return nil
}

func (s *State) applyUsage(b UsageRecorded, at time.Time) error {
	tr, t, err := s.ticket(b.Run.Ticket)
	if err != nil {
		return err
	}
	t.Usage = t.Usage.Add(b.Usage)
	tr.Usage = withUsage(tr.Usage, b.Tier, b.Usage)
	s.spend(tr, t, spentOf(b.Tier, b.Usage, b.Worked), at)
	return nil
}

func (s *State) applyTrackMoved(b TrackMoved) error {
	tr, err := s.track(b.Track)
	if err != nil {
		return err
	}
	was := TrackStatus("")
	switch {
	case b.To == TrackPaused && tr.Status == TrackPaused:
		was = tr.Was
	case b.To == TrackPaused:
		was = tr.Status
	}
	tr.Status, tr.Reason, tr.Was, tr.Over = b.To, b.Reason, was, b.Over
	s.touch(b.Track)
	switch b.To {
	case TrackRunning: // somebody runs it anew: what was denied for want of a person may be asked again, what was undone may be done
		s.eachTicket(tr, func(t *Ticket) bool { return t.Denied || t.Undone }, func(t *Ticket) { t.Denied, t.Undone = false, false })
		s.arrive(tr)
	case TrackStopped:
		s.eachTicket(tr, func(t *Ticket) bool { return t.Queued }, func(t *Ticket) { t.Queued = false })
	case TrackIdle, TrackPaused, TrackDone, TrackBlocked:
	}
	s.index[b.Track].reconsider(s, tr)
	return nil
}

// eachTicket changes the tickets of a track that match. It costs a scan: for a person's commands only.
func (s *State) eachTicket(tr *Track, match func(*Ticket) bool, change func(*Ticket)) {
	for i, t := range tr.tickets.all() {
		if match(t) {
			c := *t
			c.epoch = s.epoch
			change(&c)
			tr.tickets.set(s.epoch, i, &c)
		}
	}
}
