package engine

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// Event is one fact in the journal. Seq starts at 1 and has no gaps; the State is the fold of all events.
type Event struct {
	Seq uint64
	At  time.Time
	Body
}

// Body is what happened. The set is closed: only types of this file implement it, and a journal that holds another
// kind was written by a newer build.
type Body interface {
	// Kind is the explicit name under which the body is stored and shown.
	Kind() string
	body()
}

// The bodies. Each is a plain value, complete in itself: Apply needs nothing but the State and the Event.
type (
	// TrackPlanned says that a document became the plan. Tickets holds the new and the changed ones only; Order
	// holds every id of the document in file order. A ticket with state that Order lacks is orphaned.
	TrackPlanned struct {
		Track   TrackID            `json:"track"`
		Title   string             `json:"title,omitempty"`
		Goal    string             `json:"goal,omitempty"`
		Context []string           `json:"context,omitempty"`
		Verify  string             `json:"verify,omitempty"`
		Tickets []trackfile.Ticket `json:"tickets,omitempty"`
		Order   []string           `json:"order"`
		Renamed map[string]string  `json:"renamed,omitempty"` // old ticket id → new one: its state moves
		Moved   map[string]string  `json:"moved,omitempty"`   // old path → new one: to follow it is no new work
	}
	// TrackLost says that the track's document is gone: nothing new starts until it is planned again.
	TrackLost struct {
		Track TrackID `json:"track"`
	}
	// TrackRenamed moves all state of a track to the id its document has now.
	TrackRenamed struct {
		Track TrackID `json:"track"`
		To    TrackID `json:"to"`
	}
	// TrackMoved is each change of a track's status.
	TrackMoved struct {
		Track  TrackID     `json:"track"`
		To     TrackStatus `json:"to"`
		By     Actor       `json:"by,omitempty"`
		Reason string      `json:"reason,omitempty"`
		Over   *Overrun    `json:"over,omitempty"` // the bound that paused it
	}
	// TicketQueued says that a person asked for this ticket to run as soon as it can.
	TicketQueued struct {
		Ticket      TicketKey `json:"ticket"`
		By          Actor     `json:"by,omitempty"`
		Instruction string    `json:"instruction,omitempty"`
	}
	// TicketStarted begins an attempt.
	TicketStarted struct {
		Run   Run    `json:"run"`
		Model string `json:"model,omitempty"`
	}
	// TicketRetried puts a ticket back to todo. Counted: it was a failure, and the next attempt escalates.
	TicketRetried struct {
		Ticket      TicketKey `json:"ticket"`
		Cause       Cause     `json:"cause"`
		By          Actor     `json:"by,omitempty"`
		Reason      string    `json:"reason,omitempty"`
		Instruction string    `json:"instruction,omitempty"`
		Counted     bool      `json:"counted,omitempty"`
	}
	// TicketCompleted ends a ticket well; Skipped: by a person, without an attempt.
	TicketCompleted struct {
		Ticket  TicketKey `json:"ticket"`
		By      Actor     `json:"by,omitempty"`
		Summary string    `json:"summary,omitempty"`
		Skipped bool      `json:"skipped,omitempty"`
	}
	// TicketBlocked stops a ticket until a person acts.
	TicketBlocked struct {
		Ticket TicketKey `json:"ticket"`
		By     Actor     `json:"by"`
		Reason string    `json:"reason"`
		Over   *Overrun  `json:"over,omitempty"` // the bound that was in the way, of ByBudget
	}
	// TicketKilled ends a ticket without a result; it delivers nothing.
	TicketKilled struct {
		Ticket TicketKey `json:"ticket"`
		By     Actor     `json:"by,omitempty"`
		Reason string    `json:"reason,omitempty"`
	}
	// ApprovalRequested proposes an approval.
	ApprovalRequested struct {
		Approval
	}
	// ApprovalResumed attaches an approval of an interrupted attempt to the attempt that asked the same again.
	ApprovalResumed struct {
		ID  ApprovalID `json:"id"`
		Run Run        `json:"run"`
	}
	// ApprovalDecided answers an approval; the first one stands.
	ApprovalDecided struct {
		ID ApprovalID `json:"id"`
		Answer
	}
	// ApprovalConsumed says that the worker has its answer and goes on.
	ApprovalConsumed struct {
		ID  ApprovalID `json:"id"`
		Run Run        `json:"run"`
	}
	// ApprovalWithdrawn says that nobody needs the answer any more.
	ApprovalWithdrawn struct {
		ID     ApprovalID `json:"id"`
		Reason string     `json:"reason,omitempty"`
	}
	// ApprovalForgotten takes back an answer that was given for good.
	ApprovalForgotten struct {
		ID ApprovalID `json:"id"`
		By Actor      `json:"by,omitempty"`
	}
	// ToolCalled says that a tool begins to run. The name "verify" is the ticket's verify command.
	ToolCalled struct {
		Run     Run    `json:"run"`
		Call    int    `json:"call"` // counts from 1 within the attempt
		Name    string `json:"name"`
		Summary string `json:"summary,omitempty"`
	}
	// ToolReturned says how a tool call ended.
	ToolReturned struct {
		Run     Run    `json:"run"`
		Call    int    `json:"call"`
		Name    string `json:"name"`
		OK      bool   `json:"ok"`
		Summary string `json:"summary,omitempty"`
		// Worked is as in UsageRecorded.
		Worked time.Duration `json:"worked,omitempty"`
	}
	// UsageRecorded adds what one model call cost.
	UsageRecorded struct {
		Run   Run    `json:"run"`
		Tier  Tier   `json:"tier"`
		Model string `json:"model"`
		Usage Usage  `json:"usage"`
		// Worked is how long the attempt had worked since it last said so, in nanoseconds, without its waiting.
		Worked time.Duration `json:"worked,omitempty"`
	}
	// PlanningRecorded adds what a model call of tier 1 or 2 cost. It belongs to no attempt, and its track may not have
	// been planned yet; "" is none, where no track came of it.
	PlanningRecorded struct {
		Track TrackID `json:"track,omitempty"`
		Tier  Tier    `json:"tier"`
		Model string  `json:"model"`
		Usage Usage   `json:"usage"`
	}
	// ContextPacked says what an attempt's context came to, in tokens before and after pruning.
	ContextPacked struct {
		Run    Run `json:"run"`
		Before int `json:"before"`
		After  int `json:"after"`
	}
	// DeliveryStarted is written before the first byte leaves the draft: what it names is finished, not redone,
	// after a crash.
	DeliveryStarted struct {
		Run      Run      `json:"run"`
		Delivery Delivery `json:"delivery"`
	}
	// LeaseReturned says that an attempt, which waits for a person, has given its declared files back: others may have
	// them. It goes on without, and merges.
	LeaseReturned struct {
		Run Run `json:"run"`
	}
	// DeliveryConflicted says that a delivery met other changes of the same lines. Nothing of it is left in the
	// workspace; the worker goes on.
	DeliveryConflicted struct {
		Run   Run      `json:"run"`
		Paths []string `json:"paths"`
	}
	// EditDelivered says what has been seen to arrive.
	EditDelivered struct {
		Run   Run             `json:"run"`
		Files []DeliveredFile `json:"files"`
		Note  string          `json:"note,omitempty"` // what a person should know: merged, partly taken, …
	}
	// UndoStarted is written before the first byte of an undo leaves: what it names is finished after a crash.
	UndoStarted struct {
		Ticket   TicketKey `json:"ticket"`
		Run      Run       `json:"run"` // names the delivery to an Applier
		Delivery Delivery  `json:"delivery"`
		By       Actor     `json:"by,omitempty"`
		Reason   string    `json:"reason,omitempty"`
	}
	// EditUndone says that a ticket's edits have been seen to be taken back. The ticket goes back to todo by the
	// TicketRetried that follows.
	EditUndone struct {
		Ticket TicketKey       `json:"ticket"`
		Files  []DeliveredFile `json:"files"`
		Note   string          `json:"note,omitempty"` // what a person should know
	}
	// UndoRefused ends an undo that was not possible: nothing of it is in the workspace, unless Reason says so.
	UndoRefused struct {
		Ticket TicketKey `json:"ticket"`
		Reason string    `json:"reason"`
	}
)

