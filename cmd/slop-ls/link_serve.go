package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/slop-ls/slop-ls/engine"
)

// answer answers the one question of a subcommand. It returns when that is done, has left, or ctx ends.
func (h *house) answer(ctx context.Context, conn io.ReadWriteCloser, who lender) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	unhook := context.AfterFunc(ctx, func() { conn.Close() }) //nolint:errcheck // it only wakes the reader below
	defer unhook()
	var q question
	asked := json.NewDecoder(conn)
	if err := asked.Decode(&q); err != nil {
		return ignoreEOF(err) // it only looked whether somebody is there
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		io.Copy(io.Discard, conn) //nolint:errcheck // it says nothing more: what ends here is the connection
		cancel()
	}()
	out := json.NewEncoder(conn)
	out.SetEscapeHTML(false)
	last := said{End: true}
	err := h.reply(ctx, q, who, func(s said) error { return out.Encode(s) })
	if err != nil {
		last.Error = refusalOf(err)
	}
	if ctx.Err() == nil && !errors.Is(err, engine.ErrStopped) { // a daemon that ends just goes: that is what its client knows
		err = out.Encode(last)
	}
	conn.Close() //nolint:errcheck // it only ends the reader
	<-gone
	return err
}

func ignoreEOF(err error) error {
	if err == io.EOF { //nolint:errorlint // the decoder gives it as it is
		return nil
	}
	return fmt.Errorf("reading a question: %w", err)
}

// reply says what was asked for.
func (h *house) reply(ctx context.Context, q question, who lender, say func(said) error) error {
	switch q.Ask {
	case askSnapshot:
		snap := h.conductor.Snapshot()
		data, err := snap.Encode()
		if err != nil {
			return err
		}
		return say(said{Seq: snap.Seq(), Data: data})
	case askEvents:
		return h.replyEvents(ctx, q, say)
	case askBlob:
		data, err := h.store.Blob(ctx, q.Name)
		if err != nil {
			return err
		}
		return say(said{Data: data})
	case askPut:
		return h.store.PutBlob(ctx, q.Name, q.Data)
	case askDo:
		cmd, err := decodeOrder(q.Name, q.Order)
		if err != nil {
			return err
		}
		return who.Do(ctx, cmd)
	case askQuiet:
		return h.conductor.Quiet(ctx, q.Track)
	case askExport:
		return h.store.Export(ctx, sayWriter(say))
	case askEditors:
		return say(said{Count: h.hub.Sessions()})
	case askRead:
		f, err := h.hub.Files().Read(ctx, q.Name)
		if err != nil {
			return err
		}
		return say(said{Data: f.Data, Count: 1})
	case askUndo:
		return h.replyUndo(ctx, q, who, say)
	case askWaits:
		if !waits(h.conductor.Snapshot(), engine.ApprovalID(q.Name)) {
			return nil
		}
		return say(said{Count: 1})
	}
	return fmt.Errorf("there is no question %q", q.Ask)
}

// replyEvents says the journal after a Seq up to what everybody may see now, and where it is followed goes on.
func (h *house) replyEvents(ctx context.Context, q question, say func(said) error) error {
	last := h.conductor.Snapshot().Seq()
	events := h.conductor.Events(ctx, q.After)
	if !q.Follow {
		if q.After >= last {
			return nil
		}
		events = h.store.Events(ctx, q.After)
	}
	for e, err := range events {
		if err != nil {
			return err
		}
		if !q.Follow && e.Seq > last {
			return nil
		}
		if err := say(said{Event: &e}); err != nil {
			return err
		}
	}
	return nil
}

// sayWriter makes what is written lines of an answer.
type sayWriter func(said) error

func (w sayWriter) Write(p []byte) (int, error) {
	if err := w(said{Data: p}); err != nil {
		return 0, err
	}
	return len(p), nil
}

var _ engine.Journal = (*link)(nil)
