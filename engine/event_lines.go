package engine

import (
	"encoding/json"
	"time"
)

// Line is one object of the event stream that `run --json` prints and slop/events sends: an event as programs see
// it, with its own fields beside the common ones.
type Line struct {
	Seq    uint64
	Time   time.Time
	Type   string
	Track  TrackID
	Ticket string // "" for what concerns a whole track
	Fields map[string]any
}

// MarshalJSON writes one flat object.
func (l Line) MarshalJSON() ([]byte, error) {
	m := make(map[string]any, len(l.Fields)+5)
	for k, v := range l.Fields {
		m[k] = v
	}
	m["seq"], m["time"], m["type"], m["track"] = l.Seq, l.Time.UTC().Format(time.RFC3339Nano), l.Type, l.Track
	if l.Ticket != "" {
		m["ticket"] = l.Ticket
	}
	return json.Marshal(m)
}

// Narrator folds events and tells each as lines. It is for one goroutine, and for one reader who starts at the
// journal's beginning or at a state loaded before.
type Narrator struct{ state *State }

// NewNarrator starts after what state holds, which is the narrator's from then on.
func NewNarrator(state *State) *Narrator { return &Narrator{state} }

// Seq is the last event that was told.
func (n *Narrator) Seq() uint64 { return n.state.now.seq }

// Snapshot is the state as far as it was told.
func (n *Narrator) Snapshot() *Snapshot { return n.state.Freeze() }

// Tell folds the next event and gives its lines: none for what only the program itself needs, and one more, of type
// ticket_phase, where the ticket's phase changed by it. An event that does not follow is an *InvariantError.
func (n *Narrator) Tell(e Event) ([]Line, error) {
	key, about := ticketOf(n.state, e.Body)
	before := n.phase(key)
	if err := n.state.Apply(e); err != nil {
		return nil, err
	}
	var lines []Line
	if typ, fields := lineOf(e.Body); typ != "" {
		lines = append(lines, Line{e.Seq, e.At, typ, key.Track, key.ID, fields})
	}
	if after := n.phase(key); about && after != before && after != NoPhase {
		lines = append(lines, Line{e.Seq, e.At, "ticket_phase", key.Track, key.ID, map[string]any{"phase": after}})
	}
	return lines, nil
}

func (n *Narrator) phase(key TicketKey) Phase {
	if t, ok := n.state.now.Ticket(key); ok {
		return t.Phase()
	}
	return NoPhase
}

// ticketOf names the ticket, or only the track, that an event is about.
func ticketOf(s *State, b Body) (key TicketKey, about bool) {
	switch b := b.(type) {
	case TrackPlanned:
		return TicketKey{Track: b.Track}, false
	case TrackRenamed:
		return TicketKey{Track: b.To}, false
	case TrackMoved:
		return TicketKey{Track: b.Track}, false
	case AwaitedArrived:
		return TicketKey{Track: b.Track}, false
	case BudgetWarned:
		return TicketKey{b.Track, b.Ticket}, b.Ticket != ""
	case PlanningRecorded:
		return TicketKey{Track: b.Track}, false
	case TicketQueued:
		return b.Ticket, true
	case TicketRetried:
		return b.Ticket, true
	case TicketCompleted:
		return b.Ticket, true
	case TicketBlocked:
		return b.Ticket, true
	case TicketKilled:
		return b.Ticket, true
	case UndoStarted:
		return b.Ticket, true
	case EditUndone:
		return b.Ticket, true
	case UndoRefused:
		return b.Ticket, true
	case ApprovalDecided:
		return approvalTicket(s, b.ID)
	case ApprovalWithdrawn:
		return approvalTicket(s, b.ID)
	default:
		run := runOf(b)
		return run.Ticket, run.Attempt > 0
	}
}

func approvalTicket(s *State, id ApprovalID) (TicketKey, bool) {
	a, ok := s.now.Approval(id)
	if !ok {
		return TicketKey{}, false
	}
	return a.Run.Ticket, true
}

