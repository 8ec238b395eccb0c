package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// ApprovalKind says what a person is asked to allow.
type ApprovalKind string

// The kinds of approval. KindQuestion is the worker's own ask_person.
const (
	KindSpawn    ApprovalKind = "spawn"
	KindStep     ApprovalKind = "step"
	KindEdit     ApprovalKind = "edit"
	KindCommand  ApprovalKind = "command"
	KindQuestion ApprovalKind = "question"
)

// Decision is the answer to an approval.
type Decision string

// The decisions. Denied is not a person's: it says that nobody was there to ask, and the ticket goes back to todo.
// Withdrawn is no answer: nobody needs one any more.
const (
	Approved  Decision = "approved"
	Rejected  Decision = "rejected"
	Denied    Decision = "denied"
	Withdrawn Decision = "withdrawn"
)

// Scope says how far an approved answer reaches: once, or for good within a ticket, a track or the workspace.
type Scope string

// The scopes.
const (
	ScopeOnce      Scope = ""
	ScopeTicket    Scope = "ticket"
	ScopeTrack     Scope = "track"
	ScopeWorkspace Scope = "workspace"
)

// Approval is the record of one question to a person: proposed, then decided, then consumed by the worker that
// asked. It lives in State and so survives everything. An Approval read from a Snapshot must not be changed.
type Approval struct {
	ID        ApprovalID   `json:"id"`
	Kind      ApprovalKind `json:"kind"`
	Run       Run          `json:"run"`
	Title     string       `json:"title"`             // one short line, safe to show
	Hash      string       `json:"hash"`              // of exactly what was asked; names the blob of its Content
	Options   []string     `json:"options,omitempty"` // of a question: what may be answered, when not free text
	Scope     Scope        `json:"scope,omitempty"`   // how far an approval reaches by itself: a verify command's is ScopeTrack
	Cover     *Cover       `json:"cover,omitempty"`   // what an answer for good would cover; nil where there is none
	Once      string       `json:"once,omitempty"`    // why there is none
	Cut       bool         `json:"cut,omitempty"`     // Title does not show all of it
	Requested time.Time    `json:"requested"`
	Answer    *Answer      `json:"answer,omitempty"` // nil while it is pending
}

// Pending reports whether nobody has answered yet.
func (a *Approval) Pending() bool { return a.Answer == nil }

// Alike reports whether a person can answer both together: they are of one kind, and of one track or about the same
// call. Questions are never alike, since each has an answer of its own.
func (a *Approval) Alike(o *Approval) bool {
	return a.Kind == o.Kind && a.Kind != KindQuestion && (a.Run.Ticket.Track == o.Run.Ticket.Track || a.Cover.Same(o.Cover))
}

// Answer is what was decided, by whom, and what came back edited.
type Answer struct {
	Decision Decision  `json:"decision"`
	By       Actor     `json:"by"`
	Reason   string    `json:"reason,omitempty"`   // the person's words to the worker; of a question: the answer
	Edited   string    `json:"edited,omitempty"`   // names the blob of the Content as edited; empty when unchanged
	Wrote    string    `json:"wrote,omitempty"`    // of a spawn whose ticket had no instruction: the first line of what they wrote
	Remember Scope     `json:"remember,omitempty"` // how far it holds for good
	At       time.Time `json:"at"`
}

// Content is what an approval asks, whole. Which fields are set depends on the kind: Prompt and Context of a spawn,
// Tool and Arguments of a step or a command, Diff and Changes of an edit and of a step that edits, Question of a question.
type Content struct {
	Prompt    string            `json:"prompt,omitempty"`
	Context   string            `json:"context,omitempty"`
	Model     string            `json:"model,omitempty"`
	Tool      string            `json:"tool,omitempty"`
	Arguments string            `json:"arguments,omitempty"` // JSON, as the model wrote it
	Diff      string            `json:"diff,omitempty"`
	Changes   *ChangeSet        `json:"changes,omitempty"` // what Diff shows, whole; nil where it is too large to carry
	Question  string            `json:"question,omitempty"`
	Rests     map[string]string `json:"rests,omitempty"` // path → ContentHash of the files that this rests on
}

// Encode is the form of c that is stored and hashed: equal contents have equal encodings.
func (c Content) Encode() []byte {
	b, err := json.Marshal(c)
	if err != nil {
		panic("engine: a Content always encodes: " + err.Error()) // strings and a map of strings only
	}
	return b
}

// ContentHash is the SHA-256 of data in hex. It names blobs and says whether a file is what it was.
func ContentHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// contentBlob names the blob of a Content.
func contentBlob(hash string) string { return "sha256/" + hash }

// LoadContent reads the content that an approval's Hash, or an answer's Edited, names. It returns an error that wraps
// ErrNoBlob when it was dropped, and refuses content that does not have its hash.
func LoadContent(ctx context.Context, blobs Blobs, hash string) (Content, error) {
	data, err := blobs.Blob(ctx, contentBlob(hash))
	if err != nil {
		return Content{}, fmt.Errorf("reading what was asked: %w", err)
	}
	if ContentHash(data) != hash {
		return Content{}, fmt.Errorf("reading what was asked: blob %s is damaged", hash)
	}
	var c Content
	if err := json.Unmarshal(data, &c); err != nil {
		return Content{}, fmt.Errorf("reading what was asked: %w", err)
	}
	return c, nil
}

// StoreContent keeps an edited content and gives the name that AnswerApproval.Edited takes.
func StoreContent(ctx context.Context, blobs Blobs, c Content) (hash string, err error) {
	data := c.Encode()
	hash = ContentHash(data)
	if err := blobs.PutBlob(ctx, contentBlob(hash), data); err != nil {
		return "", fmt.Errorf("storing an edited approval: %w", err)
	}
	return hash, nil
}
