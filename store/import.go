package store

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"go.etcd.io/bbolt"

	"github.com/slop-ls/slop-ls/engine"
)

// longestLine bounds a line of an import: a blob of MaxBlob in base64, and room.
const longestLine = MaxBlob/3*4 + 1<<20

// ImportError says which line of an import was refused. Nothing was imported.
type ImportError struct {
	Line int // from 1
	Err  error
}

func (e *ImportError) Error() string {
	return fmt.Sprintf("line %d of the import: %v; nothing was imported", e.Line, e.Err)
}

// Unwrap gives the cause.
func (e *ImportError) Unwrap() error { return e.Err }

// Import reads what Export wrote into an empty store, all or nothing: one transaction, so memory must hold it. The
// retention setting applies. Errors: ErrNotEmpty, *ImportError, ctx's, ErrReadOnly, ErrClosed, *FailedError.
func (s *Store) Import(ctx context.Context, r io.Reader) error {
	in := importer{store: s, r: bufio.NewReaderSize(r, 1<<16)}
	return s.update(func(tx *bbolt.Tx) error {
		if !isEmpty(tx) {
			return ErrNotEmpty
		}
		for !in.done {
			if err := ctx.Err(); err != nil {
				return err
			}
			in.line++
			if err := in.next(tx); err != nil {
				return &ImportError{Line: in.line, Err: err}
			}
		}
		s.opts.Failpoint("mid-import")
		return nil
	})
}

func isEmpty(tx *bbolt.Tx) bool {
	for _, name := range [][]byte{bucketEvents, bucketBlobs} {
		if key, _ := tx.Bucket(name).Cursor().First(); key != nil {
			return false
		}
	}
	return true
}

type importer struct {
	store         *Store
	r             *bufio.Reader
	line          int
	events, blobs uint64
	done          bool // the last line was read
}

// next reads one line and stores what it says.
func (in *importer) next(tx *bbolt.Tx) error {
	text, err := readLine(in.r)
	if errors.Is(err, io.EOF) {
		return errors.New("the end is missing: the file was cut off; export it again")
	}
	if err != nil {
		return err
	}
	var l exportLine
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&l); err != nil {
		return fmt.Errorf("is not a line of an export: %w", err)
	}
	if dec.InputOffset() != int64(len(text)) {
		return errors.New("is not a line of an export: there is more than one value in it")
	}
	if (in.line == 1) != (l.Type == lineHeader) {
		return fmt.Errorf("the first line, and only that, must be the header of a %s", exportFormat)
	}
	return in.take(tx, l)
}

func (in *importer) take(tx *bbolt.Tx, l exportLine) error {
	switch l.Type {
	case lineHeader:
		return checkExportHeader(l)
	case lineEvent:
		return in.event(tx, l)
	case lineBlob:
		return in.blob(tx, l)
	case lineEnd:
		return in.end(l)
	}
	return fmt.Errorf("unknown type of line %q", l.Type)
}

func checkExportHeader(l exportLine) error {
	if l.Format != exportFormat {
		return fmt.Errorf("the format is %q and must be %q", l.Format, exportFormat)
	}
	if l.Version != exportVersion {
		return fmt.Errorf("the export has version %d and this slop-ls reads %d: use the slop-ls that wrote it",
			l.Version, exportVersion)
	}
	return nil
}

func (in *importer) event(tx *bbolt.Tx, l exportLine) error {
	var e engine.Event
	if err := e.UnmarshalJSON(l.Event); err != nil {
		return err
	}
	values, err := sealEvents([]engine.Event{e})
	if err != nil {
		return err
	}
	in.events++
	return putEvents(tx.Bucket(bucketEvents), e.Seq, values)
}

func (in *importer) blob(tx *bbolt.Tx, l exportLine) error {
	if err := checkBlob(l.Name, len(l.Data)); err != nil {
		return err
	}
	if tx.Bucket(bucketBlobs).Get([]byte(l.Name)) != nil {
		return fmt.Errorf("the blob %s comes twice", l.Name)
	}
	at := in.store.opts.Now()
	if l.At != nil {
		at = *l.At
	}
	in.blobs++
	return in.store.putBlob(tx, l.Name, newObject(l.Data, at), l.Data)
}

// end checks the counts and that nothing follows.
func (in *importer) end(l exportLine) error {
	if l.Events != in.events || l.Blobs != in.blobs {
		return fmt.Errorf("%d events and %d blobs were announced, %d and %d came: the file is not whole",
			l.Events, l.Blobs, in.events, in.blobs)
	}
	if _, err := in.r.ReadByte(); err != io.EOF {
		return errors.New("something follows the last line")
	}
	in.done = true
	return nil
}

// readLine gives a line without its end. The slice is valid until the next call. A last line without an end was cut.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return bytes.TrimRight(line, "\r\n"), nil
		case err == io.EOF && len(line) > 0:
			return nil, errors.New("the line was cut off; export it again")
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(line) > longestLine:
			return nil, errors.New("the line is too long")
		}
	}
}
