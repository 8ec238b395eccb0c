package engine

import (
	"context"
	"strconv"
)

// TrackID names a track: its document's workspace-relative path without the suffix.
type TrackID string

// TicketKey names a ticket. Ticket ids are unique only within a track.
type TicketKey struct {
	Track TrackID `json:"track"`
	ID    string  `json:"id"`
}

// String is for logs and messages; it is never parsed.
func (k TicketKey) String() string { return string(k.Track) + "#" + k.ID }

// Run names one attempt at a ticket. It is the fencing token: what a cancelled attempt says late is refused,
// because its Run is no longer the ticket's.
type Run struct {
	Ticket  TicketKey `json:"ticket"`
	Attempt int       `json:"attempt"` // from 1
}

// String is for logs and messages; it is never parsed.
func (r Run) String() string { return r.Ticket.String() + "/" + strconv.Itoa(r.Attempt) }

// ApprovalID names an approval within one store, in order of asking: "A1", "A2", ….
type ApprovalID string

func approvalID(n uint64) ApprovalID { return ApprovalID("A" + strconv.FormatUint(n, 10)) }

// Tier is one of the four levels of the agent hierarchy, by the name that configuration uses.
type Tier string

// The four tiers, from the goal down to the analysis of a failure.
const (
	TierOrchestrator Tier = "orchestrator"
	TierTechLead     Tier = "tech_lead"
	TierWorker       Tier = "worker"
	TierQA           Tier = "qa"
)

// Tiers lists the tiers from 1 to 4.
var Tiers = []Tier{TierOrchestrator, TierTechLead, TierWorker, TierQA}

// Actor says who did something: a person, a part of the program, or a rule ("rule deny_commands[0]").
type Actor string

// Actors that the program itself names. An editor or a flag that answers for a person adds its own after a space:
// "person (Neovim 0.12)".
const (
	ByPerson       Actor = "person"
	ByWorker       Actor = "worker"
	ByVerify       Actor = "verify"
	ByBudget       Actor = "budget"
	ByEditConflict Actor = "edit-conflict"
	ByProvider     Actor = "provider"
	ByConductor    Actor = "conductor"
	ByDocument     Actor = "document"
)

// approvalNumber undoes approvalID.
func approvalNumber(id ApprovalID) (uint64, bool) {
	if len(id) < 2 || id[0] != 'A' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(id[1:]), 10, 32)
	return n, err == nil && n > 0
}

type runKey struct{}

// withRun notes for which attempt a port is called.
func withRun(ctx context.Context, run Run) context.Context {
	return context.WithValue(ctx, runKey{}, run)
}

// RunOf is the attempt for which a port is called with ctx: whatever a worker asks of a Provider, a Workbench or another
// port says so. ok is false elsewhere.
func RunOf(ctx context.Context) (run Run, ok bool) {
	run, ok = ctx.Value(runKey{}).(Run)
	return run, ok
}