// Cause says why a ticket went back to todo.
type Cause string

// The causes. Only CauseFailure counts against max_retries.
const (
	CauseFailure     Cause = "failure"
	CausePerson      Cause = "person"
	CauseInterrupted Cause = "interrupted"
	CauseStopped     Cause = "stopped"
	CauseNoPerson    Cause = "no_person" // an approval was denied for want of a person
	CauseUndo        Cause = "undo"
	CauseBudget      Cause = "budget" // the bound that had blocked it is another one now
	CauseAwaits      Cause = "awaits" // something is missing, a key say: it goes on when that is there
)

func (TrackPlanned) body()      {}
func (TrackLost) body()         {}
func (TrackRenamed) body()      {}
func (TrackMoved) body()        {}
func (TicketQueued) body()      {}
func (TicketStarted) body()     {}
func (TicketRetried) body()     {}
func (TicketCompleted) body()   {}
func (TicketBlocked) body()     {}
func (TicketKilled) body()      {}
func (ApprovalRequested) body() {}
func (ApprovalResumed) body()   {}
func (ApprovalDecided) body()   {}
func (ApprovalConsumed) body()  {}
func (ApprovalWithdrawn) body() {}
func (ApprovalForgotten) body() {}
func (ToolCalled) body()        {}
func (ToolReturned) body()      {}
func (UsageRecorded) body()     {}
func (PlanningRecorded) body()  {}
func (ContextPacked) body()     {}
func (DeliveryStarted) body()   {}
func (LeaseReturned) body()     {}
func (EditDelivered) body()     {}
func (UndoStarted) body()       {}
func (EditUndone) body()        {}
func (UndoRefused) body()       {}

