package engine

import (
	"fmt"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// Status, Priority and their values are the document's own words; see package trackfile.
type (
	Status   = trackfile.Status
	Priority = trackfile.Priority
)

// The five statuses of a ticket.
const (
	Todo       = trackfile.Todo
	InProgress = trackfile.InProgress
	Completed  = trackfile.Completed
	Blocked    = trackfile.Blocked
	Killed     = trackfile.Killed
)

// transitions is the one table of what may follow what, with what brings it about. docs/state-machine.md is
// generated from it.
var transitions = map[Status]map[Status]string{
	Todo: {
		InProgress: "start",
		Blocked:    "a person",
		Killed:     "kill",
		Completed:  "skip",
	},
	InProgress: {
		Completed: "delivered",
		Blocked:   "failure, block",
		Killed:    "kill",
		Todo:      "retry, interrupted, denied for want of a person",
	},
	Blocked: {
		Todo:      "retry, unblock",
		Completed: "skip",
		Killed:    "kill",
	},
	Killed: {
		Todo: "retry",
	},
	Completed: {
		Todo: "undo, retry",
	},
}

// Transition is one line of the table: what may follow what, and what brings it about.
type Transition struct {
	From, To Status
	Why      string
}

// Transitions lists the whole table in the order of trackfile.Statuses, for documents and tests.
func Transitions() []Transition {
	var out []Transition
	for _, from := range trackfile.Statuses {
		for _, to := range trackfile.Statuses {
			if why, ok := transitions[from][to]; ok {
				out = append(out, Transition{from, to, why})
			}
		}
	}
	return out
}

// TransitionError says that a ticket cannot go from one status to another. It changes nothing.
type TransitionError struct {
	Ticket   TicketKey
	From, To Status
}

func (e *TransitionError) Error() string {
	return fmt.Sprintf("ticket %s is %s and cannot become %s", e.Ticket.ID, e.From, e.To)
}

// CanMove reports whether the transition table lets a ticket go from one status to another.
func CanMove(from, to Status) bool {
	_, ok := transitions[from][to]
	return ok
}

func statusIndex(s Status) int {
	for i, v := range trackfile.Statuses {
		if v == s {
			return i
		}
	}
	return 0 // a status that does not exist cannot be stored: plans are checked
}

// Phase is what an in_progress ticket is doing, for people. It is derived from what is journalled and never
// journalled itself; a ticket that is not in_progress has none.
type Phase string

// The phases in the order in which an attempt usually meets them.
const (
	NoPhase       Phase = ""
	AwaitingSpawn Phase = "awaiting-spawn"
	Thinking      Phase = "thinking"
	AwaitingStep  Phase = "awaiting-step"
	RunningTool   Phase = "running-tool"
	Verifying     Phase = "verifying"
	AwaitingEdit  Phase = "awaiting-edit"
)

// TrackStatus is where a track as a whole stands.
type TrackStatus string

// The six states of a track. TrackBlocked: nothing can run until a person does something.
const (
	TrackIdle    TrackStatus = "idle"
	TrackRunning TrackStatus = "running"
	TrackPaused  TrackStatus = "paused"
	TrackDone    TrackStatus = "done"
	TrackBlocked TrackStatus = "blocked"
	TrackStopped TrackStatus = "stopped"
)
