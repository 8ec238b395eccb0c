package wire_test

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/lsp/wire"
)

// payloads are the structs that docs/protocol.md describes, by the heading of their table.
var payloads = []any{
	wire.Capabilities{},
	wire.ServerCapabilities{},
	wire.State{},
	wire.TrackChange{},
	wire.Stream{},
	wire.EventsArgs{},
	wire.TranscriptArgs{},
	wire.DiffArgs{},
	wire.ViewArgs{},
	wire.StatusArgs{},
	wire.TrackArgs{},
	wire.TicketArgs{},
	wire.RunOnSymbolArgs{},
	wire.NewTicketArgs{},
	wire.TicketRef{},
	wire.ApprovalArgs{},
	wire.ListArgs{},
	wire.AnswerArgs{},
	wire.Approval{},
	wire.Remembered{},
	wire.Status{},
	wire.Track{},
	wire.Ticket{},
	wire.Usage{},
	wire.SaveArgs{},
	wire.DiagnosticsArgs{},
	wire.Diagnostic{},
	wire.DiffFilesArgs{},
	wire.DiffFile{},
}

func protocolDoc(t *testing.T) string {
	t.Helper()
	doc, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(doc)
}

func TestDocListsCommandsAndMethods(t *testing.T) {
	t.Parallel()
	doc := protocolDoc(t)
	for pattern, want := range map[string][]string{
		"(?m)^\\| `(slop\\.[a-zA-Z.]+)` \\|": wire.Commands,
		"(?m)^\\| `(slop/[a-zA-Z./]+)` \\|":  wire.Methods,
	} {
		var got []string
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(doc, -1) {
			got = append(got, m[1])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("docs/protocol.md lists other names than package wire (-code +doc):\n%s", diff)
		}
	}
}

func TestDocListsMembers(t *testing.T) {
	t.Parallel()
	doc := protocolDoc(t)
	for _, p := range payloads {
		typ := reflect.TypeOf(p)
		_, section, ok := strings.Cut(doc, "\n### "+typ.Name()+"\n")
		if !ok {
			t.Errorf("docs/protocol.md has no section %s", typ.Name())
			continue
		}
		section, _, _ = strings.Cut(section, "\n#")
		var want, got []string
		for i := range typ.NumField() {
			if typ.Field(i).Anonymous {
				continue // described where it has its own section
			}
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			want = append(want, name)
		}
		for _, m := range regexp.MustCompile("(?m)^- `([a-z_A-Z]+)`").FindAllStringSubmatch(section, -1) {
			got = append(got, m[1])
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("members of %s (-code +doc):\n%s", typ.Name(), diff)
		}
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, args, want string }{
		{"fine", `[{"uri":"file:///a","id":"T1"}]`, ""},
		{"nothing", `[]`, ""},
		{"null", `[null]`, ""},
		{"two", `[{},{}]`, "one object is expected, not 2 arguments"},
		{"unknown", `[{"url":"file:///a"}]`, `the arguments cannot be read: json: unknown field "url"`},
		{"type", `[{"id":7}]`, `"id" must be of type string, not a number`},
		{"list", `[["a"]]`, "the arguments cannot be read: json: cannot unmarshal array into Go value of type wire.TicketArgs"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var args []json.RawMessage
			if err := json.Unmarshal([]byte(tc.args), &args); err != nil {
				t.Fatal(err)
			}
			got := ""
			if err := wire.Decode(args, &wire.TicketArgs{}); err != nil {
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

func TestCost(t *testing.T) {
	t.Parallel()
	for _, cost := range []wire.Cost{{}, {USD: 0.0015}, {Unknown: true}} {
		data, err := json.Marshal(wire.Usage{Cost: cost})
		if err != nil {
			t.Fatal(err)
		}
		back := wire.Usage{Cost: wire.Cost{USD: 7, Unknown: true}}
		if err := json.Unmarshal(data, &back); err != nil || back.Cost != cost {
			t.Errorf("%+v as %s came back as %+v, %v", cost, data, back.Cost, err)
		}
		if cost.Unknown != strings.Contains(string(data), `"cost":"unknown"`) {
			t.Errorf("%+v is %s", cost, data)
		}
	}
	if err := json.Unmarshal([]byte(`"none"`), &wire.Cost{}); err == nil {
		t.Error("a word that is no cost is read as one")
	}
}

func TestSubscription(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]wire.Subscription{
		"false": {}, "true": {On: true}, "0": {On: true, From: true}, "17": {On: true, From: true, After: 17},
	} {
		var got wire.Subscription
		if err := json.Unmarshal([]byte(said), &got); err != nil || got != want {
			t.Errorf("%s is read as %+v, %v", said, got, err)
		}
		if back, err := json.Marshal(want); err != nil || string(back) != said {
			t.Errorf("%+v is written as %s, %v", want, back, err)
		}
	}
	for _, bad := range []string{`"yes"`, `-1`, `1.5`, `{}`} {
		if err := json.Unmarshal([]byte(bad), &wire.Subscription{}); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	tickets := func(ids ...string) (out []wire.Ticket) {
		for _, id := range ids {
			out = append(out, wire.Ticket{ID: id})
		}
		return out
	}
	known := wire.Status{Seq: 3, Tracks: []wire.Track{{ID: "a", Tickets: tickets("T1", "T2")}, {ID: "b"}}}
	if err := known.Follow(wire.State{Seq: 9, Since: 4}); err == nil || known.Seq != 3 {
		t.Errorf("a state was missed: %v, and %d is known", err, known.Seq)
	}
	changed := wire.TrackChange{Track: wire.Track{ID: "a", Status: "done", Tickets: []wire.Ticket{{ID: "T3", Status: "todo"}}}, Order: []string{"T3", "T1"}}
	before := known.Clone()
	if err := known.Follow(wire.State{Seq: 5, Since: 3, Tracks: []wire.TrackChange{changed}, Gone: []string{"b"}}); err != nil {
		t.Fatal(err)
	}
	want := wire.Status{Seq: 5, Tracks: []wire.Track{{ID: "a", Status: "done", Tickets: []wire.Ticket{{ID: "T3", Status: "todo"}, {ID: "T1"}}}}}
	if diff := cmp.Diff(want, known); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(before.Tracks) != 2 || before.Tracks[0].Status != "" {
		t.Errorf("a clone has followed: %+v", before)
	}
	if err := known.Follow(wire.State{Whole: true, Seq: 1}); err != nil || known.Seq != 1 || len(known.Tracks) != 0 {
		t.Errorf("a whole state: %v, %+v", err, known)
	}
}
