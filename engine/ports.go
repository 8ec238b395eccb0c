package engine

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"
)

// The ports: what the engine needs from the outside. Every method is safe for concurrent use unless it says
// otherwise, takes its context first and gives up soon after it is cancelled. Slices and byte slices that a method
// returns are the caller's; those passed in are not kept.

// Journal is the append-only truth, and a place for a snapshot of what it folds to.
type Journal interface {
	// Append makes events durable, all or none, before it returns. Their Seq must follow the last one stored
	// without a gap, else ErrJournalGap and nothing is written. Any other error may have left the outcome unknown:
	// the caller must stop. Only the Conductor calls it.
	Append(ctx context.Context, events []Event) error
	// Events yields the events after a Seq in order, until the last one stored when it was called. It holds no
	// resource between two yields that could stall Append.
	Events(ctx context.Context, after uint64) iter.Seq2[Event, error]
	// SaveSnapshot keeps data as what the events up to seq fold to. It replaces the one before, atomically.
	SaveSnapshot(ctx context.Context, seq uint64, data []byte) error
	// LoadSnapshot returns the newest sound snapshot, or seq 0 when there is none or it is damaged: a snapshot is
	// a cache that may be thrown away.
	LoadSnapshot(ctx context.Context) (seq uint64, data []byte, err error)
}

// ErrJournalGap is returned by Journal.Append when an event does not follow the last one stored.
var ErrJournalGap = errors.New("journal events out of sequence")

// Blobs keeps what is too large for the journal: contents of approvals, change sets, transcripts. A blob is written
// before the event that names it.
type Blobs interface {
	// PutBlob stores data under name durably, replacing what was there.
	PutBlob(ctx context.Context, name string, data []byte) error
	// Blob returns what is stored under name, or ErrNoBlob.
	Blob(ctx context.Context, name string) ([]byte, error)
}

// ErrNoBlob is returned by Blobs.Blob for a name that was never stored, or was dropped by the retention setting.
var ErrNoBlob = errors.New("no such blob")

// Role says who speaks in a Message.
type Role string

// The roles of a conversation.
const (
	RoleSystem    Role = "system"
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
	RoleTool      Role = "tool"
)

// Message is one turn of a conversation with a model.
type Message struct {
	Role   Role       `json:"role"`
	Text   string     `json:"text,omitempty"`
	Calls  []ToolCall `json:"calls,omitempty"`   // of RoleAssistant
	CallID string     `json:"call_id,omitempty"` // of RoleTool: which call this answers
	Name   string     `json:"name,omitempty"`    // of RoleTool: the tool
	// Reasoning is what a model said of its thinking, for people. A Provider sends it back only to who insists on it.
	Reasoning string `json:"reasoning,omitempty"`
	// Opaque is what the provider needs back with this message (a thought signature, say). Nobody else reads it.
	Opaque json.RawMessage `json:"opaque,omitempty"`
}

// ToolCall is a model's wish to have a tool run.
type ToolCall struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Arguments string `json:"arguments"` // JSON as the model wrote it: untrusted, perhaps not even JSON
}

// Request is one call of a model. The whole conversation is in it: a Provider keeps nothing.
type Request struct {
	Tier     Tier
	Model    string
	Messages []Message
	Tools    []ToolSpec // empty for tiers 1, 2 and 4
	// Form asks for a reply that is nothing but JSON of a schema; nil: free text. A Provider has the server hold to it
	// where that can, and asks for it in words elsewhere, so that the reply is still to be checked. Reply.Message.Text
	// is then without a fence around the JSON.
	Form *Form
	// MaxOutput bounds the reply in tokens, reasoning included; 0: the provider's own bound.
	MaxOutput int
}

// Form is what a structured reply must look like.
type Form struct {
	Name   string          // of letters, digits, - and _
	Schema json.RawMessage // JSON schema of an object
}

// Reply is what a model said.
type Reply struct {
	Message Message
	Usage   Usage
	Finish  string // the provider's own finish reason, FinishLength and FinishFilter among them
}

// Finish reasons of a reply that is not whole.
const (
	FinishLength = "length"         // it reached the bound of its output
	FinishFilter = "content_filter" // the provider withheld the rest
)

// Delta is a piece of a reply as it streams.
type Delta struct {
	Text      string
	Reasoning string
	Restart   bool // what was streamed so far is void: the call is made again
}

// Provider talks to models.
type Provider interface {
	// Generate makes one call and streams it to onDelta, which is called from one goroutine at a time, is never
	// nil, and must not block. It retries what is worth retrying within bounds; what is left is a *ProviderError,
	// or ctx's error. Cancelling ctx closes the stream at once.
	Generate(ctx context.Context, req Request, onDelta func(Delta)) (Reply, error)
	// Count estimates the tokens of text for a model. It never fails and costs well under a millisecond a kilobyte.
	Count(model, text string) int
}

// ProviderErrorKind classifies what went wrong with a model call.
type ProviderErrorKind string

