package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// Command is a wish to change something. Decide turns it into events or refuses it; nothing else changes a ticket.
// The set is closed. Commands of people are exported; those of workers are made by Desk.
type Command interface{ command() }

type (
	// PlanTrack makes a document without errors the plan. Which ids are others now is found by comparing it with the
	// last plan; Renamed, old id to new one, says it where somebody knows. Moved maps files of the workspace that were
	// renamed to where they are: a completed ticket that follows one has not become stale.
	PlanTrack struct {
		Track   TrackID
		Spec    trackfile.Track
		Renamed map[string]string
		Moved   map[string]string
	}
	// RenameTrack moves a track's state after its document was renamed. What runs goes on. The new name must have no
	// state, or none but what its document gave it.
	RenameTrack struct{ Track, To TrackID }
	// LoseTrack says that a track's document is gone. Its state stays, what runs goes on, and nothing new starts until
	// PlanTrack.
	LoseTrack struct{ Track TrackID }
	// StartTrack is a person's run for each of the track's tickets, also those that become ready later. A paused,
	// stopped or blocked track goes on.
	StartTrack struct {
		Track TrackID
		By    Actor
	}
	// PauseTrack lets running workers finish their current step and starts nothing new.
	PauseTrack struct {
		Track TrackID
		By    Actor
	}
	// ResumeTrack undoes PauseTrack.
	ResumeTrack struct {
		Track TrackID
		By    Actor
	}
	// StopTrack cancels the track's running workers; their tickets go back to todo.
	StopTrack struct {
		Track TrackID
		By    Actor
	}
	// RunTicket queues one ticket: it starts as soon as its dependencies and the pool let it.
	RunTicket struct {
		Ticket      TicketKey
		By          Actor
		Instruction string // goes into the next prompt
	}
	// RetryTicket puts a blocked, killed or completed ticket back to todo and queues it.
	RetryTicket struct {
		Ticket      TicketKey
		By          Actor
		Instruction string
	}
	// KillTicket ends a ticket; its worker is cancelled and delivers nothing.
	KillTicket struct {
		Ticket TicketKey
		By     Actor
		Reason string
	}
	// BlockTicket stops a ticket until UnblockTicket; a worker that runs it is cancelled.
	BlockTicket struct {
		Ticket TicketKey
		By     Actor
		Reason string
	}
	// UnblockTicket puts a blocked ticket back to todo, whatever blocked it.
	UnblockTicket struct {
		Ticket      TicketKey
		By          Actor
		Instruction string
	}
	// SkipTicket counts a todo or blocked ticket as completed without running it.
	SkipTicket struct {
		Ticket TicketKey
		By     Actor
		Reason string
	}
	// UndoTicket takes back what a completed ticket delivered, as PrepareUndo has found it to be possible. Its Delivery is
	// then on its way; when it has been seen to arrive the ticket is back in todo, and not queued. Who asks it waits by
	// AwaitUndo.
	UndoTicket struct {
		Ticket   TicketKey
		By       Actor
		Reason   string
		Delivery Delivery // without a blob: nothing is left to take back
		Rests    uint64   // After of the ticket's newest delivery when it was prepared
	}
	// AnswerApproval decides a pending approval. The first answer stands; a later one gets *DecidedError.
	AnswerApproval struct {
		ID       ApprovalID
		Decision Decision
		By       Actor
		Reason   string
		Edited   string // names the blob of the edited Content, stored before; empty when unchanged
		Hash     string // of what the person saw; another one than was asked is refused. "" is not compared
		Remember Scope  // how far an approval holds for good; ScopeOnce: not beyond this question
		Wrote    string // the first line of the instruction in the prompt of a spawn, set by PrepareAnswer
		Whole    bool   // the person had all of it before them, and not only its line
	}
	// AnswerApprovals decides several pending approvals: all of them in one transaction, or none, with the error of the
	// first that cannot be answered so.
	AnswerApprovals struct{ Answers []AnswerApproval }
	// ForgetAnswer takes back an answer that was given for good, named by its approval.
	ForgetAnswer struct {
		ID ApprovalID
		By Actor
	}
	// AffordPlanning asks for leave for a model call of tier 1 or 2 that may come to Need, with what was used for the same
	// plan and is not recorded yet. It changes nothing, and is refused with a *BudgetError.
	AffordPlanning struct {
		Track TrackID // "" where there is none yet
		Model string
		Need  Spent
	}
	// RecordPlanning adds what a model call of tier 1 or 2 cost to its track, also before that is planned.
	RecordPlanning struct {
		Track TrackID // "" where no track came of it
		Tier  Tier
		Model string
		Usage Usage
	}
	// Configure changes settings of a running Conductor. It is not journalled.
	Configure struct{ Settings Settings }
)

