package trackfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine/leaftest"
)

func documents(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	for _, suffix := range []string{"yaml", "json"} {
		files, err := filepath.Glob(filepath.Join("testdata", dir, "*.track."+suffix))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, files...)
	}
	return out
}

func TestBadDocuments(t *testing.T) {
	t.Parallel()
	files := documents(t, "bad")
	if len(files) < 30 {
		t.Fatalf("only %d bad documents", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			d := Parse(file, src)
			checkInvariants(t, d)
			if len(d.Problems) == 0 {
				t.Fatal("no problem was found")
			}
			var b strings.Builder
			for _, p := range d.Problems {
				b.WriteString(p.String(filepath.Base(file)) + "\n")
			}
			leaftest.Golden(t, file+".golden", b.String())
		})
	}
}

// TestBadDocumentsCoverEachCode holds the golden files to the list of problems.
func TestBadDocumentsCoverEachCode(t *testing.T) {
	t.Parallel()
	seen := map[Code]bool{}
	for _, file := range documents(t, "bad") {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range Parse(file, src).Problems {
			seen[p.Code] = true
		}
	}
	for _, code := range []Code{
		CodeEmpty, CodeEncoding, CodeSyntax, CodeTooComplex, CodeDocuments, CodeRoot, CodeType, CodeMissing,
		CodeEmptyField, CodeUnknownField, CodeDuplicateKey, CodeID, CodeDuplicateID, CodeStatus, CodePriority,
		CodePath, CodeUnknownDep, CodeSelfDep, CodeDuplicateDep, CodeCycle, CodeAlias,
	} {
		if !seen[code] {
			t.Errorf("no bad document shows %s", code)
		}
	}
}

// checkInvariants is what holds for every document, however bad.
func checkInvariants(t *testing.T, d *Document) {
	t.Helper()
	inside := func(what string, s Span) {
		if s.Start < 0 || s.Start > s.End || s.End > len(d.Source) {
			t.Fatalf("%s: span %v is outside of the source of %d bytes", what, s, len(d.Source))
		}
	}
	last := 0
	for _, p := range d.Problems {
		inside("problem "+p.Message, p.Span)
		line, col := d.Position(p.Span.Start)
		if line != p.Line || col != p.Column || p.Span.Start < last {
			t.Fatalf("problem %+v is at %d:%d, or out of order", p, line, col)
		}
		if strings.ContainsAny(p.Message, "\r\n") || p.Message == "" {
			t.Fatalf("the message %q is not one line", p.Message)
		}
		last = p.Span.Start
	}
	if len(d.Items) != len(d.Track.Tickets) {
		t.Fatalf("%d items for %d tickets", len(d.Items), len(d.Track.Tickets))
	}
	for i := range d.Items {
		inside("item", d.Items[i].Span)
		checkFields(t, d, inside, d.Items[i].Fields(), d.Items[i].Span)
	}
	checkFields(t, d, inside, d.Fields, Span{0, len(d.Source)})
}

func checkFields(t *testing.T, d *Document, inside func(string, Span), fields []Field, outer Span) {
	t.Helper()
	for _, f := range fields {
		inside("key "+f.Name, f.Key)
		inside("value of "+f.Name, f.Value)
		if got := string(d.Source[f.Key.Start:f.Key.End]); !strings.ContainsAny(got[:min(1, len(got))], `"'*~|>`) && got != f.Name &&
			f.Name != "" && !strings.ContainsAny(got, "\t\r\n") && !hasError(d.Problems, CodeEncoding) {
			t.Fatalf("the key %q is said to be at %q", f.Name, got)
		}
		if f.Key.Start < outer.Start || f.Value.End > outer.End {
			t.Fatalf("field %+v is not within %v", f, outer)
		}
		for _, e := range f.Elements {
			inside("element of "+f.Name, e.Span)
			if e.Span.Start < f.Value.Start || e.Span.End > f.Value.End {
				t.Fatalf("element %+v is not within %+v", e, f)
			}
		}
	}
}
