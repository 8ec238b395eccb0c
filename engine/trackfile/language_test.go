package trackfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func goodSources(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, file := range documents(t, "good") {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[file] = string(src)
	}
	return out
}

// TestReferences shows, for each mark, where the id at it is defined and where it stands.
func TestReferences(t *testing.T) {
	t.Parallel()
	archives(t, "references", func(_ *testing.T, name, marked string) string {
		src, offsets := cursors(marked)
		d := Parse(name, []byte(src))
		var b strings.Builder
		for _, at := range offsets {
			line, col := d.Position(at)
			fmt.Fprintf(&b, "%d:%d", line, col)
			id, span, ok := IDAt(d, at)
			if ok {
				fmt.Fprintf(&b, " %q", d.Source[span.Start:span.End])
			}
			if def, ok := DefinitionAt(d, at); ok {
				fmt.Fprintf(&b, " defined at %s", showSpan(d, def))
			}
			for _, s := range References(d, id) {
				fmt.Fprintf(&b, " · %s", showSpan(d, s))
			}
			b.WriteString("\n")
		}
		return b.String()
	})
}

func showSpan(d *Document, s Span) string {
	line, col := d.Position(s.Start)
	return fmt.Sprintf("%d:%d %s", line, col, d.Source[s.Start:s.End])
}

// TestRename renames the first ticket of each document to ids that need quotes and ones that do not.
func TestRename(t *testing.T) {
	t.Parallel()
	archives(t, "rename", func(t *testing.T, name, src string) string {
		var b strings.Builder
		for _, id := range []string{"parse-lexer", "1:b"} {
			d := Parse(name, []byte(src))
			edits, err := Rename(d, d.Track.Tickets[0].ID, id)
			if err != nil {
				return err.Error() + "\n"
			}
			b.Write(ApplyEdits(d.Source, edits))
		}
		return b.String()
	})
}

// TestRenameRenamesOnlyThat holds, for every id of every good document, that the tickets read back are the same
// with another id, and that renaming it back gives the same text where no quotes had to be added.
func TestRenameRenamesOnlyThat(t *testing.T) {
	t.Parallel()
	for name, src := range goodSources(t) {
		d := Parse(name, []byte(src))
		for _, ticket := range d.Track.Tickets {
			for _, id := range []string{"Fresh", "a:b", "ü.1", "7", "null"} {
				edits, err := Rename(d, ticket.ID, id)
				if err != nil {
					t.Fatalf("%s: %s to %s: %v", name, ticket.ID, id, err)
				}
				got := Parse(name, ApplyEdits(d.Source, edits)).Track
				want := d.Track
				want.Tickets = slices.Clone(want.Tickets)
				for i := range want.Tickets {
					w := &want.Tickets[i]
					if w.ID == ticket.ID {
						w.ID = id
					}
					w.DependsOn = slices.Clone(w.DependsOn)
					for j := range w.DependsOn {
						if w.DependsOn[j] == ticket.ID {
							w.DependsOn[j] = id
						}
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: %s to %s: %s", name, ticket.ID, id, diff)
				}
				if back := Renames(d.Track.Tickets, Parse(name, ApplyEdits(d.Source, edits)).Track.Tickets); len(back) != 1 || back[ticket.ID] != id {
					t.Errorf("%s: %s to %s is seen as %v", name, ticket.ID, id, back)
				}
			}
		}
	}
}

func TestRenameRefuses(t *testing.T) {
	t.Parallel()
	src := "- {id: T1, description: a}\n- {id: T2, description: a, depends_on: [T1]}\n"
	for _, c := range []struct {
		src, id, new string
		want         error
		says         string
	}{
		{src, "T9", "X", ErrNoTicket, "T9"},
		{src, "T1", "", ErrNewID, "empty"},
		{src, "T1", "a b", ErrNewID, "white space"},
		{src, "T1", "T2", ErrNewID, "line 2"},
		{"- id: T1\n  description: [\n- id: T2\n  description: a\n", "T2", "X", ErrUnreadable, "syntax"},
		{"- {id: T1, description: a}\n- {id: T2, description: &d [T1], depends_on: [T1]}\n- {id: T3, description: a, depends_on: *d}\n", "T1", "X", ErrNewID, "alias"},
	} {
		_, err := Rename(Parse("a.track.yaml", []byte(c.src)), c.id, c.new)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s to %s: %v", c.id, c.new, err)
		}
	}
	if edits, err := Rename(Parse("a.track.yaml", []byte(src)), "T1", "T1"); err != nil || edits != nil {
		t.Errorf("the same id: %v, %v", edits, err)
	}
}

func TestOutline(t *testing.T) {
	t.Parallel()
	archives(t, "outline", func(_ *testing.T, name, src string) string {
		d := Parse(name, []byte(src))
		var b strings.Builder
		for _, s := range Symbols(d) {
			line, col := d.Position(s.Span.Start)
			fmt.Fprintf(&b, "symbol %d %s: %s, %d:%d, selected %s\n", s.Ticket, s.Name, s.Detail, line, col, showSpan(d, s.Selection))
		}
		for _, f := range Folds(d) {
			from, _ := d.Position(f.Span.Start)
			to, _ := d.Position(f.Span.End)
			fmt.Fprintf(&b, "fold %s %d to %d\n", f.Kind, from, to)
		}
		return b.String()
	})
}

