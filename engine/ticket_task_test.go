package engine

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

func TestFirstWritten(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", maxWrote+1)
	for name, c := range map[string]struct{ prompt, want string }{
		"empty":               {"", ""},
		"no more than a name": {"Ticket T1\n", ""},
		"a description":       {"Ticket T1\n\nSay hello.\nTwice.\n\nTarget:\na.go\n", "Say hello."},
		"as Windows writes":   {"Ticket T1\r\n\r\nSay hello.\r\n", "Say hello."},
		"without its name":    {"Say hello.\n", "Say hello."},
		"circumstances":       {"Ticket T1\n\nTarget:\na.go\n", ""},
		"an addition alone":   {"Ticket T1\n\nTarget:\na.go\n\nWhat the person in charge adds:\nBe kind.\n", "Be kind."},
		"first an addition":   {"Ticket T1\n\n\nWhat the person in charge adds:\nBe kind.\n", "Be kind."},
		"an empty addition":   {"Ticket T1\n\n\nWhat the person in charge adds:\n\nTarget:\na.go\n", ""},
		"long":                {"Ticket T1\n\n" + long, long[:2*maxWrote] + "…"},
	} {
		if got := firstWritten(c.prompt); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestTask: what a person wrote is a ticket's task while its document says nothing, also of one that is done anew; and a
// decision that was journalled before it was kept leaves the description.
func TestTask(t *testing.T) {
	t.Parallel()
	unwritten, said := ToBeWritten("F"), "Count the lines."
	for _, c := range []struct{ name, description, event, want string }{
		{"written", unwritten, `{"wrote":"Say hello."}`, "Say hello."},
		{"described since", said, `{"wrote":"Say hello."}`, said},
		{"journalled before", unwritten, `{"edited":"content/1"}`, unwritten},
	} {
		var a Answer
		if err := json.Unmarshal([]byte(c.event), &a); err != nil {
			t.Fatal(err)
		}
		ticket := Ticket{Spec: &trackfile.Ticket{Description: c.description}, Wrote: a.Wrote}
		if got := ticket.Task(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
