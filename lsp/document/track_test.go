package document

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

const cellTrack = `title: Großes
tickets:
  - id: T1
    description: One
    target_file: a.go
  - id: T2
    description: Two
    depends_on: [T1]
  - id: T3
    description: |
      Three
    depends_on: [T1, T2]
`

// A reading that followed any changes, looked at or not between them, is that of the whole text.
func TestTrackFollowsChanges(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 7))
		docs := openIn(t, text.UTF16, "file:///w/a.track.yaml", cellTrack)
		for version := 2; version < 40; version++ {
			d := docs.Get("file:///w/a.track.yaml")
			docs = mustChange(t, docs, version, randomChanges(r, d.Index))
			if r.IntN(3) > 0 {
				continue // nobody asked about this version
			}
			d = docs.Get("file:///w/a.track.yaml")
			got, want := d.Track(), trackfile.Parse(d.Path, []byte(d.Text()))
			if string(got.Source) != d.Text() {
				t.Fatalf("seed %d, version %d: the reading is of another text:\n%s\n%s", seed, version, got.Source, d.Text())
			}
			if diff := cmp.Diff(want.Track, got.Track) + cmp.Diff(want.Problems, got.Problems); diff != "" {
				t.Fatalf("seed %d, version %d (-whole +followed):\n%s", seed, version, diff)
			}
		}
	}
}

func mustChange(t testing.TB, docs *Set, version int, changes string) *Set {
	t.Helper()
	docs, err := DidChange(docs, json.RawMessage(fmt.Sprintf(
		`{"textDocument":{"uri":"file:///w/a.track.yaml","version":%d},"contentChanges":[%s]}`, version, changes)))
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

// randomChanges is one to three changes as JSON, each made of pieces that mean something in a track.
func randomChanges(r *rand.Rand, x *text.Index) string {
	pieces := []string{"x", "\n", "  - id: T4\n    description: Four\n", "T1", "[", ": ", `"`, "", "ß", "# ", "    "}
	var out []string
	for range 1 + r.IntN(3) {
		piece, _ := json.Marshal(pieces[r.IntN(len(pieces))])
		if r.IntN(12) == 0 {
			whole, _ := json.Marshal(cellTrack + strings.Repeat("#\n", r.IntN(3)))
			out = append(out, fmt.Sprintf(`{"text":%s}`, whole))
			continue
		}
		line := r.IntN(x.Lines())
		from := r.IntN(12)
		out = append(out, fmt.Sprintf(`{"range":{"start":{"line":%d,"character":%d},"end":{"line":%d,"character":%d}},"text":%s}`,
			line, from, line, from+r.IntN(4), piece))
	}
	return strings.Join(out, ",")
}

// A client that sends the whole text for one character costs no more than one that sends the character.
func TestTrackAfterWholeText(t *testing.T) {
	t.Parallel()
	docs := openIn(t, text.UTF16, "file:///w/a.track.yaml", cellTrack)
	docs.Get("file:///w/a.track.yaml").Track()
	whole, err := json.Marshal(strings.Replace(cellTrack, "Two", "Twos", 1))
	if err != nil {
		t.Fatal(err)
	}
	d := mustChange(t, docs, 2, fmt.Sprintf(`{"text":%s}`, whole)).Get("file:///w/a.track.yaml")
	at := strings.Index(cellTrack, "Two") + len("Two")
	if got, want := *d.Parsed.now.Load().since, (stretch{at, at, 1}); got != want {
		t.Errorf("what changed is %+v, want %+v", got, want)
	}
	if ticket := d.Track().Track.Tickets[1]; ticket.Description != "Twos" {
		t.Errorf("the ticket is %+v", ticket)
	}
	if d.Parsed.now.Load().since != nil {
		t.Error("the cell still holds an older reading")
	}
}
