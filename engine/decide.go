package engine

import (
	"fmt"
	"time"
)

// Decide is what a command comes to: the bodies of the events that it makes, or its refusal. It is pure: it changes
// nothing, and equal states, settings, commands and times give equal answers. No body and no error means that
// everything is so already.
func Decide(s *State, set Settings, c Command, now time.Time) ([]Body, error) {
	switch c := c.(type) {
	case PlanTrack:
		return s.decidePlan(c)
	case RenameTrack:
		return s.decideRename(c)
	case LoseTrack:
		return s.decideLose(c)
	case StartTrack:
		return s.decideTrack(c.Track, TrackMoved{Track: c.Track, To: TrackRunning, By: c.By})
	case PauseTrack:
		return s.decideTrack(c.Track, TrackMoved{Track: c.Track, To: TrackPaused, By: c.By, Reason: "paused by " + string(c.By)})
	case ResumeTrack:
		return s.decideResume(c)
	case StopTrack:
		return s.decideStop(c)
	case AnswerApproval:
		return s.decideAnswers([]AnswerApproval{c}, now)
	case AnswerApprovals:
		return s.decideAnswers(c.Answers, now)
	case KeysArrived:
		return s.decideKeysArrived(), nil
	case ForgetAnswer:
		return s.decideForget(c)
	case AffordPlanning:
		return nil, s.now.affordPlanning(set.Budget, c, underWay{}, now)
	case RecordPlanning:
		return s.decidePlanning(set, PlanningRecorded(c), now), nil
	case unmade:
		return s.decideUnmade(c)
	case workerCommand:
		return s.decideWorker(set, c, now)
	default:
		return s.decideTicket(c)
	}
}

// decideTicket is for a person's commands about one ticket.
func (s *State) decideTicket(c Command) ([]Body, error) {
	switch c := c.(type) {
	case RunTicket:
		return s.decideRun(c)
	case RetryTicket:
		return s.decideRetry(c)
	case KillTicket:
		return s.decideEnd(c.Ticket, Killed, TicketKilled{c.Ticket, c.By, c.Reason})
	case BlockTicket:
		return s.decideEnd(c.Ticket, Blocked, TicketBlocked{Ticket: c.Ticket, By: c.By, Reason: c.Reason})
	case UnblockTicket:
		return s.decideUnblock(c)
	case SkipTicket:
		return s.decideSkip(c)
	case UndoTicket:
		return s.decideUndo(c)
	default:
		return nil, fmt.Errorf("no rule for the command %T", c)
	}
}

// find gives a ticket to decide about, with its track.
func (s *State) find(key TicketKey) (*Track, *Ticket, error) {
	tr, ok := s.now.Track(key.Track)
	if !ok {
		return nil, nil, fmt.Errorf("%w: %s", ErrNoTrack, key.Track)
	}
	t, ok := tr.Ticket(key.ID)
	if !ok {
		return nil, nil, fmt.Errorf("%w: %s in %s", ErrNoTicket, key.ID, key.Track)
	}
	return tr, t, nil
}

func illegal(t *Ticket, to Status) error {
	return &TransitionError{Ticket: t.Key, From: t.Status, To: to}
}

// decideResume lets a track go on from where it was paused.
func (s *State) decideResume(c ResumeTrack) ([]Body, error) {
	to := TrackRunning
	if tr, ok := s.now.Track(c.Track); ok && tr.Status == TrackPaused {
		to = tr.before()
	}
	return s.decideTrack(c.Track, TrackMoved{Track: c.Track, To: to, By: c.By})
}

// decideTrack moves a track to a status that a person wants. A done track stays done.
func (s *State) decideTrack(id TrackID, to TrackMoved) ([]Body, error) {
	tr, ok := s.now.Track(id)
	switch {
	case !ok:
		return nil, fmt.Errorf("%w: %s", ErrNoTrack, id)
	case tr.Status == to.To && to.To == TrackRunning && tr.anyUndone():
		return []Body{to}, nil // to run a track is to run what was undone, too
	case tr.Status == TrackRunning && to.To == TrackRunning && tr.awaiting():
		return []Body{AwaitedArrived{id}}, nil
	case tr.Status == to.To, tr.Status == TrackDone && tr.Count(Completed) == tr.Total():
		return nil, nil
	case to.To == TrackPaused && tr.Status != TrackRunning:
		return nil, fmt.Errorf("track %s is %s: %w", id, tr.Status, ErrNotRunning)
	default:
		return []Body{to}, nil
	}
}

func (s *State) decideStop(c StopTrack) ([]Body, error) {
	tr, ok := s.now.Track(c.Track)
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNoTrack, c.Track)
	}
	bodies := []Body{TrackMoved{Track: c.Track, To: TrackStopped, By: c.By, Reason: "stopped by " + string(c.By)}}
	if tr.Status == TrackStopped || tr.Status == TrackDone {
		bodies = nil
	}
	for t := range tr.Tickets() {
		if t.Status == InProgress {
			bodies = append(bodies, s.withdrawPending(t, "the track was stopped")...)
			bodies = append(bodies, TicketRetried{Ticket: t.Key, Cause: CauseStopped, By: c.By, Reason: "the track was stopped"})
		}
	}
	return bodies, nil
}

func (s *State) decideRun(c RunTicket) ([]Body, error) {
	tr, t, err := s.find(c.Ticket)
	if err != nil {
		return nil, err
	}
	if t.Status != Todo {
		return nil, illegal(t, InProgress)
	}
	if err := runnable(tr, t); err != nil {
		return nil, err
	}
	queued := TicketQueued{c.Ticket, c.By, c.Instruction}
	if t.Queued && c.Instruction == "" && !t.Denied && t.Awaits == "" && !t.Undone {
		return nil, nil
	}
	return append(s.revive(tr, c.By), queued), nil
}

