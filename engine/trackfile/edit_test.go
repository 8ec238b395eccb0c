package trackfile

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sameAsParse holds that a document that was edited is the one that Parse makes of its text: every position,
// ticket, problem and unexported part.
func sameAsParse(t *testing.T, before, d *Document, did string) {
	t.Helper()
	want := Parse(d.Name, d.Source)
	if reflect.DeepEqual(want, d) {
		return
	}
	all := cmp.Exporter(func(reflect.Type) bool { return true })
	t.Fatalf("%s\nbefore:\n%q\nafter:\n%q\n%s", did, before.Source, d.Source, cmp.Diff(want, d, all))
}

var editSeeds = map[string]string{
	"a.track.yaml": "title: x\ntickets: # all\n  - id: T1\n    description: |\n      a ä\n\n      b\n    depends_on: [T2, T3]\n\n" +
		"  # between\n  - id: T2\n    description: 'b'\n  -\n    id: T3\n    description: \"c\"\n    depends_on: [T1]\nverify: v\n",
	"b.track.yaml": "- id: T1\r\n  description: a\r\n- id: T2\r\n  description: ü\r\n  depends_on:\r\n    - T1\r\n- {id: T3, description: c}\r\n",
	"c.track.yaml": "tickets: [{id: A, description: b}, {id: B, description: ä, depends_on: [A]}]\n",
	"d.track.json": `{"title": "x", "tickets": [{"id": "T1", "description": "a", "depends_on": ["T2"]}, {"id": "T2", "description": "ä"}], "verify": "v"}`,
	"e.track.json": "[\n  {\"id\": \"T1\", \"description\": \"a\"},\n  {\"id\": \"T1\", \"description\": \"a\", \"depends_on\": [\"T9\"]},\n  7\n]\n",
	"f.track.yaml": "tickets:\n- id: A\n  description: \"open\n- id: B\n  description: b\n  depends_on: [A, C]\n- id: &x C\n  description: c\n",
	"g.track.yaml": "\ufefftitle: x\rtickets:\r- id: A\r  description: a\r- id: A\r  id: B\r  descripton: b\r",
}

// pieces that an edit may bring in: what makes and breaks structure.
var editPieces = []string{
	"", "", "", "x", "T2", "ä", "\n", "\r\n", "\r", "\n  - id: T4\n    description: d\n", "- ", "\n- ", "\n  - ", "  ", ": ", "\"", "'", "[", "]", "{", "}", ", ",
	"# ", "&x ", "*x", "\t", "---\n", "\nid: T7", "id", "tickets:\n", "null", "7", `{"id": "T8", "description": "x"}`, "\x01", "\xff", "\nverify: y\n", "|\n", "T1", "$", "\ufeff",
}

// editor makes random changes, most of them small.
type editor struct{ *rand.Rand }

func (e editor) change(src string) (start, end int, new string) {
	start = e.IntN(len(src) + 1)
	end = min(len(src), start+max(0, e.IntN(8)-3))
	if e.IntN(12) == 0 {
		end = start + e.IntN(len(src)-start+1)
	}
	if e.IntN(2) == 0 {
		for start > 0 && start < len(src) && src[start]&0xc0 == 0x80 {
			start--
		}
	}
	return start, max(start, end), editPieces[e.IntN(len(editPieces))]
}

// TestEditIsParse changes documents at random and step by step, and goes on from what came out, broken or not. A
// change may be taken back, so that documents heal.
func TestEditIsParse(t *testing.T) {
	t.Parallel()
	seeds := map[string]string{}
	for name, src := range editSeeds {
		seeds[name] = src
	}
	for _, file := range append(documents(t, "good"), documents(t, "bad")...) {
		if src, err := os.ReadFile(file); err != nil {
			t.Fatal(err)
		} else if len(src) < 4096 {
			seeds[file] = string(src)
		}
	}
	for name, src := range seeds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(6) {
				e := editor{rand.New(rand.NewPCG(seed, uint64(len(src))))}
				d := Parse(name, []byte(src))
				for range 25 {
					start, end, new := e.change(string(d.Source))
					next := d.Edit(start, end, new)
					sameAsParse(t, d, next, fmt.Sprintf("%d..%d becomes %q", start, end, new))
					checkInvariants(t, next)
					if next.Errors() && e.IntN(3) > 0 {
						back := next.Edit(start, start+len(new), string(d.Source[start:end]))
						sameAsParse(t, next, back, "taken back")
						next = back
					}
					d = next
				}
			}
		})
	}
}

