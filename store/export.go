package store

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"go.etcd.io/bbolt"

	"github.com/slop-ls/slop-ls/engine"
)

// The form of an export: JSON lines. The first is a header, the last counts what lies between, so that a cut is
// noticed wherever it falls; between them the events in order, then the blobs, transcripts last and oldest first.
const (
	exportFormat  = "slop-ls export"
	exportVersion = 1

	lineHeader = "header"
	lineEvent  = "event"
	lineBlob   = "blob"
	lineEnd    = "end"
)

// exportLine is any line; which fields are set depends on Type.
type exportLine struct {
	Type    string          `json:"type"`
	Format  string          `json:"format,omitempty"`
	Version int             `json:"version,omitempty"`
	Created *time.Time      `json:"created,omitempty"` // of the header: when the export was made
	Build   string          `json:"build,omitempty"`
	Event   json.RawMessage `json:"event,omitempty"`
	Name    string          `json:"name,omitempty"`
	At      *time.Time      `json:"at,omitempty"` // of a blob: when it was stored
	Data    []byte          `json:"data,omitempty"`
	Events  uint64          `json:"events,omitempty"`
	Blobs   uint64          `json:"blobs,omitempty"`
}

// Export writes the whole store to w as JSON lines that Import reads. Snapshots are left out: they are a cache. It
// holds no transaction while it writes; what is appended meanwhile is not in it. Errors: those of w, ctx's,
// *DamagedError, ErrClosed; what was written by then is not an export.
func (s *Store) Export(ctx context.Context, w io.Writer) error {
	out := bufio.NewWriter(w)
	e := exporter{store: s, enc: json.NewEncoder(out)}
	e.enc.SetEscapeHTML(false)
	if err := e.run(ctx); err != nil {
		return fmt.Errorf("exporting the store: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("exporting the store: %w", err)
	}
	return nil
}

type exporter struct {
	store *Store
	enc   *json.Encoder
	count exportLine // the last line
}

func (e *exporter) run(ctx context.Context) error {
	now := e.store.opts.Now().UTC()
	err := e.enc.Encode(exportLine{
		Type: lineHeader, Format: exportFormat, Version: exportVersion, Created: &now, Build: e.store.opts.Build,
	})
	if err != nil {
		return err
	}
	if err := e.events(ctx); err != nil {
		return err
	}
	names, err := e.store.blobNames()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := e.blob(ctx, name); err != nil {
			return err
		}
	}
	e.count.Type = lineEnd
	return e.enc.Encode(e.count)
}

// events writes the stored form as it is, so that an export needs no knowledge of the kinds.
func (e *exporter) events(ctx context.Context) error {
	last, err := e.store.LastSeq()
	if err != nil {
		return err
	}
	for e.count.Events < last {
		if err := ctx.Err(); err != nil {
			return err
		}
		page, err := e.store.readPage(e.count.Events+1, last)
		if err != nil {
			return err
		}
		for _, data := range page {
			if err := e.enc.Encode(exportLine{Type: lineEvent, Event: data}); err != nil {
				return err
			}
			e.count.Events++
		}
	}
	return nil
}

func (e *exporter) blob(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o, data, err := e.store.blob(name)
	if errors.Is(err, engine.ErrNoBlob) {
		return nil // dropped since the names were read
	}
	if err != nil {
		return err
	}
	e.count.Blobs++
	return e.enc.Encode(exportLine{Type: lineBlob, Name: name, At: &o.At, Data: data})
}

// blobNames lists all blobs: transcripts last, in the order in which they would be dropped.
func (s *Store) blobNames() (names []string, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketBlobs).Cursor()
		for key, _ := c.First(); key != nil; key, _ = c.Next() {
			if _, isTranscript := parseTranscript(string(key)); !isTranscript {
				names = append(names, string(key))
			}
		}
		c = tx.Bucket(bucketTranscripts).Cursor()
		for key, value := c.First(); key != nil; key, value = c.Next() {
			name, err := unseal(bucketTranscripts, key, value)
			if err != nil {
				return s.damaged("the list of transcripts", err)
			}
			names = append(names, string(name))
		}
		return nil
	})
	return names, err
}
