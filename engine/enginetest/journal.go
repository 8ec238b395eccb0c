// Package enginetest holds fakes of the engine's ports, and for each port the conformance suite that the fake and the
// real adapter both pass, so that a fake tells the truth. Only tests import it.
package enginetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/slop-ls/slop-ls/engine"
)

var (
	_ engine.Journal = (*Journal)(nil)
	_ engine.Blobs   = (*Blobs)(nil)
)

// Journal is an engine.Journal in memory. It passes JournalConformance, as the store does. Bodies of events are kept
// as they are, so a caller must not change one after Append; nobody in the engine does.
type Journal struct {
	mu      sync.Mutex
	events  []engine.Event
	seq     uint64 // of the snapshot
	data    []byte
	failing error
	passing int // so many more calls of Append go well before failing counts
}

// NewJournal makes an empty journal.
func NewJournal() *Journal { return &Journal{} }

// FailAppend makes every later Append store nothing and return err; nil mends it.
func (j *Journal) FailAppend(err error) { j.FailAppendAfter(0, err) }

// FailAppendAfter is FailAppend from the n-th next call on, counted from 0.
func (j *Journal) FailAppendAfter(n int, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.failing, j.passing = err, n
}

// Append implements engine.Journal.
func (j *Journal) Append(ctx context.Context, events []engine.Event) error {
	if err := ctx.Err(); err != nil || len(events) == 0 {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failing != nil {
		if j.passing <= 0 {
			return j.failing
		}
		j.passing--
	}
	for i := range events {
		if last := uint64(len(j.events) + i); events[i].Seq != last+1 {
			return fmt.Errorf("%w: %d comes after %d", engine.ErrJournalGap, events[i].Seq, last)
		}
		if events[i].Body == nil {
			return fmt.Errorf("event %d has no body", events[i].Seq)
		}
	}
	j.events = append(j.events, events...)
	return nil
}

// Events implements engine.Journal. What is appended later leaves the part that it walks alone.
func (j *Journal) Events(ctx context.Context, after uint64) iter.Seq2[engine.Event, error] {
	events := j.All()
	return func(yield func(engine.Event, error) bool) {
		for i := after; i < uint64(len(events)); i++ {
			if err := ctx.Err(); err != nil {
				yield(engine.Event{}, err)
				return
			}
			if !yield(events[i], nil) {
				return
			}
		}
	}
}

// All is what is stored by now. The slice must not be changed.
func (j *Journal) All() []engine.Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.events[:len(j.events):len(j.events)]
}

// SaveSnapshot implements engine.Journal.
func (j *Journal) SaveSnapshot(ctx context.Context, seq uint64, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if last := uint64(len(j.events)); seq > last {
		return fmt.Errorf("a snapshot at %d is past the last event, %d", seq, last)
	}
	j.seq, j.data = seq, bytes.Clone(data)
	return nil
}

// LoadSnapshot implements engine.Journal.
func (j *Journal) LoadSnapshot(ctx context.Context) (uint64, []byte, error) {
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.seq, bytes.Clone(j.data), nil
}

// Blobs is an engine.Blobs in memory, without retention. It passes BlobsConformance, as the store does.
type Blobs struct {
	mu      sync.Mutex
	blobs   map[string][]byte
	failing error
}

// NewBlobs makes an empty one.
func NewBlobs() *Blobs { return &Blobs{blobs: map[string][]byte{}} }

// FailPut makes every later PutBlob store nothing and return err; nil mends it.
func (b *Blobs) FailPut(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failing = err
}

// PutBlob implements engine.Blobs.
func (b *Blobs) PutBlob(ctx context.Context, name string, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if name == "" {
		return errors.New("a blob needs a name")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failing != nil {
		return b.failing
	}
	b.blobs[name] = append([]byte{}, data...)
	return nil
}

// Blob implements engine.Blobs.
func (b *Blobs) Blob(ctx context.Context, name string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	data, ok := b.blobs[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, engine.ErrNoBlob)
	}
	return bytes.Clone(data), nil
}