func (PlanTrack) command()       {}
func (RenameTrack) command()     {}
func (LoseTrack) command()       {}
func (StartTrack) command()      {}
func (PauseTrack) command()      {}
func (ResumeTrack) command()     {}
func (StopTrack) command()       {}
func (RunTicket) command()       {}
func (RetryTicket) command()     {}
func (KillTicket) command()      {}
func (BlockTicket) command()     {}
func (UnblockTicket) command()   {}
func (SkipTicket) command()      {}
func (UndoTicket) command()      {}
func (AnswerApproval) command()  {}
func (AnswerApprovals) command() {}
func (ForgetAnswer) command()    {}
func (AffordPlanning) command()  {}
func (RecordPlanning) command()  {}
func (Configure) command()       {}

// Settings are the knobs of the Conductor, of configuration's section [mma].
type Settings struct {
	MaxWorkers int  // at least 1
	AutoQueue  bool // ready tickets that nobody has run start by themselves, unless they are in step mode
	MaxRetries int  // counted failures before a ticket is blocked for a person
	Budget     Budget
	Models     []string // the worker tier's escalation order, at least one

	SideBySide  bool          // tickets whose declared files overlap run side by side, and are merged; else one after the other
	ParkedLease time.Duration // how long a ticket that waits for a person keeps its declared files from others; 0: as long as it waits
}

// Model is the model of an attempt: the override, else the escalation list at the number of counted failures, its
// last one from there on.
func (s Settings) Model(override string, retries int) string {
	if override != "" || len(s.Models) == 0 {
		return override
	}
	return s.Models[min(retries, len(s.Models)-1)]
}

// Errors of commands, wrapped with what they were about.
var (
	ErrNoTrack    = errors.New("no such track")
	ErrNoTicket   = errors.New("no such ticket")
	ErrNoApproval = errors.New("no such approval")
	// ErrNotRunning refuses to pause what does not run.
	ErrNotRunning = errors.New("only a running track can be paused")
	// ErrUndoing refuses what cannot be while a ticket's edits are being taken back.
	ErrUndoing = errors.New("its edits are being taken back: wait until that has ended")
	// ErrStaleRun refuses what an attempt says after it ended.
	ErrStaleRun = errors.New("this attempt has ended")
	// ErrStopped is returned to everyone who submits after the Conductor has stopped.
	ErrStopped = errors.New("the conductor has stopped")
)

// CycleError says that a plan's dependencies form a cycle. The plan is refused whole.
type CycleError struct {
	Track TrackID
	IDs   []string // the first one again at the end
}

func (e *CycleError) Error() string {
	msg := fmt.Sprintf("track %s has a dependency cycle: %s", e.Track, e.IDs[0])
	for _, id := range e.IDs[1:] {
		msg += " → " + id
	}
	return msg
}

// PlanError says that a plan cannot become a track for another reason than a cycle.
type PlanError struct {
	Track  TrackID
	Ticket string
	Msg    string
}

func (e *PlanError) Error() string {
	return fmt.Sprintf("track %s, ticket %s: %s", e.Track, e.Ticket, e.Msg)
}

// DecidedError tells a late answer who decided before it, or that nobody needs an answer any more.
type DecidedError struct {
	ID     ApprovalID
	Answer Answer
}

func (e *DecidedError) Error() string {
	if e.Answer.Decision == Withdrawn {
		return fmt.Sprintf("approval %s is not needed any more: %s", e.ID, e.Answer.Reason)
	}
	return fmt.Sprintf("approval %s was already %s by %s", e.ID, e.Answer.Decision, e.Answer.By)
}

// Starts reports whether a person lets something run by a command, and of which track, where the command names one.
// Giving such a command is what counts as trust in what a repository brings along.
func Starts(c Command) (track TrackID, starts bool) {
	switch c := c.(type) {
	case StartTrack:
		return c.Track, true
	case ResumeTrack:
		return c.Track, true
	case RunTicket:
		return c.Ticket.Track, true
	case RetryTicket:
		return c.Ticket.Track, true
	case UnblockTicket:
		return c.Ticket.Track, true
	case AnswerApproval:
		return "", c.Decision == Approved
	case AnswerApprovals:
		for _, a := range c.Answers {
			if a.Decision == Approved {
				return "", true
			}
		}
	}
	return "", false
}
