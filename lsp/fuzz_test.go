package lsp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/lsp"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
)

// still is an engine in which nothing happens.
type still struct{ snap *engine.Snapshot }

func (s still) Do(context.Context, engine.Command) error { return errors.New("nothing happens here") }
func (s still) Snapshot() *engine.Snapshot               { return s.snap }
func (s still) Wait(ctx context.Context, _ uint64) (*engine.Snapshot, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (s still) Streams() map[engine.Run]*engine.Stream { return nil }

func (s still) Events(ctx context.Context, _ uint64) iter.Seq2[engine.Event, error] {
	return func(yield func(engine.Event, error) bool) {
		<-ctx.Done()
		yield(engine.Event{}, ctx.Err())
	}
}

// replay is a connection whose reader gets the given bytes and then the end.
type replay struct{ io.Reader }

func (r replay) Write(p []byte) (int, error) { return len(p), nil }
func (r replay) Close() error                { return nil }

func frames(messages ...string) []byte {
	var b bytes.Buffer
	for _, m := range messages {
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(m), m)
	}
	return b.Bytes()
}

const hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{}}}`

// FuzzServe feeds a session with bytes: whatever they are, Serve returns and nothing panics.
func FuzzServe(f *testing.F) {
	ready := `{"jsonrpc":"2.0","method":"initialized","params":{}}`
	open := `{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///w/a.track.yaml","languageId":"yaml","version":1,"text":"tickets:\n"}}}`
	f.Add(frames(hello, ready, open))
	f.Add(frames(hello, ready, open, `{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///w/a.track.yaml","version":2},"contentChanges":[{"range":{"start":{"line":0,"character":1},"end":{"line":9,"character":0}},"text":"é"}]}}`,
		`{"jsonrpc":"2.0","id":2,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"file:///w/a.track.yaml"},"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"context":{"diagnostics":[]}}}`,
		`{"jsonrpc":"2.0","id":3,"method":"workspace/executeCommand","params":{"command":"slop.status","arguments":[{}]}}`,
		`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":3}}`, `{"jsonrpc":"2.0","id":4,"method":"shutdown"}`, `{"jsonrpc":"2.0","method":"exit"}`))
	f.Add(frames(hello, `[]`, `[{"jsonrpc":"2.0","id":1,"method":"x"}]`, `null`, `{"jsonrpc":"2.0","id":1,"result":1}`))
	f.Add([]byte("Content-Length: 5\r\n\r\n{}"))
	f.Add([]byte("Content-Length: 99999999999999999999\r\n\r\n{}"))
	f.Add([]byte("\r\n\r\nContent-Length: -1\r\nx\r\n\r\n"))
	f.Fuzz(func(t *testing.T, input []byte) {
		hub := lsp.NewHub(lsp.Options{
			Root: "/w", Disk: enginetest.NewFiles(nil), Applier: enginetest.NewFiles(nil), Blobs: enginetest.NewBlobs(),
			Viewer: lsptest.GoViewer{}, ReviewDir: t.TempDir(), Log: slog.New(failOnPanic{slog.DiscardHandler, t}),
		})
		hub.Use(still{engine.NewState().Freeze()})
		ctx, cancel := context.WithTimeout(t.Context(), lsptest.Patience)
		defer cancel()
		err := hub.Serve(ctx, replay{Reader: bytes.NewReader(input)})
		if ctx.Err() != nil {
			t.Fatalf("Serve did not return by itself (%v)", err)
		}
		if hub.Sessions() != 0 {
			t.Error("the session is still attached")
		}
	})
}

// failOnPanic fails a test when the server logs that a handler panicked.
type failOnPanic struct {
	slog.Handler
	t *testing.T
}

func (h failOnPanic) Enabled(context.Context, slog.Level) bool { return true }

func (h failOnPanic) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "a handler panicked" {
		r.Attrs(func(a slog.Attr) bool { h.t.Logf("%s: %v", a.Key, a.Value); return true })
		h.t.Error(r.Message)
	}
	return nil
}