// runOf names the attempt that an event of a worker belongs to.
func runOf(b Body) Run {
	switch b := b.(type) {
	case TicketStarted:
		return b.Run
	case ApprovalRequested:
		return b.Run
	case ApprovalResumed:
		return b.Run
	case ApprovalConsumed:
		return b.Run
	case ToolCalled:
		return b.Run
	case ToolReturned:
		return b.Run
	case UsageRecorded:
		return b.Run
	case ContextPacked:
		return b.Run
	case DeliveryStarted:
		return b.Run
	case DeliveryConflicted:
		return b.Run
	case EditDelivered:
		return b.Run
	default:
		return Run{}
	}
}

// lineOf gives an event's type in the stream and the fields that it has of its own; "" for what is not shown.
func lineOf(b Body) (typ string, fields map[string]any) {
	switch b := b.(type) {
	case TrackMoved:
		return trackLine(b)
	case TicketStarted:
		return "ticket_started", map[string]any{"attempt": b.Run.Attempt, "model": b.Model}
	case TicketRetried:
		return "ticket_retried", map[string]any{"cause": b.Cause, "by": b.By, "reason": b.Reason, "counted": b.Counted}
	case TicketCompleted:
		return "ticket_completed", map[string]any{"by": b.By, "summary": b.Summary, "skipped": b.Skipped}
	case TicketBlocked:
		return "ticket_blocked", map[string]any{"by": b.By, "reason": b.Reason}
	case TicketKilled:
		return "ticket_killed", map[string]any{"by": b.By, "reason": b.Reason}
	case ApprovalRequested:
		return "approval_requested", map[string]any{"id": b.ID, "kind": b.Approval.Kind, "title": b.Title, "attempt": b.Run.Attempt}
	case ApprovalDecided:
		return decidedLine(b)
	case EditDelivered:
		return "edit_delivered", map[string]any{"files": b.Files, "note": b.Note, "attempt": b.Run.Attempt}
	case EditUndone:
		return "edit_delivered", map[string]any{"files": b.Files, "note": b.Note, "undo": true}
	case UndoRefused:
		return "undo_refused", map[string]any{"reason": b.Reason}
	case UsageRecorded:
		return "usage", map[string]any{"tier": b.Tier, "model": b.Model, "usage": UsageFields(b.Usage), "attempt": b.Run.Attempt}
	case BudgetWarned:
		return "budget_warned", map[string]any{"scope": b.Over.Scope, "kind": b.Over.Kind, "limit": b.Over.inUnits(b.Over.Limit), "spent": b.Over.inUnits(b.Over.Spent), "text": b.Words()}
	case PlanningRecorded:
		return "usage", map[string]any{"tier": b.Tier, "model": b.Model, "usage": UsageFields(b.Usage)}
	case ToolCalled:
		return "tool_call", map[string]any{"call": b.Call, "name": b.Name, "summary": b.Summary, "attempt": b.Run.Attempt}
	case ToolReturned:
		return "tool_result", map[string]any{"call": b.Call, "name": b.Name, "ok": b.OK, "summary": b.Summary, "attempt": b.Run.Attempt}
	default:
		return "", nil
	}
}

func decidedLine(b ApprovalDecided) (string, map[string]any) {
	fields := map[string]any{"id": b.ID, "decision": b.Decision, "by": b.By, "reason": b.Reason, "edited": b.Edited != ""}
	if b.Remember != ScopeOnce {
		fields["remember"] = b.Remember
	}
	return "approval_decided", fields
}

// UsageFields is a usage as programs read it: it tells a cost in US dollars, or that it is not known; it is never 0 for what is not known.
func UsageFields(u Usage) map[string]any {
	cost := any("unknown")
	if !u.Cost.Unknown {
		cost = float64(u.Cost.MicroUSD) / 1e6
	}
	return map[string]any{
		"input": u.Input, "cached_input": u.CachedInput, "output": u.Output, "reasoning": u.Reasoning, "cost": cost,
	}
}

func trackLine(b TrackMoved) (string, map[string]any) {
	fields := map[string]any{"by": b.By}
	if b.Reason != "" {
		fields["reason"] = b.Reason
	}
	switch b.To {
	case TrackRunning:
		return "track_started", fields
	case TrackPaused:
		return "track_paused", fields
	case TrackStopped:
		fields["stopped"] = true
		return "track_paused", fields
	case TrackDone:
		return "track_done", fields
	case TrackBlocked:
		return "track_blocked", fields
	default:
		return "", nil
	}
}
