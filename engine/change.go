package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// ChangeOp is what happens to a file.
type ChangeOp string

// The operations of a FileChange.
const (
	OpCreate ChangeOp = "create"
	OpModify ChangeOp = "modify"
	OpDelete ChangeOp = "delete"
	OpRename ChangeOp = "rename" // From → Path, perhaps with other content too
)

// FileChange is one file of a ChangeSet, whole: who delivers it makes hunks of it as its client needs them.
type FileChange struct {
	Path  string   `json:"path"`
	Op    ChangeOp `json:"op"`
	From  string   `json:"from,omitempty"`  // of OpRename
	Base  []byte   `json:"base,omitempty"`  // what the draft started from; empty for OpCreate
	After []byte   `json:"after,omitempty"` // empty for OpDelete
	Mode  uint32   `json:"mode,omitempty"`  // permission bits to have after; 0: as they are
	Was   uint32   `json:"was,omitempty"`   // permission bits before, of what is deleted or gets others; 0: not known
	Label string   `json:"label,omitempty"` // for people
}

// ChangeSet is what a finished draft delivers, sorted by path, each path once.
type ChangeSet struct {
	Label string       `json:"label"` // one line for people: "T1: Give Lexer positions"
	Files []FileChange `json:"files"`
	Asked bool         `json:"asked,omitempty"` // a rule asked a person for this edit
}

// Empty reports whether there is nothing to deliver.
func (c ChangeSet) Empty() bool { return len(c.Files) == 0 }

// Encode is the stored form of c; its ContentHash names its blob.
func (c ChangeSet) Encode() []byte {
	b, err := json.Marshal(c)
	if err != nil {
		panic("engine: a ChangeSet always encodes: " + err.Error()) // strings and bytes only
	}
	return b
}

// DecodeChangeSet reads what Encode wrote.
func DecodeChangeSet(data []byte) (ChangeSet, error) {
	var c ChangeSet
	if err := json.Unmarshal(data, &c); err != nil {
		return ChangeSet{}, fmt.Errorf("decoding a change set: %w", err)
	}
	return c, nil
}

// Delivery is a change set on its way.
type Delivery struct {
	Blob    string   `json:"blob"` // names the blob of the ChangeSet
	Paths   []string `json:"paths"`
	Summary string   `json:"summary,omitempty"` // the worker's, for when the delivery is finished after a crash
}

// DeliveredFile is one file as it was seen after its delivery.
type DeliveredFile struct {
	Path   string   `json:"path"`
	Op     ChangeOp `json:"op"`
	Hash   string   `json:"hash,omitempty"`   // ContentHash of what is there now
	Merged bool     `json:"merged,omitempty"` // the base had moved and both changes are in
	Partly bool     `json:"partly,omitempty"` // a person took only some hunks

	Reshaped bool `json:"reshaped,omitempty"` // a formatter has been over it: it is the same but for white space and the like

	Added int `json:"added,omitempty"` // lines
	Gone  int `json:"gone,omitempty"`  // lines
}

// Delivered is what Applier.Deliver saw arrive.
type Delivered struct {
	Files []DeliveredFile
	Note  string // what a person should know
}

// ErrUndelivered is wrapped by an Applier's error where an editor did not take a change. Nothing of it is left there,
// unless the error says so. Another attempt would meet the same editor, so it waits for a person.
var ErrUndelivered = errors.New("the edit was not delivered")

// DeclinedError says that a person looked at a change set in their editor and took nothing of it.
type DeclinedError struct {
	Client string // the editor, for people
}

func (e *DeclinedError) Error() string { return "its edit was discarded in the preview of " + e.Client }

// Conflict is one place where the workspace and a draft changed the same lines.
type Conflict struct {
	Path string
	Text string // with conflict markers, bounded
}

// LeftoverError says that a delivery failed, for the reason that it wraps, and that what had arrived of it could not be
// taken back everywhere: somebody has changed the same lines since.
type LeftoverError struct {
	Paths []string // in which the change still is
	Err   error
}

func (e *LeftoverError) Error() string { return e.Err.Error() + "; " + e.left() }

func (e *LeftoverError) left() string {
	return "the change is still in " + strings.Join(e.Paths, ", ") + ": take it out there, or keep it and skip the ticket"
}

// Unwrap gives why the delivery failed.
func (e *LeftoverError) Unwrap() error { return e.Err }

// ConflictError says that a change set could not be merged. Nothing was changed.
type ConflictError struct {
	Conflicts []Conflict
}

func (e *ConflictError) Error() string {
	paths := make([]string, len(e.Conflicts))
	for i, c := range e.Conflicts {
		paths[i] = c.Path
	}
	return "conflicting edits in " + strings.Join(paths, ", ")
}
