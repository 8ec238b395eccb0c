package trackfile

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/slop-ls/slop-ls/engine/leaftest"
)

// cursor marks an offset in a document of the golden archives; it is no part of the document.
const cursor = "¦"

// archives runs a function over the documents of each archive in a directory and compares what it returns with
// the part that follows the document, which has its name and ".want". -update writes those parts.
func archives(t *testing.T, dir string, run func(t *testing.T, name, src string) string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatal(dir, err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := &txtar.Archive{Comment: a.Comment}
		for _, part := range a.Files {
			if strings.HasSuffix(part.Name, ".want") {
				continue
			}
			want := []byte(run(t, part.Name, string(part.Data)))
			got.Files = append(got.Files, part, txtar.File{Name: part.Name + ".want", Data: want})
		}
		out := txtar.Format(got)
		if *leaftest.Update {
			if err := os.WriteFile(file, out, 0o644); err != nil {
				t.Fatal(err)
			}
		} else if diff := cmp.Diff(string(txtar.Format(a)), string(out)); diff != "" {
			t.Errorf("%s is stale or the code is wrong; -update writes it (-want +got):\n%s", file, diff)
		}
	}
}

// cursors takes the marks out of a document and returns where they stood.
func cursors(marked string) (src string, at []int) {
	parts := strings.Split(marked, cursor)
	for _, p := range parts[:len(parts)-1] {
		src += p
		at = append(at, len(src))
	}
	return src + parts[len(parts)-1], at
}

func TestPathAt(t *testing.T) {
	t.Parallel()
	archives(t, "place", func(t *testing.T, name, marked string) string {
		src, offsets := cursors(marked)
		d := Parse(name, []byte(src))
		var b strings.Builder
		for _, at := range offsets {
			b.WriteString(showPlace(d, at))
		}
		return b.String()
	})
}

func showPlace(d *Document, at int) string {
	p := PathAt(d, at)
	line, col := d.Position(at)
	out := fmt.Sprintf("%d:%d %s", line, col, p.Kind)
	if p.Kind == PlaceNone {
		return out + "\n"
	}
	where := "track"
	if p.InTicket {
		where = fmt.Sprintf("ticket %d", p.Ticket)
	}
	out += fmt.Sprintf(" in %s field=%q text=%q before=%q replace=%q", where, p.Field, p.Text, p.Before, d.Source[p.Replace.Start:p.Replace.End])
	if p.Kind == PlaceKey {
		out += fmt.Sprintf(" missing=%v", fieldNames(p.Missing))
	}
	if len(p.Legal) > 0 {
		out += fmt.Sprintf(" legal=%v", p.Legal)
	}
	if p.Kind == PlaceSymbol {
		out += fmt.Sprintf(" file=%q", p.File)
	}
	if len(p.Listed) > 0 {
		out += fmt.Sprintf(" listed=%v", p.Listed)
	}
	return out + fmt.Sprintf(" insert=‹%s›\n", p.Insert(sample(p)))
}

func sample(p Place) string {
	switch {
	case len(p.Legal) > 0:
		return p.Legal[0]
	case len(p.Missing) > 0:
		return p.Missing[0].Name
	}
	return "a:b"
}

// TestInsertedValuesAreRead holds, for each place of every document that is good, that what Insert gives for a value
// reads back as that value.
func TestInsertedValuesAreRead(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, file := range documents(t, "good") {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := Parse(file, src)
		for at := range len(src) + 1 {
			p := PathAt(d, at)
			value := map[PlaceKind]string{PlaceNewID: "N:1", PlacePath: "a/b c#.go", PlaceSymbol: "T.M'\"", PlaceModel: "m: 1", PlaceGlob: "*.[a-z]"}[p.Kind]
			if value == "" || p.Ticket < 0 {
				continue
			}
			next := d.Edit(p.Replace.Start, p.Replace.End, p.Insert(value))
			if len(next.Items) <= p.Ticket || next.broken || !holds(next.Items[p.Ticket].ticket, value) {
				t.Fatalf("%s: %q inserted at %d (%+v) is not read in\n%s", file, p.Insert(value), at, p, next.Source)
			}
			tried++
		}
	}
	if tried < 100 {
		t.Errorf("only %d places were tried", tried)
	}
}

func holds(t *Ticket, value string) bool {
	all := strings.Join([]string{t.ID, t.TargetFile, t.ModelOverride}, "\n") + "\n" +
		strings.Join(t.TargetSymbols, "\n") + "\n" + strings.Join(t.ContextRequirements, "\n") + "\n" + strings.Join(t.Writes, "\n")
	return strings.Contains("\n"+all+"\n", "\n"+value+"\n")
}

// FuzzPathAt: whatever the text and the offset, a place is found soon, and its range lies around the offset or
// right behind it.
func FuzzPathAt(f *testing.F) {
	seedCorpus(f, func(name string, src []byte) { f.Add(isJSONName(name), src, len(src)/2) })
	f.Fuzz(func(t *testing.T, isJSON bool, src []byte, at int) {
		name := "a.track.yaml"
		if isJSON {
			name = "a.track.json"
		}
		d := Parse(name, src)
		p := PathAt(d, at)
		if p.Replace.Start < 0 || p.Replace.Start > p.Replace.End || p.Replace.End > len(src) || p.Ticket >= len(d.Items) {
			t.Fatalf("%+v", p)
		}
		if at = min(max(at, 0), len(src)); at > 0 && src[at-1] == '\r' {
			return
		}
		if p.Kind != PlaceNone && !p.Replace.Contains(at) {
			t.Fatalf("%d is not in %+v", at, p)
		}
		if bytes.ContainsAny(src[p.Replace.Start:p.Replace.End], "\r\n") {
			t.Fatalf("%+v goes over a line end", p)
		}
		_ = p.Insert("x")
	})
}
