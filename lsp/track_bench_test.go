package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml/parser"
	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/traits"
)

// longTrack is a track document of n tickets, each with all that tickets usually have.
func longTrack(n int) string {
	var b strings.Builder
	b.WriteString("title: Large\ngoal: |\n  To be large.\ntickets:\n")
	for i := range n {
		fmt.Fprintf(&b, `  - id: T%d
    description: Give the lexer positions, step %d
    target_file: parser/lex%d.go
    target_symbols: [Lexer.Next, Token]
    context_requirements: [parser/token.go]
    writes: [parser/*.go]         # what else it will change
    depends_on: [T%d]
    priority: high
    verify: go test ./parser
`, i+1, i, i, max(1, i))
	}
	return strings.Replace(b.String(), "depends_on: [T1]", "depends_on: []", 1) // the first has none
}

// noFiles is a workspace in which every file exists and declares what the track names.
type noFiles struct{}

func (noFiles) Read(_ context.Context, path string) (engine.File, error) {
	return engine.File{Path: path, Data: []byte("package parser\n")}, nil
}

func (noFiles) List(context.Context, string, bool) ([]engine.Entry, error) { return nil, nil }

func (noFiles) Outline(context.Context, string, []byte) (engine.Outline, error) {
	return engine.Outline{Symbols: []engine.Symbol{{Name: "Next", Path: "Lexer.Next"}, {Name: "Token", Path: "Token"}}}, nil
}

func (noFiles) View(context.Context, engine.Files, engine.ViewRequest) (engine.View, error) {
	return engine.View{}, nil
}

// quietEngine has an empty state and takes no commands.
type quietEngine struct{ snap *engine.Snapshot }

func (e quietEngine) Do(context.Context, engine.Command) error { return nil }
func (e quietEngine) Snapshot() *engine.Snapshot               { return e.snap }
func (e quietEngine) Streams() map[engine.Run]*engine.Stream   { return nil }
func (e quietEngine) Events(context.Context, uint64) iter.Seq2[engine.Event, error] {
	return func(func(engine.Event, error) bool) {}
}