// revive lets a track that had come to rest go on, because a person lifted what was in its way.
func (s *State) revive(tr *Track, by Actor) []Body {
	if tr.Status != TrackBlocked || tr.Lost {
		return nil
	}
	return []Body{TrackMoved{Track: tr.ID, To: TrackRunning, By: by}}
}

func (s *State) decideRetry(c RetryTicket) ([]Body, error) {
	tr, t, err := s.find(c.Ticket)
	if err != nil {
		return nil, err
	}
	if t.Status == Todo || t.Status == InProgress {
		return nil, illegal(t, Todo)
	}
	if t.Undo != nil {
		return nil, fmt.Errorf("%s: %w", t.Key.ID, ErrUndoing)
	}
	if err := runnable(tr, t); err != nil {
		return nil, err
	}
	bodies := []Body{
		TicketRetried{Ticket: c.Ticket, Cause: CausePerson, By: c.By, Instruction: c.Instruction},
		TicketQueued{Ticket: c.Ticket, By: c.By},
	}
	return append(bodies, s.revive(tr, c.By)...), nil
}

func (s *State) decideUnblock(c UnblockTicket) ([]Body, error) {
	tr, t, err := s.find(c.Ticket)
	if err != nil {
		return nil, err
	}
	if t.Status != Blocked {
		return nil, illegal(t, Todo)
	}
	body := TicketRetried{Ticket: c.Ticket, Cause: CausePerson, By: c.By, Instruction: c.Instruction}
	return append([]Body{body}, s.revive(tr, c.By)...), nil
}

func (s *State) decideSkip(c SkipTicket) ([]Body, error) {
	tr, t, err := s.find(c.Ticket)
	if err != nil {
		return nil, err
	}
	if t.Status == InProgress || !CanMove(t.Status, Completed) {
		return nil, illegal(t, Completed)
	}
	body := TicketCompleted{Ticket: c.Ticket, By: c.By, Summary: c.Reason, Skipped: true}
	bodies := append(s.withdraw(t, "the ticket was skipped"), body)
	return append(bodies, s.revive(tr, c.By)...), nil
}

// decideEnd is a person's kill or block.
func (s *State) decideEnd(key TicketKey, to Status, body Body) ([]Body, error) {
	_, t, err := s.find(key)
	if err != nil {
		return nil, err
	}
	if !CanMove(t.Status, to) {
		return nil, illegal(t, to)
	}
	return append(s.withdraw(t, "the ticket was "+string(to)), body), nil
}

// withdraw takes back what a ticket still asks: it ends otherwise.
func (s *State) withdraw(t *Ticket, reason string) []Body {
	if t.Approval == "" {
		return nil
	}
	return []Body{ApprovalWithdrawn{ID: t.Approval, Reason: reason}}
}

// withdrawPending takes back what nobody has answered yet, and keeps an answer for the next attempt.
func (s *State) withdrawPending(t *Ticket, reason string) []Body {
	if a, ok := s.now.Approval(t.Approval); !ok || a.Answer != nil {
		return nil
	}
	return s.withdraw(t, reason)
}

// Settle is what the tracks that events have touched come to: done, blocked, or idle again. It gives the events to
// append after a batch of commands, and is pure but for forgetting which tracks were touched.
func (s *State) Settle() []Body {
	var bodies []Body
	for _, id := range s.touched {
		tr, ok := s.now.Track(id)
		if !ok {
			continue
		}
		if b, moved := s.settle(tr); moved {
			bodies = append(bodies, b)
		}
	}
	s.touched = s.touched[:0]
	return bodies
}

func (s *State) settle(tr *Track) (TrackMoved, bool) {
	all := tr.Count(Completed) == tr.Total()
	switch {
	case tr.Status == TrackDone && !all:
		return TrackMoved{Track: tr.ID, To: TrackIdle, By: ByConductor, Reason: "there is new work"}, true
	case tr.Status == TrackDone || tr.Status == TrackPaused || tr.Status == TrackStopped:
		return TrackMoved{}, false
	case all && tr.Total() > 0 && s.running(tr) == 0:
		return TrackMoved{Track: tr.ID, To: TrackDone, By: ByConductor}, true
	case all && tr.Total() == 0 && tr.Status == TrackRunning:
		return TrackMoved{Track: tr.ID, To: TrackDone, By: ByConductor, Reason: "it has no tickets"}, true
	case tr.Status != TrackRunning || s.running(tr) > 0 || s.startable(tr):
		return TrackMoved{}, false
	default:
		return TrackMoved{Track: tr.ID, To: TrackBlocked, By: ByConductor, Reason: blockedReason(tr)}, true
	}
}

// running counts a track's attempts, those of orphaned tickets included only where there are any orphans.
func (s *State) running(tr *Track) int {
	n := tr.Count(InProgress)
	if tr.Total() == tr.Len() {
		return n
	}
	for t := range tr.Tickets() {
		if t.Orphaned && t.Status == InProgress {
			n++
		}
	}
	return n
}

// blockedReason names what a person must look at first.
func blockedReason(tr *Track) string {
	if tr.Lost {
		return lostReason
	}
	const shown = 3
	msg, more := "", 0
	for t := range tr.Tickets() {
		if t.Orphaned || t.Block == nil && !t.Denied && t.Awaits == "" && !t.Undone {
			continue
		}
		if more++; more > shown {
			continue
		}
		if msg != "" {
			msg += "; "
		}
		msg += t.Key.ID + " " + why(t)
	}
	if more > shown {
		msg += fmt.Sprintf("; and %d more", more-shown)
	}
	return msg
}
