package trackfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func seedCorpus(f *testing.F, add func(name string, src []byte)) {
	f.Helper()
	for _, dir := range []string{"good", "bad"} {
		files, err := filepath.Glob(filepath.Join("testdata", dir, "*.track.*"))
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			if !strings.HasSuffix(file, ".golden") && len(src) < 4096 {
				add(file, src)
			}
		}
	}
}

// FuzzParse: whatever the bytes, Parse returns soon, its ranges lie within the source and in order, and it
// reports no more than a bounded number of problems.
func FuzzParse(f *testing.F) {
	seedCorpus(f, func(name string, src []byte) { f.Add(isJSONName(name), src) })
	f.Fuzz(func(t *testing.T, isJSON bool, src []byte) {
		name := "a.track.yaml"
		if isJSON {
			name = "a.track.json"
		}
		start := time.Now()
		d := Parse(name, src)
		if took := time.Since(start); took > 5*time.Second {
			t.Fatalf("%d bytes took %v", len(src), took)
		}
		checkInvariants(t, d)
		if len(d.Problems) > maxProblems+1 {
			t.Fatalf("%d problems", len(d.Problems))
		}
		if d.Form == FormNone && len(d.Problems) == 0 {
			t.Fatal("nothing could be read and nothing is wrong")
		}
	})
}

// FuzzAppendTicket: a ticket is added to any document that can be read without an error, and is read back, with
// everything else as it was.
func FuzzAppendTicket(f *testing.F) {
	seedCorpus(f, func(name string, src []byte) { f.Add(isJSONName(name), src, "do: it\n  now #", "a.go") })
	f.Add(false, []byte("tickets: []\n"), "\u0085\u2028 \ufeff", "- x")
	f.Fuzz(func(t *testing.T, isJSON bool, src []byte, description, symbol string) {
		name := "a.track.yaml"
		if isJSON {
			name = "a.track.json"
		}
		d := Parse(name, src)
		if d.Errors() || strings.TrimSpace(description) == "" || unreadable(description) || unreadable(symbol) || symbol == "" {
			t.Skip()
		}
		mustAppend(t, name, src, Ticket{ID: d.NextID(), Description: description, TargetSymbols: []string{symbol}, Verify: symbol})
	})
}

// unreadable says whether a text is not UTF-8, which a document could not hold.
func unreadable(s string) bool { return !utf8.ValidString(s) }