func (e quietEngine) Wait(ctx context.Context, _ uint64) (*engine.Snapshot, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// bareChecker is a session's checker whose client reads and forgets.
func bareChecker(b testing.TB) *checker {
	b.Helper()
	h := NewHub(Options{Root: "/w", Disk: noFiles{}, Viewer: noFiles{}})
	h.Use(quietEngine{engine.NewState().Freeze()})
	s := newSession(h)
	s.engine = h.engine
	ours, theirs := net.Pipe()
	go io.Copy(io.Discard, theirs) //nolint:errcheck // it ends with the pipe
	b.Cleanup(func() { ours.Close(); theirs.Close() })
	s.conn, _ = rpc.New(context.Background(), ours, s, h.opts.Log, nil)
	return newChecker(s)
}

// openTrack is an editor with one track document open.
func openTrack(b testing.TB, content string) *document.Set {
	b.Helper()
	docs, err := document.None(text.UTF16, document.RootAt("/w")).Opened(protocol.TextDocumentItem{URI: benchURI, Text: content})
	if err != nil {
		b.Fatal(err)
	}
	return docs
}

// parseTime is the fastest of some bare parses by the YAML library.
func parseTime(b *testing.B, src string) time.Duration {
	b.Helper()
	best := time.Duration(math.MaxInt64)
	for range 3 {
		runtime.GC()
		start := time.Now()
		if _, err := parser.ParseBytes([]byte(src), 0); err != nil {
			b.Fatal(err)
		}
		best = min(best, time.Since(start))
	}
	return best
}

const benchURI = "file:///w/a.track.yaml"

// BenchmarkTrackDiagnostics types within a track document of 10,000 tickets, from the bytes of didChange to the
// diagnostics on the wire, as a ratio to a bare parse of the file by the YAML library in the same run: below 0.2 and
// 50 ms after a change inside one ticket, below 1.5 for the whole file. "wrong" has 1,000 problems elsewhere, which are
// sent again each time because they move.
func BenchmarkTrackDiagnostics(b *testing.B) {
	src := longTrack(10_000)
	bare := parseTime(b, src)
	for _, c := range []struct{ name, src, at, types string }{
		{"text", src, "step 5000", "s"},
		{"id", src, "id: T5000", "9"},
		{"open quote", src, `Give the lexer positions, step 5000`, `"`},
		{"wrong", strings.Replace(src, "priority: high", "priority: hihg", 1000), "step 0", "s\n      more"},
	} {
		b.Run(c.name, func(b *testing.B) {
			check, docs := bareChecker(b), openTrack(b, c.src)
			check.turn(b.Context(), docs)
			check.explore(b.Context(), docs, nil)
			line := strings.Count(c.src[:strings.Index(c.src, c.at)], "\n")
			column := strings.Index(c.src, c.at) - strings.LastIndex(c.src[:strings.Index(c.src, c.at)], "\n") - 1
			types, _ := json.Marshal(c.types)
			change := json.RawMessage(fmt.Sprintf(`{"textDocument":{"uri":%q,"version":2},"contentChanges":[{"range":
				{"start":{"line":%d,"character":%d},"end":{"line":%d,"character":%d}},"text":%s}]}`, benchURI, line, column, line, column, types))
			var sum, worst time.Duration
			runtime.GC()
			for b.Loop() {
				start := time.Now()
				next, err := document.DidChange(docs, change)
				if err != nil {
					b.Fatal(err)
				}
				check.turn(b.Context(), next)
				took := time.Since(start)
				sum, worst = sum+took, max(worst, took)
			}
			mean := float64(sum) / float64(b.N)
			b.ReportMetric(mean/float64(bare), "ratio-to-bare-parser")
			b.ReportMetric(mean/float64(time.Millisecond), "ms/change")
			b.ReportMetric(float64(worst)/float64(time.Millisecond), "worst-ms")
		})
	}
	b.Run("whole", func(b *testing.B) {
		best := time.Duration(math.MaxInt64)
		for b.Loop() {
			check := bareChecker(b)
			runtime.GC()
			start := time.Now()
			check.turn(b.Context(), openTrack(b, src))
			best = min(best, time.Since(start))
		}
		b.ReportMetric(float64(best)/float64(bare), "ratio-to-bare-parser")
	})
}

// BenchmarkTrackRequests asks about a document of 10,000 tickets, at a ticket in its middle: each answer is to take
// far less than 50 ms.
func BenchmarkTrackRequests(b *testing.B) {
	check, docs := bareChecker(b), openTrack(b, longTrack(10_000))
	d := docs.Get(benchURI)
	d.Track()
	line := strings.Count(d.Text()[:strings.Index(d.Text(), "id: T5000")], "\n")
	at := fmt.Sprintf(`{"line":%d,"character":11}`, line)
	for method, extra := range map[string]string{
		protocol.MethodTextDocumentHover:          `,"position":` + at,
		protocol.MethodTextDocumentCompletion:     `,"position":` + at,
		protocol.MethodTextDocumentReferences:     `,"position":` + at + `,"context":{"includeDeclaration":true}`,
		protocol.MethodTextDocumentCodeAction:     `,"range":{"start":` + at + `,"end":` + at + `},"context":{"diagnostics":[]}`,
		protocol.MethodTextDocumentInlayHint:      fmt.Sprintf(`,"range":{"start":%s,"end":{"line":%d,"character":0}}`, at, line+60),
		protocol.MethodTextDocumentCodeLens:       ``,
		protocol.MethodTextDocumentDocumentSymbol: ``,
		protocol.MethodTextDocumentFoldingRange:   ``,
	} {
		b.Run(strings.TrimPrefix(method, "textDocument/"), func(b *testing.B) {
			params := json.RawMessage(fmt.Sprintf(`{"textDocument":{"uri":%q}%s}`, benchURI, extra))
			for b.Loop() {
				w, err := requests[method](view{docs: docs, traits: &traits.Client{}}, params)
				if err != nil {
					b.Fatal(err)
				}
				result, err := w(b.Context(), check.s)
				if err == nil {
					_, err = rpc.Marshal(result)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
