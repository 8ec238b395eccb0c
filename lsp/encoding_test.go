package lsp_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// Lines end in both ways, and before everything that is asked about stand characters of one, two, three and four bytes.
const encodedTrack = "title: é𝄞\r\ntickets:\r\n" +
	"  - {description: \"𝄞 é 漢\", id: ab, target_file: a.go}\r\n" +
	"  - {description: \"𝄞𝄞\", id: second, depends_on: [ab, nope]}\n"

const encodedSource = "package a\r\n\r\nfunc Plain() {\r\n\tprintln(\"𝄞é\") // 漢\r\n}\r\n"

// Every place that goes in or out counts in the encoding that was settled.
func TestPositionEncodings(t *testing.T) {
	t.Parallel()
	for _, enc := range []text.Encoding{text.UTF8, text.UTF16, text.UTF32} {
		t.Run(string(enc), func(t *testing.T) {
			t.Parallel()
			modes(t, sample, func(t *testing.T, d *daemon) { testEncoding(t, d, enc) })
		})
	}
}

func testEncoding(t *testing.T, d *daemon, enc text.Encoding) {
	const track = "odd.track.yaml"
	e := d.open(lsptest.WithConfig(func(cfg *client.Config) { cfg.Encodings = []text.Encoding{enc} }))
	if e.Encoding() != enc {
		t.Fatalf("%s was settled", e.Encoding())
	}
	must(t, e.OpenText(t.Context(), track, encodedTrack))
	must(t, e.OpenText(t.Context(), "odd.go", encodedSource))
	index := text.NewIndex([]byte(encodedTrack))
	slice := func(r protocol.Range) string {
		place := func(p protocol.Position) text.Position {
			return text.Position{Line: int(p.Line), Column: int(p.Character)}
		}
		return index.Slice(index.Span(place(r.Start), place(r.End), enc))
	}

	e.Await(lsptest.DiagnosticCount(string(e.URI(track)), 1))
	if got := slice(e.Seen().Diagnostics[string(e.URI(track))][0].Range); got != "nope" {
		t.Errorf("the diagnostic is at %q", got)
	}
	ask := func(method, find string, into any) {
		t.Helper()
		p := at(t, e, track, find)
		params := fmt.Sprintf(`{"textDocument":{"uri":%q},"position":{"line":%d,"character":%d},"context":{"includeDeclaration":true}}`,
			e.URI(track), p.Line, p.Character)
		var answer json.RawMessage
		must(t, e.Call(t.Context(), method, json.RawMessage(params), &answer))
		if err := json.Unmarshal(answer, into); err != nil {
			t.Errorf("%s: %s: %v", method, answer, err)
		}
	}
	var places []protocol.Location
	ask(protocol.MethodTextDocumentReferences, "b, nope", &places)
	var named []string
	for _, l := range places {
		named = append(named, slice(l.Range))
	}
	if !slices.Equal(named, []string{"ab", "ab"}) {
		t.Errorf("references at %q", named)
	}
	var hover struct{ Range protocol.Range }
	ask(protocol.MethodTextDocumentHover, "second", &hover)
	if got := slice(hover.Range); !strings.Contains(got, "second") || strings.Contains(got, "\n") {
		t.Errorf("the hover is about %q", got)
	}
	if got := actions(t, e, "odd.go", "// 漢"); !slices.Contains(got, "Run ticket on this symbol") {
		t.Errorf("code actions: %v", got)
	}

	// The text stays the same on both sides, whatever is typed where.
	for i, edit := range []text.Edit{
		{Span: span(encodedSource, "𝄞é"), New: "é𝄞𝄞"}, {Span: span(encodedSource, "\r\n\tprintln"), New: "\n\r\n\tprintln"}, {Span: span(encodedSource, "漢"), New: ""},
	} {
		must(t, e.SetText(t.Context(), "odd.go", encodedSource))
		must(t, e.Edit(t.Context(), "odd.go", edit))
		want, _, _ := e.Text("odd.go")
		var status wire.Status
		must(t, e.Command(t.Context(), wire.StatusShow, nil, &status)) // the edit has been read
		got, err := d.Read(t.Context(), "odd.go")
		if err != nil || string(got.Data) != want {
			t.Errorf("edit %d: the server has %q, the editor %q (%v)", i, got.Data, want, err)
		}
	}
}

func span(s, part string) text.Span {
	i := strings.Index(s, part)
	return text.Span{Start: i, End: i + len(part)}
}