func (DeliveryConflicted) body() {}

// Kind implements Body.
func (TrackPlanned) Kind() string { return "track_planned" }

// Kind implements Body.
func (TrackLost) Kind() string { return "track_lost" }

// Kind implements Body.
func (TrackRenamed) Kind() string { return "track_renamed" }

// Kind implements Body.
func (TrackMoved) Kind() string { return "track_moved" }

// Kind implements Body.
func (TicketQueued) Kind() string { return "ticket_queued" }

// Kind implements Body.
func (TicketStarted) Kind() string { return "ticket_started" }

// Kind implements Body.
func (TicketRetried) Kind() string { return "ticket_retried" }

// Kind implements Body.
func (TicketCompleted) Kind() string { return "ticket_completed" }

// Kind implements Body.
func (TicketBlocked) Kind() string { return "ticket_blocked" }

// Kind implements Body.
func (TicketKilled) Kind() string { return "ticket_killed" }

// Kind implements Body.
func (ApprovalRequested) Kind() string { return "approval_requested" }

// Kind implements Body.
func (ApprovalResumed) Kind() string { return "approval_resumed" }

// Kind implements Body.
func (ApprovalDecided) Kind() string { return "approval_decided" }

// Kind implements Body.
func (ApprovalConsumed) Kind() string { return "approval_consumed" }

// Kind implements Body.
func (ApprovalWithdrawn) Kind() string { return "approval_withdrawn" }

// Kind implements Body.
func (ApprovalForgotten) Kind() string { return "approval_forgotten" }

// Kind implements Body.
func (ToolCalled) Kind() string { return "tool_call" }

// Kind implements Body.
func (ToolReturned) Kind() string { return "tool_result" }

