package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// TrackArgs names a track by its document.
type TrackArgs struct {
	URI string `json:"uri"`
}

// NewTrackArgs is what a new track is for.
type NewTrackArgs struct {
	Goal string `json:"goal"`
}

// PlanArgs names a track whose plan is opened, or, where it has no tickets or Generate says so, is written by a model.
type PlanArgs struct {
	URI         string `json:"uri"`
	Generate    *bool  `json:"generate,omitempty"`    // default: where the document has no tickets
	Instruction string `json:"instruction,omitempty"` // what the person adds, for the model
}

// TicketArgs names a ticket of a track's document. Reason is for kill, block, skip and undo; for run, retry and unblock it
// is an instruction that goes into the next prompt.
type TicketArgs struct {
	URI    string `json:"uri"`
	ID     string `json:"id"`
	Reason string `json:"reason,omitempty"`
}

// TranscriptArgs names a ticket whose transcript is opened.
type TranscriptArgs struct {
	URI string `json:"uri"`
	ID  string `json:"id"`
}

// DiffArgs names a ticket whose diff is opened; without ID the whole track. Undo asks for what an undo of the ticket
// would change now.
type DiffArgs struct {
	URI  string `json:"uri"`
	ID   string `json:"id,omitempty"`
	Undo bool   `json:"undo,omitempty"`
}

// DiffFilesArgs asks for the files of a diff: the one that DiffArgs would open, or, with Approval alone, of what that
// approval would change.
type DiffFilesArgs struct {
	URI      string `json:"uri,omitempty"`
	ID       string `json:"id,omitempty"`
	Undo     bool   `json:"undo,omitempty"`
	Approval string `json:"approval,omitempty"`
}

// DiffFile is a file of a diff, for an editor's own diff view. Before and After are documents whose text is had by
// workspace/textDocumentContent; After is the workspace's own file where that is what is shown.
type DiffFile struct {
	Path   string `json:"path"`           // in the workspace, after the change
	From   string `json:"from,omitempty"` // before it, where it was another
	Op     string `json:"op"`             // create, modify, delete or rename
	Before string `json:"before"`
	After  string `json:"after"`
}

// ViewArgs names a source file and how it is to be seen.
type ViewArgs struct {
	URI     string   `json:"uri"`
	Kind    string   `json:"kind"`              // skeleton, curated or targeted
	Symbols []string `json:"symbols,omitempty"` // of a targeted view
}

// StatusArgs says whether the status board is opened as well: of the track that URI names, else of all.
type StatusArgs struct {
	URI  string `json:"uri,omitempty"`
	Open bool   `json:"open,omitempty"`
}

// Position is a place in a document, in the position encoding of the session.
type Position struct {
	Line      uint32 `json:"line"`
	Character uint32 `json:"character"`
}

// Range is a stretch of a document, its end excluded.
type Range struct {
	Start Position `json:"start"`
	End   Position `json:"end"`
}

// RunOnSymbolArgs names the symbol at a position of an open source file.
type RunOnSymbolArgs struct {
	URI         string   `json:"uri"`
	Position    Position `json:"position"`
	Instruction string   `json:"instruction,omitempty"` // without it: a TODO or FIXME at the symbol, else a person writes it
}

// NewTicketArgs asks for a ticket about a stretch of an open source file. It is not run.
type NewTicketArgs struct {
	URI         string `json:"uri"`
	Range       Range  `json:"range"`
	Instruction string `json:"instruction,omitempty"`
}

// TicketRef names a ticket by its track's document.
type TicketRef struct {
	URI string `json:"uri"`
	ID  string `json:"id"`
}

// ApprovalArgs names an approval.
type ApprovalArgs struct {
	ID string `json:"id"`
}

// The decisions of AnswerArgs.
const (
	Approve = "approve"
	Reject  = "reject"
)

// ListArgs asks for the approvals that wait.
type ListArgs struct {
	Open bool `json:"open,omitempty"` // show the inbox too
}

// The scopes of AnswerArgs.
const (
	ForTicket    = "ticket"
	ForTrack     = "track"
	ForWorkspace = "workspace"
)

// AnswerArgs answers an approval, or, with IDs in place of ID, several alike in one go. Prompt and Context, where given,
// replace what was asked. With URI, the Review… document of the approval, they, the reason and how far it is to hold
// are read from that open document instead.
type AnswerArgs struct {
	ID       string   `json:"id,omitempty"`
	IDs      []string `json:"ids,omitempty"`
	Decision string   `json:"decision"`           // Approve or Reject
	Remember string   `json:"remember,omitempty"` // ForTicket, ForTrack or ForWorkspace: the approval holds for good
	Reason   string   `json:"reason,omitempty"`
	Prompt   *string  `json:"prompt,omitempty"`
	Context  *string  `json:"context,omitempty"`
	URI      string   `json:"uri,omitempty"`
}

// Decode reads a command's arguments into a pointer to its struct: exactly one JSON object with known members, or
// nothing at all where every member may be left out. The error says what is wrong with which member.
func Decode(args []json.RawMessage, into any) error {
	if len(args) > 1 {
		return fmt.Errorf("one object is expected, not %d arguments", len(args))
	}
	data := []byte("{}")
	if len(args) == 1 && string(args[0]) != "null" {
		data = args[0]
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return decodeError(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the object")
	}
	return nil
}

func decodeError(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return fmt.Errorf("%q must be of type %s, not a %s", wrong.Field, wrong.Type, wrong.Value)
	}
	return fmt.Errorf("the arguments cannot be read: %w", err)
}