// The kinds of ProviderError.
const (
	ProviderNoKey       ProviderErrorKind = "no_key"       // no API key: the ticket waits, it has not failed
	ProviderAuth        ProviderErrorKind = "auth"         // the key was refused
	ProviderBadRequest  ProviderErrorKind = "bad_request"  // the request as such was refused
	ProviderTooLarge    ProviderErrorKind = "too_large"    // the context does not fit the model
	ProviderRateLimited ProviderErrorKind = "rate_limited" // 429 that outlasted the retries
	ProviderServer      ProviderErrorKind = "server"       // 5xx that outlasted the retries
	ProviderDropped     ProviderErrorKind = "dropped"      // the stream ended before its end
	ProviderMalformed   ProviderErrorKind = "malformed"    // what came is not the protocol
	ProviderOversized   ProviderErrorKind = "oversized"    // a line or a reply past the bound
	ProviderStalled     ProviderErrorKind = "stalled"      // no first token, or silence in the middle
	ProviderUnreachable ProviderErrorKind = "unreachable"  // no connection
)

// ProviderError is the typed outcome of a model call that failed for good.
type ProviderError struct {
	Kind       ProviderErrorKind
	Provider   string
	Model      string
	Status     int           // HTTP status, 0 when there was none
	RetryAfter time.Duration // what the provider asked for, 0 when it did not
	Attempts   int           // how many calls were made
	Err        error         // never holds a key
}

func (e *ProviderError) Error() string {
	msg := "provider " + e.Provider + ": " + string(e.Kind)
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	return msg
}

// Unwrap gives the cause.
func (e *ProviderError) Unwrap() error { return e.Err }

// Effect is the worst a tool can do. Policy decides by it.
type Effect string

// The effects, from harmless to far-reaching. EffectEdit changes a draft only, and asks no more of it than its files: such a
// call is tried on a copy before a person is asked about it.
const (
	EffectRead    Effect = "read"
	EffectEdit    Effect = "edit"
	EffectRun     Effect = "run"
	EffectNetwork Effect = "network"
	EffectPerson  Effect = "person" // asks the person something
	EffectFinish  Effect = "finish" // ends the attempt
)

// ToolSpec is what the model and the policy know of a tool.
type ToolSpec struct {
	Name        string
	Description string          // Markdown, for the model
	Schema      json.RawMessage // JSON schema of the arguments, an object
	Effect      Effect
}

// Tool is something a worker can do.
type Tool interface {
	Spec() ToolSpec
	// Call runs the tool on a draft. args is the model's own JSON and is validated here. An error that the model
	// should see and can mend is a *ToolError; any other error ends the attempt.
	Call(ctx context.Context, draft Draft, args json.RawMessage) (ToolResult, error)
}

// ToolResult is what a tool gives back to the model.
type ToolResult struct {
	Text    string         // the worker cuts what is longer than MaxResult, and keeps at most MaxKept of it on the draft's Shelf
	Summary string         // one short line for people
	Command *CommandResult // of a tool that ran a command
}

// ToolError is a failure that the model is told and can mend.
type ToolError struct {
	Tool string
	Msg  string // says what to do instead
}

func (e *ToolError) Error() string { return e.Tool + ": " + e.Msg }

// Verdict is a policy's word on one action.
type Verdict string

// The verdicts.
const (
	Allow Verdict = "allow"
	Ask   Verdict = "ask"
	Deny  Verdict = "deny"
)

// Action is what a policy is asked about.
type Action struct {
	Kind      ApprovalKind
	Tool      string
	Effect    Effect
	Arguments json.RawMessage
	Command   string   // of EffectRun: the shell text
	Paths     []string // what it touches, where that is known
	Step      bool     // the ticket is in step mode
	Ticket    TicketKey
}

// Ruling is a verdict and the rule that gave it, for the log and for people.
type Ruling struct {
	Verdict Verdict
	Rule    string // "default: run_command asks", "policy.deny[2]: git push"
	// Cover is what a person's answer for good would cover; nil where there can be none, and Once then says why, for
	// people.
	Cover *Cover
	Once  string
}

// Policy decides what may happen without asking. It is consulted in the worker loop only, never inside a tool.
type Policy interface {
	Rule(ctx context.Context, a Action) Ruling
}

// File is a file as the workspace has it now.
type File struct {
	Path    string
	Data    []byte
	Mode    uint32 // permission bits; 0 where they are not known
	Open    bool   // from an editor's buffer
	Version int32  // of that buffer
}

// Entry is one name in a folder.
type Entry struct {
	Path  string
	Dir   bool
	Size  int64
	Stamp int64 // of a file on disk: another one whenever it is written; 0 where that is not known
}

// Files reads the workspace as it is now: an editor's open buffer, else the disk. Errors wrap fs.ErrNotExist,
// fs.ErrPermission or ErrOutside where they apply.
type Files interface {
	Read(ctx context.Context, path string) (File, error)
	// List gives a folder's entries sorted by name, or with recursive everything below it that is not ignored.
	List(ctx context.Context, dir string, recursive bool) ([]Entry, error)
}

