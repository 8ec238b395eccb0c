// Package wire is what slop-ls says over LSP beyond the standard: the names of its commands and of its slop/*
// methods, and what they carry. docs/protocol.md describes all of it, and a test holds the two together.
//
// It is a leaf: it imports no other package of this module. Every payload is one JSON object (or null), decoded
// strictly: an unknown member or a wrong type is an error that names it.
package wire

import "fmt"

// Version is the version of everything in this package. It grows with every change that a client could notice.
const Version = 4

// The commands of workspace/executeCommand. Each takes one JSON object, the struct that is named beside it.
const (
	TrackRun    = "slop.track.run"    // TrackArgs
	TrackPause  = "slop.track.pause"  // TrackArgs
	TrackResume = "slop.track.resume" // TrackArgs
	TrackStop   = "slop.track.stop"   // TrackArgs

	TrackNew  = "slop.track.new"  // NewTrackArgs
	TrackPlan = "slop.track.plan" // PlanArgs

	TicketRun     = "slop.ticket.run"     // TicketArgs
	TicketRetry   = "slop.ticket.retry"   // TicketArgs
	TicketKill    = "slop.ticket.kill"    // TicketArgs
	TicketBlock   = "slop.ticket.block"   // TicketArgs
	TicketUnblock = "slop.ticket.unblock" // TicketArgs
	TicketSkip    = "slop.ticket.skip"    // TicketArgs
	TicketUndo    = "slop.ticket.undo"    // TicketArgs

	TicketRunOnSymbol = "slop.ticket.runOnSymbol" // RunOnSymbolArgs → TicketRef
	TicketNew         = "slop.ticket.new"         // NewTicketArgs → TicketRef

	ApprovalList   = "slop.approval.list"   // ListArgs → []Approval
	ApprovalAnswer = "slop.approval.answer" // AnswerArgs
	ApprovalOpen   = "slop.approval.open"   // ApprovalArgs
	ApprovalRules  = "slop.approval.rules"  // nothing → []Remembered
	ApprovalForget = "slop.approval.forget" // ApprovalArgs

	TranscriptOpen = "slop.transcript.open" // TranscriptArgs
	DiffOpen       = "slop.diff.open"       // DiffArgs
	DiffFiles      = "slop.diff.files"      // DiffFilesArgs → []DiffFile
	ViewOpen       = "slop.view.open"       // ViewArgs
	StatusShow     = "slop.status"          // StatusArgs → Status
)

// Commands lists the commands in the order in which they are announced and documented.
var Commands = []string{
	TrackNew, TrackRun, TrackPause, TrackResume, TrackStop, TrackPlan,
	TicketRun, TicketRetry, TicketKill, TicketBlock, TicketUnblock, TicketSkip, TicketUndo,
	TicketRunOnSymbol, TicketNew,
	ApprovalList, ApprovalAnswer, ApprovalOpen, ApprovalRules, ApprovalForget,
	TranscriptOpen, DiffOpen, DiffFiles, ViewOpen, StatusShow,
}

// The actions of an approval's prompt, the safe one first: in some clients a stray key takes the first. Only an answer
// with exactly one of these titles counts.
const (
	TitleReview  = "Review…"
	TitleApprove = "Approve"
	TitleReject  = "Reject"
)

// TitleApproveAll and TitleRejectAll are the actions of a prompt about n approvals alike.
func TitleApproveAll(n int) string { return fmt.Sprintf("Approve all %d", n) }

// TitleRejectAll: see TitleApproveAll.
func TitleRejectAll(n int) string { return fmt.Sprintf("Reject all %d", n) }

// The custom methods, only for clients that ask for them in capabilities.experimental.slop. The server's are
// notifications where they do not say otherwise.
const (
	StateMethod     = "slop/state"            // State: the whole, then what changed, at most 10 times a second
	StreamMethod    = "slop/stream"           // Stream: what running attempts stream, at most 10 times a second each
	EventsMethod    = "slop/events"           // an event as a line of `run --json`
	SaveMethod      = "slop/save"             // SaveArgs → null, a request: the open files are to be saved
	SubscribeMethod = "slop/events/subscribe" // EventsArgs → null, a request of the client

	DiagnosticsMethod = "slop/diagnostics" // DiagnosticsArgs, a notification of the client
)

// Methods lists the custom methods in the order in which they are documented.
var Methods = []string{StateMethod, StreamMethod, EventsMethod, SaveMethod, SubscribeMethod, DiagnosticsMethod}

// Capabilities is what a client may say in capabilities.experimental.slop.
type Capabilities struct {
	State   bool         `json:"state"`   // it wants slop/state
	Stream  bool         `json:"stream"`  // it wants slop/stream
	Events  Subscription `json:"events"`  // it takes slop/events
	Prompts bool         `json:"prompts"` // typing cannot answer its message prompts: approvals may be asked unasked
	Batch   bool         `json:"batch"`   // it takes prompts that answer several approvals alike in one go
	Save    bool         `json:"save"`    // it takes slop/save
}

// DiagnosticsArgs is all that the other language servers say of one file, in place of what was said before.
type DiagnosticsArgs struct {
	URI         string       `json:"uri"`
	Version     int          `json:"version,omitempty"` // of the document that it is about
	Diagnostics []Diagnostic `json:"diagnostics"`
}

// Diagnostic is LSP's. Members of it that are not here may be there, and are ignored.
type Diagnostic struct {
	Range    Range  `json:"range"`
	Severity int    `json:"severity,omitempty"`
	Source   string `json:"source,omitempty"`
	Message  string `json:"message"`
}

// SaveArgs names open files that are to be saved as they are.
type SaveArgs struct {
	URIs []string `json:"uris"`
}

// ServerCapabilities is what the server says in capabilities.experimental.slop of its initialize result.
type ServerCapabilities struct {
	Version int      `json:"version"` // of this package
	Methods []string `json:"methods"`
	Root    string   `json:"root"`    // URI of the workspace's folder: ids of tracks and paths of files begin there
	Reviews string   `json:"reviews"` // URI of the folder in which this workspace's Review… documents are
}
