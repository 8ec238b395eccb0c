package patch

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine/text"
)

//go:generate go test . -run TestMatrix -update

var update = flag.Bool("update", false, "write docs/edits.md again")

// area is a table of docs/edits.md; each of its rows is a test.
type area struct {
	title, intro string
	rows         []row
}

// row is one edit of one text, or an input for several files.
type row struct {
	what            string
	src             string
	search, replace string
	want            string
	step            text.Step
	refused         string // a part of the refusal; then want is not looked at

	files map[string]string // of an input
	input string
	then  map[string]string
	mode  uint32
}

const document = "../../../docs/edits.md"

// TestMatrix holds that each line of docs/edits.md is what happens.
func TestMatrix(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, a := range append(cascadeAreas(), formAreas()...) {
		for _, r := range a.rows {
			if seen[r.what] {
				t.Errorf("two rows are called %q", r.what)
			}
			seen[r.what] = true
			t.Run(r.what, func(t *testing.T) {
				t.Parallel()
				if r.input != "" {
					r.checkInput(t)
				} else {
					r.checkEdit(t)
				}
			})
		}
	}
}

func (r row) checkEdit(t *testing.T) {
	got, err := text.Replace([]byte(r.src), r.search, r.replace)
	if r.refused != "" {
		if err == nil || !strings.Contains(err.Error(), r.refused) {
			t.Fatalf("got %+v, %v; want a refusal with %q", got, err, r.refused)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := text.Apply([]byte(r.src), got.Edits)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.want, string(out)); diff != "" || got.Step != r.step {
		t.Errorf("step %s, want %s (-want +got):\n%s", got.Step, r.step, diff)
	}
}

func (r row) checkInput(t *testing.T) {
	then, mode, err := applied(r.files, r.input)
	if r.refused != "" {
		if err == nil || !strings.Contains(err.Error(), r.refused) {
			t.Fatalf("got %q, %v; want a refusal with %q", then, err, r.refused)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.then, then); diff != "" || mode != r.mode {
		t.Errorf("mode %o, want %o; files (-want +got):\n%s", mode, r.mode, diff)
	}
}

// applied is what files are after an input, and the mode that it gave the last one that it gave one.
func applied(files map[string]string, input string) (map[string]string, uint32, error) {
	_, parts, err := Parse(input)
	if err != nil {
		return nil, 0, err
	}
	changes, outcomes, ok := Apply(parts, reading(files))
	if !ok {
		var errs []error
		for _, o := range outcomes {
			errs = append(errs, o.Err)
		}
		return nil, 0, errors.Join(errs...)
	}
	now, mode := maps.Clone(files), uint32(0)
	for _, c := range changes {
		delete(now, c.From)
		delete(now, c.Path)
		if c.Op != Delete {
			now[c.Path] = string(c.After)
		}
		mode = max(mode, c.Mode)
	}
	return now, mode, nil
}

// figuresMark begins the part of the document that package text's corpus test writes.
const figuresMark = "## Figures"

// TestMatrixDocument holds docs/edits.md against the rows.
func TestMatrixDocument(t *testing.T) {
	old, err := os.ReadFile(document)
	if err != nil && !*update {
		t.Fatal(err)
	}
	_, figures, _ := strings.Cut(string(old), figuresMark)
	got := matrix() + figuresMark + figures
	if *update {
		if err := os.WriteFile(document, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(old), got); diff != "" {
		t.Errorf("docs/edits.md is stale: run `make generate` (-file +rows):\n%s", diff)
	}
}

const head = `# Edits

<!-- The tables are generated from engine/text/patch/matrix_*_test.go by ` + "`make generate`" + `. Each line is a test. -->

A model's edit is a search and a replacement. ` + "`text.Replace`" + ` finds the one place that the search means and lays the
difference between the two onto the file's own lines: what they share is not touched, new lines take the line ends and the
indentation of the place. Ever looser readings are tried, each only where those before it fit nowhere. What fits two places,
or none, is refused with the nearest text; a wrong application is ten times worse than a refusal. ` + "`edit_file`" + ` and
` + "`slop-ls apply`" + ` go the same way; apply looks for whole lines.

The steps, in their order: `

func matrix() string {
	var b strings.Builder
	b.WriteString(head)
	for i, s := range text.Steps() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("`" + string(s) + "`")
	}
	b.WriteString(".\n\n")
	for _, a := range append(cascadeAreas(), formAreas()...) {
		fmt.Fprintf(&b, "## %s\n\n", a.title)
		if a.intro != "" {
			b.WriteString(a.intro + "\n\n")
		}
		b.WriteString("| what | outcome |\n|---|---|\n")
		for _, r := range a.rows {
			fmt.Fprintf(&b, "| %s | %s |\n", r.what, r.outcome())
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (r row) outcome() string {
	switch {
	case r.refused != "":
		return "refused: " + strings.TrimSpace(r.refused)
	case r.step != "":
		return "applied: `" + string(r.step) + "`"
	}
	return "applied"
}