// TestFieldsAroundTickets holds the ranges of what stands before and behind the tickets to the source.
func TestFieldsAroundTickets(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a.track.yaml", "d.track.json"} {
		d := Parse(name, []byte(editSeeds[name]))
		at := strings.Index(editSeeds[name], "T2")
		for _, d := range []*Document{d, d.Edit(at, at, "longer"), d.Edit(at, at+1, "")} {
			for field, value := range map[string]string{"title": "x", "verify": "v"} {
				f := d.Field(field)
				key, got := string(d.Source[f.Key.Start:f.Key.End]), string(d.Source[f.Value.Start:f.Value.End])
				if strings.Trim(key, `"`) != field || strings.Trim(got, `"`) != value {
					t.Errorf("%s: %s is %q: %q", name, field, key, got)
				}
			}
			tickets, last := d.Field("tickets").Value, d.Items[len(d.Items)-1].Span
			if tickets.Start > d.Items[0].Span.Start || tickets.End < last.End || tickets.End > d.Field("verify").Key.Start {
				t.Errorf("%s: the tickets are at %v", name, tickets)
			}
		}
	}
}

// TestEditKeepsTheOld holds that versions share and do not disturb each other.
func TestEditKeepsTheOld(t *testing.T) {
	t.Parallel()
	src := large(50)
	d := Parse("a.track.yaml", src)
	at := strings.Index(string(src), "step 20")
	next := d.Edit(at, at+4, "stage\n      ")
	sameAsParse(t, d, next, "edit")
	if want := Parse("a.track.yaml", large(50)); !reflect.DeepEqual(want, d) {
		t.Error("the old document has changed")
	}
	for i := range d.pieces {
		if same := d.pieces[i] == next.pieces[i]; same == (i == 20) {
			t.Errorf("ticket %d is shared: %v", i, same)
		}
	}
	if d.links != next.links || d.head != next.head {
		t.Error("what the change did not touch was made again")
	}
}

// TestSplitReadsAlike holds that reading ticket by ticket changes nothing for documents without a problem.
func TestSplitReadsAlike(t *testing.T) {
	t.Parallel()
	apart := 0
	for _, file := range documents(t, "good") {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := Parse(file, src)
		if d.layout == nil {
			continue
		}
		apart++
		r := &reading{name: file, src: src}
		clean, bom := r.clean()
		r.root = r.parseYAML(clean, bom, 1)
		r.readRoot()
		whole := (&Document{Name: file, Source: src, lines: r.starts(), fixed: true}).together(r)
		if diff := cmp.Diff(render(t, whole), render(t, d)); diff != "" {
			t.Errorf("%s (-whole +apart):\n%s", file, diff)
		}
	}
	if apart < 3 {
		t.Errorf("only %d documents were read apart", apart)
	}
}

// FuzzEdit: whatever the text and the change, Edit gives what Parse gives.
func FuzzEdit(f *testing.F) {
	for name, src := range editSeeds {
		f.Add(isJSONName(name), []byte(src), 20, 22, "x")
	}
	seedCorpus(f, func(name string, src []byte) { f.Add(isJSONName(name), src, len(src)/2, len(src)/2, "\n  - ") })
	f.Fuzz(func(t *testing.T, isJSON bool, src []byte, start, end int, new string) {
		name := "a.track.yaml"
		if isJSON {
			name = "a.track.json"
		}
		d := Parse(name, src)
		next := d.Edit(start, end, new)
		checkInvariants(t, next)
		sameAsParse(t, d, next, fmt.Sprintf("%d..%d becomes %q", start, end, new))
	})
}
