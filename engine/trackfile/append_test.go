package trackfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine/leaftest"
)

var full = Ticket{
	ID: "N1", Description: "first: line\n\n  second # no comment\n", TargetFile: "a b/ä.go", TargetSymbols: []string{"T.M", "null"},
	ContextRequirements: []string{"x,y.go"}, Writes: []string{"a/*.go"}, Priority: High, StepMode: true,
	ModelOverride: "m:1", Verify: "go test ./...", AssignedTo: "me", Status: Blocked,
}

// TestAppendTicket adds a ticket to documents of each form; the golden files show the whole result.
func TestAppendTicket(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/good/*.track.*")
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]string{
		"null.track.yaml": "title: x\ntickets:   # none yet\n# end\n", "empty-list.track.yaml": "tickets: []  # none yet\ngoal: x\n",
		"missing.track.yaml": "title: x # behind\n# end\n", "nothing.track.yaml": "# a comment", "nothing.track.json": "",
		"empty-object.track.json": "{}", "empty-list.track.json": "[]", "empty-inner.track.json": "{\n  \"tickets\": []\n}\n",
		"null.track.json": `{"tickets": null}`, "missing.track.json": "{\n  \"title\": \"x\"\n}\n", "flow.track.yaml": "{title: x, tickets: [{id: A, description: b}, ]}\n",
		"flow-null.track.yaml": "{title: x, tickets: }\n", "spaced.track.yaml": "- id: A\n  description: a\n\n- id: B\n  description: |+\n    b\n\n# end\n",
		"lines.track.yaml": "tickets: [\n    {id: A, description: b} # one\n  ]\n", "new.track.yaml": string(New("A title", "One\nTwo")),
	}
	for _, file := range files {
		if !strings.HasSuffix(file, ".golden") {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sources[filepath.Base(file)] = string(src)
		}
	}
	for name, src := range sources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := mustAppend(t, name, []byte(src), full)
			leaftest.Golden(t, filepath.Join("testdata", "append", name+".golden"), string(out))
		})
	}
}

// mustAppend adds the ticket and holds that the result parses to the same tickets and the new one, and that
// nothing that was there is gone.
func mustAppend(t *testing.T, name string, src []byte, ticket Ticket) []byte {
	t.Helper()
	before := Parse(name, src)
	edits, err := before.AppendTicket(ticket)
	if err != nil {
		t.Fatal(err)
	}
	out := ApplyEdits(src, edits)
	after := Parse(name, out)
	checkInvariants(t, after)
	want := before.Track
	want.Tickets = append(append([]Ticket(nil), want.Tickets...), asRead(ticket))
	if diff := cmp.Diff(want, after.Track, cmp.Transformer("joined", func(s []string) string { return strings.Join(s, "|") })); diff != "" {
		t.Fatalf("%s\nbefore:\n%s\nafter:\n%s", diff, src, out)
	}
	if new, old := len(after.Problems), len(before.Problems); new > old {
		t.Fatalf("new problems: %v\nafter:\n%s", after.Problems, out)
	}
	return out
}

// asRead is the ticket with what Parse makes of each one: defaults, and no line ends behind text.
func asRead(t Ticket) Ticket {
	if t.AssignedTo == "" {
		t.AssignedTo = "unassigned"
	}
	if t.Status == "" {
		t.Status = Todo
	}
	t.Description, t.Verify = strings.TrimRight(t.Description, "\r\n"), strings.TrimRight(t.Verify, "\r\n")
	return t
}

func TestAppendTicketRefuses(t *testing.T) {
	t.Parallel()
	good := "- {id: T1, description: a}\n"
	for _, c := range []struct {
		src    string
		ticket Ticket
		want   error
		says   string
	}{
		{good, Ticket{ID: "T1", Description: "b"}, ErrTicket, "use T2"},
		{good, Ticket{ID: "a b", Description: "b"}, ErrTicket, "white space"},
		{good, Ticket{ID: "T2", Description: " \n"}, ErrTicket, "description"},
		{good, Ticket{Description: "b"}, ErrTicket, "id"},
		{good, Ticket{ID: "T2", Description: "b", TargetFile: "../x"}, ErrTicket, "leaves the workspace"},
		{good, Ticket{ID: "T2", Description: "b", Writes: []string{"a/["}}, ErrTicket, "glob"},
		{"- {id: T1, description: [}\n", Ticket{ID: "T2", Description: "b"}, ErrUnreadable, "syntax"},
		{"just text\n", Ticket{ID: "T2", Description: "b"}, ErrUnreadable, "syntax"},
		{"tickets: {a: b}\n", Ticket{ID: "T2", Description: "b"}, ErrUnreadable, "syntax"},
	} {
		_, err := Parse("a.track.yaml", []byte(c.src)).AppendTicket(c.ticket)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c.ticket, err)
		}
	}
}

func TestNextID(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"": "T1", "- {id: T7, description: a}\n- {id: T3, description: a}\n": "T8", "- {id: x, description: a}\n": "T1",
		"- {id: T99999999999999999999, description: a}\n": "T1",
	} {
		if got := Parse("a.track.yaml", []byte(src)).NextID(); got != want {
			t.Errorf("%q: %s, want %s", src, got, want)
		}
	}
}

func TestNewIsWithoutProblems(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"Clear errors", "Every error\nnames the line."},
		{"", ""},
		{"a: b # c", "- x\n\ty"},
		{"two\nlines", " leading\n\n\ntrailing \n"},
		{"\u202e\u0085", "{{ }}"},
		{"true", "null"},
		{`"quoted"`, "'"},
	} {
		for _, src := range [][]byte{New(c[0], c[1]), Bare(c[0], c[1])} {
			d := Parse("a.track.yaml", src)
			for _, p := range d.Problems {
				t.Errorf("%q: %s", c, p.String("f"))
			}
			if d.Track.Title != oneLine(c[0]) || d.Track.Goal != strings.TrimRight(c[1], "\r\n") {
				t.Errorf("%q reads back as %q, %q", c, d.Track.Title, d.Track.Goal)
			}
		}
	}
}
