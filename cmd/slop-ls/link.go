package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/attach"
)

// link is a subcommand's way to the daemon that holds the store: it reads as the store does and submits commands as
// the Conductor takes them. Each question is a connection of its own: one line of JSON there, lines of JSON back. Both
// ends are the same build, which the hello sees to. Any goroutine may use it.
type link struct {
	place attach.Place
	hello attach.Hello
}

// question is what a subcommand asks.
type question struct {
	Ask    ask             `json:"ask"`
	After  uint64          `json:"after,omitempty"`  // events
	Follow bool            `json:"follow,omitempty"` // events: go on with what happens
	Name   string          `json:"name,omitempty"`   // blob, put; do: the kind of the command
	Data   []byte          `json:"data,omitempty"`   // put
	Order  json.RawMessage `json:"order,omitempty"`  // do: the command
	Track  engine.TrackID  `json:"track,omitempty"`  // quiet, undo
	Ticket string          `json:"ticket,omitempty"` // undo
	Reason string          `json:"reason,omitempty"` // undo
	Look   bool            `json:"look,omitempty"`   // undo: only what it would change → data, a change set
}

type ask string

const (
	askSnapshot ask = "snapshot" // → data
	askEvents   ask = "events"   // → an event a line
	askBlob     ask = "blob"     // → data
	askPut      ask = "put"
	askDo       ask = "do"
	askQuiet    ask = "quiet"
	askExport   ask = "export"  // → data, in pieces
	askEditors  ask = "editors" // → count
	askWaits    ask = "waits"   // → count: 1 where the named approval waits
	askUndo     ask = "undo"
	askRead     ask = "read" // the named file as the editors have it → data, and Count: 1
)

// said is one line of an answer. The last one has End.
type said struct {
	Event *engine.Event `json:"event,omitempty"`
	Data  []byte        `json:"data,omitempty"`
	Seq   uint64        `json:"seq,omitempty"`
	Count int           `json:"count,omitempty"`
	Error *refusal      `json:"error,omitempty"`
	End   bool          `json:"end,omitempty"`
}

// errDaemonGone is what a question comes to when the daemon ends under it.
var errDaemonGone = errors.New("the daemon has ended: say it again, nothing is lost")

// stream asks and yields the lines of the answer. The connection ends with the loop, or with ctx.
func (l *link) stream(ctx context.Context, q question) iter.Seq2[said, error] {
	return func(yield func(said, error) bool) {
		err := l.converse(ctx, q, func(s said) bool { return yield(s, nil) })
		if err != nil {
			yield(said{}, err)
		}
	}
}

// converse asks and hands each line of the answer to take, until that has enough.
func (l *link) converse(ctx context.Context, q question, take func(said) bool) error {
	c, err := l.place.Connect(ctx, l.hello)
	if errors.Is(err, attach.ErrNoDaemon) {
		return errDaemonGone
	}
	if err != nil {
		return err
	}
	defer c.Close()                                        //nolint:errcheck // everything was said
	unhook := context.AfterFunc(ctx, func() { c.Close() }) //nolint:errcheck // it only wakes the reader below
	defer unhook()
	err = json.NewEncoder(c).Encode(q)
	answers := json.NewDecoder(c)
	for err == nil {
		var s said
		if err = answers.Decode(&s); err != nil {
			break
		}
		if s.Error != nil {
			return s.Error.err()
		}
		if s.End || !take(s) {
			return nil
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("%w (%w)", errDaemonGone, err)
}

// one asks and gives the one line that counts.
func (l *link) one(ctx context.Context, q question) (answer said, err error) {
	err = l.converse(ctx, q, func(s said) bool { answer = s; return true })
	return answer, err
}

// Do submits a command, as Conductor.Do.
func (l *link) Do(ctx context.Context, cmd engine.Command) error {
	name, order, err := encodeOrder(cmd)
	if err != nil {
		return err
	}
	_, err = l.one(ctx, question{Ask: askDo, Name: name, Order: order})
	return err
}

// Now is the daemon's newest snapshot.
func (l *link) Now(ctx context.Context) (*engine.Snapshot, error) {
	state, err := engine.Load(ctx, l)
	if err != nil {
		return nil, err
	}
	return state.Freeze(), nil
}

// Follow yields the journal after a Seq and goes on with what happens, as Conductor.Events.
func (l *link) Follow(ctx context.Context, after uint64) iter.Seq2[engine.Event, error] {
	return l.events(ctx, question{Ask: askEvents, After: after, Follow: true})
}

// Events implements engine.Journal.
func (l *link) Events(ctx context.Context, after uint64) iter.Seq2[engine.Event, error] {
	return l.events(ctx, question{Ask: askEvents, After: after})
}

func (l *link) events(ctx context.Context, q question) iter.Seq2[engine.Event, error] {
	return func(yield func(engine.Event, error) bool) {
		for s, err := range l.stream(ctx, q) {
			var e engine.Event
			if s.Event != nil {
				e = *s.Event
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// Quiet waits until a track stands still, as Conductor.Quiet.
func (l *link) Quiet(ctx context.Context, track engine.TrackID) error {
	_, err := l.one(ctx, question{Ask: askQuiet, Track: track})
	return err
}

// Editors counts the editors that are attached to the daemon.
func (l *link) Editors(ctx context.Context) (int, error) {
	s, err := l.one(ctx, question{Ask: askEditors})
	return s.Count, err
}

// Waits reports whether an approval waits for an answer.
func (l *link) Waits(ctx context.Context, id engine.ApprovalID) (bool, error) {
	s, err := l.one(ctx, question{Ask: askWaits, Name: string(id)})
	return s.Count > 0, err
}

// LoadSnapshot implements engine.Journal.
func (l *link) LoadSnapshot(ctx context.Context) (uint64, []byte, error) {
	s, err := l.one(ctx, question{Ask: askSnapshot})
	return s.Seq, s.Data, err
}

// Blob implements engine.Blobs.
func (l *link) Blob(ctx context.Context, name string) ([]byte, error) {
	s, err := l.one(ctx, question{Ask: askBlob, Name: name})
	return s.Data, err
}

// PutBlob implements engine.Blobs.
func (l *link) PutBlob(ctx context.Context, name string, data []byte) error {
	_, err := l.one(ctx, question{Ask: askPut, Name: name, Data: data})
	return err
}

// Export writes the whole store as JSON lines.
func (l *link) Export(ctx context.Context, w io.Writer) error {
	for s, err := range l.stream(ctx, question{Ask: askExport}) {
		if err != nil {
			return err
		}
		if _, err := io.Copy(w, bytes.NewReader(s.Data)); err != nil {
			return fmt.Errorf("writing the export: %w", err)
		}
	}
	return nil
}

// errNotByLink refuses what only the Conductor does.
var errNotByLink = errors.New("only the daemon writes its journal")

// Append implements engine.Journal. It refuses.
func (l *link) Append(context.Context, []engine.Event) error { return errNotByLink }

// SaveSnapshot implements engine.Journal. It refuses.
func (l *link) SaveSnapshot(context.Context, uint64, []byte) error { return errNotByLink }

// Close ends nothing: no connection outlives its question.
func (l *link) Close() error { return nil }