// Kind implements Body.
func (UsageRecorded) Kind() string { return "usage" }

// Kind implements Body.
func (PlanningRecorded) Kind() string { return "planning_usage" }

// Kind implements Body.
func (ContextPacked) Kind() string { return "context_packed" }

// Kind implements Body.
func (DeliveryStarted) Kind() string { return "delivery_started" }

// Kind implements Body.
func (LeaseReturned) Kind() string { return "lease_returned" }

// Kind implements Body.
func (DeliveryConflicted) Kind() string { return "delivery_conflicted" }

// Kind implements Body.
func (EditDelivered) Kind() string { return "edit_delivered" }

// Kind implements Body.
func (UndoStarted) Kind() string { return "undo_started" }

// Kind implements Body.
func (EditUndone) Kind() string { return "edit_undone" }

// Kind implements Body.
func (UndoRefused) Kind() string { return "undo_refused" }

// decoders knows each kind's body. It is the registry that makes the set closed on disk.
var decoders = map[string]func(json.RawMessage) (Body, error){}

func register[B Body]() {
	var zero B
	decoders[zero.Kind()] = func(raw json.RawMessage) (Body, error) {
		var b B
		err := json.Unmarshal(raw, &b)
		return b, err
	}
}

func init() {
	register[TrackPlanned]()
	register[TrackLost]()
	register[TrackRenamed]()
	register[TrackMoved]()
	register[AwaitedArrived]()
	register[BudgetWarned]()
	register[TicketQueued]()
	register[TicketStarted]()
	register[TicketRetried]()
	register[TicketCompleted]()
	register[TicketBlocked]()
	register[TicketKilled]()
	register[ApprovalRequested]()
	register[ApprovalResumed]()
	register[ApprovalDecided]()
	register[ApprovalConsumed]()
	register[ApprovalWithdrawn]()
	register[ApprovalForgotten]()
	register[ToolCalled]()
	register[ToolReturned]()
	register[UsageRecorded]()
	register[PlanningRecorded]()
	register[ContextPacked]()
	register[DeliveryStarted]()
	register[LeaseReturned]()
	register[DeliveryConflicted]()
	register[EditDelivered]()
	register[UndoStarted]()
	register[EditUndone]()
	register[UndoRefused]()
}

// UnknownKindError says that a journal holds a kind of event that this build does not know.
type UnknownKindError struct {
	Seq  uint64
	Type string
}

func (e *UnknownKindError) Error() string {
	return fmt.Sprintf("journal event %d is of the unknown kind %q: it was written by a newer slop-ls; update this one", e.Seq, e.Type)
}

type eventJSON struct {
	Seq  uint64          `json:"seq"`
	At   time.Time       `json:"at"`
	Kind string          `json:"kind"`
	Body json.RawMessage `json:"body"`
}

// MarshalJSON writes the event's stored form.
func (e Event) MarshalJSON() ([]byte, error) {
	body, err := json.Marshal(e.Body)
	if err != nil {
		return nil, fmt.Errorf("encoding event %d: %w", e.Seq, err)
	}
	return json.Marshal(eventJSON{Seq: e.Seq, At: e.At, Kind: e.Kind(), Body: body})
}

// UnmarshalJSON reads the stored form. It returns an *UnknownKindError for a kind of a newer build.
func (e *Event) UnmarshalJSON(data []byte) error {
	var raw eventJSON
	if err := json.Unmarshal(data, &raw); err != nil {
		return fmt.Errorf("decoding an event: %w", err)
	}
	decode, ok := decoders[raw.Kind]
	if !ok {
		return &UnknownKindError{Seq: raw.Seq, Type: raw.Kind}
	}
	body, err := decode(raw.Body)
	if err != nil {
		return fmt.Errorf("decoding event %d (%s): %w", raw.Seq, raw.Kind, err)
	}
	*e = Event{Seq: raw.Seq, At: raw.At, Body: body}
	return nil
}
