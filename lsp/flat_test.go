package lsp_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/leaftest"
	"github.com/slop-ls/slop-ls/lsp"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
)

// TestSessionsLeaveNothing attaches one editor after the other to one daemon, whole ones and broken ones: what a
// session held goes with it. Not parallel.
func TestSessionsLeaveNothing(t *testing.T) {
	hub := lsp.NewHub(lsp.Options{
		Root: "/w", Disk: enginetest.NewFiles(nil), Applier: enginetest.NewFiles(nil), Blobs: enginetest.NewBlobs(),
		Viewer: lsptest.GoViewer{}, ReviewDir: t.TempDir(), Log: slog.New(failOnPanic{slog.DiscardHandler, t}),
	})
	hub.Use(still{engine.NewState().Freeze()})
	visit := []string{
		hello, `{"jsonrpc":"2.0","method":"initialized","params":{}}`,
		`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///w/a.track.yaml","languageId":"yaml","version":1,"text":"tickets:\n"}}}`,
	}
	for version := 2; version < 12; version++ {
		visit = append(visit, fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///w/a.track.yaml","version":%d},`+
			`"contentChanges":[{"range":{"start":{"line":1,"character":0},"end":{"line":1,"character":0}},"text":"# é\n"}]}}`, version))
	}
	visit = append(visit, `{"jsonrpc":"2.0","id":2,"method":"workspace/executeCommand","params":{"command":"slop.status","arguments":[{}]}}`,
		`{"jsonrpc":"2.0","id":3,"method":"nothing/known","params":[1,2]}`)
	whole := frames(append(visit, `{"jsonrpc":"2.0","id":4,"method":"shutdown"}`, `{"jsonrpc":"2.0","method":"exit"}`)...)
	for name, input := range map[string][]byte{
		"ends in order": whole, "goes away": frames(visit...), "breaks off": whole[:len(whole)-100], "no frames": []byte("Content-Length: 5\r\n\r\n{}{}{}"),
	} {
		t.Run(name, func(t *testing.T) {
			leaftest.Flat(t, 100, func() {
				_ = hub.Serve(t.Context(), replay{Reader: bytes.NewReader(input)})
				if hub.Sessions() != 0 {
					t.Fatal("the session is still attached")
				}
			})
		})
	}
}
