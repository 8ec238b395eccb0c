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
	wire.Capabilities{}, wire.TrackArgs{}, wire.TicketArgs{}, wire.RunOnSymbolArgs{}, wire.NewTicketArgs{}, wire.TicketRef{},
	wire.ApprovalArgs{}, wire.ListArgs{}, wire.AnswerArgs{}, wire.Approval{}, wire.Remembered{}, wire.Status{}, wire.Track{}, wire.Ticket{}, wire.Usage{},
	wire.SaveArgs{},
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
		"(?m)^\\| `(slop/[a-zA-Z.]+)` \\|":   wire.Methods,
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