func TestFormat(t *testing.T) {
	t.Parallel()
	archives(t, "format", func(t *testing.T, name, src string) string {
		d := Parse(name, []byte(src))
		return string(mustFormat(t, d))
	})
}

// mustFormat formats and holds what always holds: the same meaning, the same comments, and nothing left to do.
func mustFormat(t *testing.T, d *Document) []byte {
	t.Helper()
	edits := Format(d)
	at := 0
	for _, e := range edits {
		if e.Start < at || e.End < e.Start || e.End > len(d.Source) || string(d.Source[e.Start:e.End]) == e.New {
			t.Fatalf("edit %+v of %+v", e, edits)
		}
		at = e.End
	}
	out := ApplyEdits(d.Source, edits)
	next := Parse(d.Name, out)
	if diff := cmp.Diff(d.Track, next.Track); diff != "" || next.Errors() != d.Errors() {
		t.Fatalf("%s\nbefore:\n%s\nafter:\n%s\n%v", diff, d.Source, out, next.Problems)
	}
	if again := Format(next); len(again) > 0 {
		t.Fatalf("formatting again gives %+v in\n%s\nwhich was\n%s", again, out, d.Source)
	}
	if !d.Form.JSON() && strings.Count(string(d.Source), "#") != strings.Count(string(out), "#") {
		t.Fatalf("a comment is gone:\n%s\n%s", d.Source, out)
	}
	return out
}

func TestFormatLeavesErrorsAlone(t *testing.T) {
	t.Parallel()
	for _, file := range documents(t, "bad") {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := Parse(file, src); d.Errors() && Format(d) != nil {
			t.Errorf("%s: formatted", file)
		}
	}
}

func TestFormatGood(t *testing.T) {
	t.Parallel()
	for name, src := range goodSources(t) {
		mustFormat(t, Parse(name, []byte(src)))
	}
	if edits := Format(Parse("a.track.yaml", large(20))); len(edits) != 0 && strings.Contains(string(large(20)), "depends_on: []") {
		t.Errorf("what New and AppendTicket write is formatted: %+v", edits)
	}
	if edits := Format(Parse("a.track.yaml", New("A title", "One\nTwo"))); edits != nil {
		t.Errorf("a fresh track is formatted: %+v", edits)
	}
}

// TestFormatDisorder formats good documents into which blanks, blank lines and quotes were put at random, where
// they are good documents still.
func TestFormatDisorder(t *testing.T) {
	t.Parallel()
	formatted := 0
	for name, src := range goodSources(t) {
		for seed := range uint64(150) {
			e := editor{rand.New(rand.NewPCG(seed, uint64(len(src))))}
			d := Parse(name, []byte(src))
			for range 6 {
				at := e.IntN(len(d.Source) + 1)
				next := d.Edit(at, at, []string{" ", "  ", "\n", "\n\n", " \n", "# x\n", "\n  # y\n", "    "}[e.IntN(8)])
				if !next.Errors() {
					d = next
				}
			}
			mustFormat(t, d)
			if len(Format(d)) > 0 {
				formatted++
			}
		}
	}
	if formatted < 500 {
		t.Errorf("only %d documents were in disorder", formatted)
	}
}

// FuzzFormat: formatting keeps what a document says and its comments, and is done after once.
func FuzzFormat(f *testing.F) {
	seedCorpus(f, func(name string, src []byte) { f.Add(isJSONName(name), src) })
	f.Add(false, []byte("tickets:\n-   id : 'T1'\n    description:   |\n         x\n           y\n\n\n    depends_on:  [ 'T2','T3' , ]  \n\n\n- id: T2\n  description: >+\n   a\n\n\n- {id: T3, description: b}"))
	f.Fuzz(func(t *testing.T, isJSON bool, src []byte) {
		name := "a.track.yaml"
		if isJSON {
			name = "a.track.json"
		}
		d := Parse(name, src)
		if isJSON && !d.Errors() {
			checkJSONSame(t, src, ApplyEdits(src, Format(d)))
		}
		mustFormat(t, d)
	})
}

func checkJSONSame(t *testing.T, a, b []byte) {
	t.Helper()
	var before, after any
	trim := func(s []byte) []byte { return []byte(strings.TrimPrefix(string(s), "\ufeff")) }
	if json.Unmarshal(trim(a), &before) != nil || json.Unmarshal(trim(b), &after) != nil || !cmp.Equal(before, after) {
		t.Fatalf("%s\nbecomes\n%s", a, b)
	}
}

// TestRenames gives pairs of versions, between them a line of dashes.
func TestRenames(t *testing.T) {
	t.Parallel()
	archives(t, "renames", func(_ *testing.T, name, both string) string {
		old, new, _ := strings.Cut(both, "=====\n")
		found := Renames(Parse(name, []byte(old)).Track.Tickets, Parse(name, []byte(new)).Track.Tickets)
		var out []string
		for from, to := range found {
			out = append(out, from+" is "+to+"\n")
		}
		slices.Sort(out)
		if len(out) == 0 {
			return "none\n"
		}
		return strings.Join(out, "")
	})
}
