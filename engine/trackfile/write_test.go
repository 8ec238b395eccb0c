package trackfile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestWrite holds that what is written reads back as it was, whatever stands in it, and is laid out already.
func TestWrite(t *testing.T) {
	t.Parallel()
	odd := "a: b # c\n\n- \"quoted\" 'too'\n  {flow} [list] %tag @at `tick` & * ! | > ? \\ \u202e end"
	tracks := map[string]Track{
		"bare":   {Title: "Clear errors", Goal: "Every error names its line."},
		"header": {Title: "yes", Goal: "one\n\nAcceptance:\n- a: b\n- c", Context: []string{"docs/a b.md", "x,y.go"}, Verify: "go test ./... && echo 'a: b' # c"},
		"tickets": {Title: "t", Goal: odd, Tickets: []Ticket{
			{ID: "T1", Description: odd, TargetFile: "a.go", TargetSymbols: []string{"A.B", "null"}, Priority: High},
			{
				ID: "bd-1.2", Description: "one line: with a colon", DependsOn: []string{"T1"}, Writes: []string{"a/*.go", "{x,y}.go"},
				ContextRequirements: []string{"b.go"}, StepMode: true, ModelOverride: "large", Verify: "a\nb", AssignedTo: "me", Status: Completed,
			},
		}},
	}
	for name, want := range tracks {
		src := Write(want)
		doc := Parse("x.track.yaml", src)
		if doc.Errors() {
			t.Errorf("%s: %v\n%s", name, doc.Problems, src)
		}
		if diff := cmp.Diff(want, doc.Track, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Ticket{}, "AssignedTo", "Status")); diff != "" {
			t.Errorf("%s (-want +got):\n%s\n%s", name, diff, src)
		}
		if laid := Format(doc); len(laid) > 0 && !strings.Contains(name, "tickets") {
			t.Errorf("%s is laid out anew: %v\n%s", name, laid, src)
		}
	}
	last := Parse("x.track.yaml", Write(tracks["tickets"])).Track.Tickets[1]
	if last.Status != Completed || last.AssignedTo != "me" {
		t.Errorf("status and assignment are lost: %+v", last)
	}
}