// ErrOutside is returned for a path that leaves the workspace, by dots, by a link or by being absolute.
var ErrOutside = errors.New("outside the workspace")

// Draft is one attempt's private copy-on-write view: reads see its own writes, then Files; writes stay in it. It is
// used by one worker, one call at a time, and closed by who made it.
type Draft interface {
	Files
	// Peek is Read of what the worker is not shown. What is written over a file rests on what Read gave last.
	Peek(ctx context.Context, path string) (File, error)
	Write(ctx context.Context, path string, data []byte) error
	Delete(ctx context.Context, path string) error
	Rename(ctx context.Context, from, to string) error
	// Changes is what the draft would deliver, sorted by path; empty when nothing differs.
	Changes(ctx context.Context) (ChangeSet, error)
	// Rebase brings the draft's changes onto the files as they are now, and gives the files that were read or changed
	// here and have changed there since, each change once. A change that cannot be merged is let go and returned as a
	// conflict: the draft then has what the workspace has.
	Rebase(ctx context.Context, run Run) (changed []string, conflicts []Conflict, err error)
	// Shelf is always the same one, and gone with the draft.
	Shelf() *Shelf
}

// Workbench makes drafts and runs commands on them.
type Workbench interface {
	// Draft opens an attempt's draft. release frees it with its scratch folder and is safe to call twice.
	Draft(ctx context.Context, run Run) (draft Draft, release func(), err error)
	// Run runs a shell command in the draft's scratch worktree. A command that ran and failed is no error. output,
	// when not nil, gets what it prints as it comes. Cancelling ctx kills the whole process group.
	Run(ctx context.Context, draft Draft, cmd ShellCommand, output func([]byte)) (CommandResult, error)
}

// ShellCommand is one line for the shell.
type ShellCommand struct {
	Line    string
	Timeout time.Duration // 0: the configured default
}

// CommandResult is how a command ended.
type CommandResult struct {
	Line     string
	ExitCode int // -1 when it was killed
	TimedOut bool
	Output   string // standard output and error as they came, cut in the middle where too long, which it says
	Took     time.Duration
	Unheld   string // why no sandbox held it, for people; "" where one did
}

// OK reports whether the command exited 0 in time.
func (r CommandResult) OK() bool { return r.ExitCode == 0 && !r.TimedOut }

// ViewKind is one of the three prunings of a source file.
type ViewKind string

// The kinds of view.
const (
	Skeleton ViewKind = "skeleton"
	Curated  ViewKind = "curated"
	Targeted ViewKind = "targeted"
)

// ViewRequest asks for a view of a file. Symbols counts for Targeted only.
type ViewRequest struct {
	Path    string
	Kind    ViewKind
	Symbols []string
}

// View is a pruned file.
type View struct {
	Path     string
	Language string
	Kind     ViewKind
	Text     string
	Fallback bool     // made by lines, not by syntax; Text says so too
	Notes    []string // what a reader should know: ambiguous names, syntax errors
}

// Symbol is a declaration. Spans are byte offsets, half open.
type Symbol struct {
	Name      string
	Path      string // "Type.Method", or Name where it has no container
	Kind      string // "function", "method", "class", "struct", "interface", "type", "const", "var", …
	Start     int    // of the whole declaration, its doc comment included
	End       int
	NameStart int
	NameEnd   int
	Signature string // one line
}

// Outline is what a file declares, in file order; nested declarations follow their container.
type Outline struct {
	Language string
	Fallback bool
	Symbols  []Symbol
}

// Viewer knows source code.
type Viewer interface {
	// View makes a view of files' Path. A symbol that does not exist is a *SymbolError; a file that cannot be read
	// is the error of Files. Anything else that is odd about the file makes a plainer view, not an error.
	View(ctx context.Context, files Files, req ViewRequest) (View, error)
	// Outline lists the declarations of src, which path only names the language of. It never takes over a second.
	Outline(ctx context.Context, path string, src []byte) (Outline, error)
}

// SymbolError says that a file has no such symbol.
type SymbolError struct {
	Path    string
	Symbol  string
	Nearest []string // at most three
}

func (e *SymbolError) Error() string {
	msg := e.Path + " has no symbol " + e.Symbol
	for i, n := range e.Nearest {
		if i == 0 {
			msg += "; nearest: " + n
			continue
		}
		msg += ", " + n
	}
	return msg
}

// Applier delivers change sets to the workspace.
type Applier interface {
	// Deliver makes the workspace have what set says, all of it or nothing, rebasing where the base has moved. It
	// reports only what it has seen to have arrived. Delivering what is there already changes nothing and is no
	// error, so that an interrupted delivery can be repeated. A change that cannot be merged is a *ConflictError.
	Deliver(ctx context.Context, run Run, set ChangeSet) (Delivered, error)
}
