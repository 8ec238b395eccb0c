// Package foreign reads and writes the plans of other programs: Beads (JSON lines of issues) and Gemini's conductor
// extension (a folder with plan.md, spec.md and metadata.json). What they say becomes a trackfile.Track and back; what
// cannot be carried is said in a Note, never dropped without a word.
//
// Reading never fails for what a line holds, but for a file that is none of the format at all. It does no input or output.
package foreign

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// Note says, for a person, something that the other side has and this one cannot carry. Line counts from 1; 0: it is
// about the whole.
type Note struct {
	Line int
	Text string
}

func (n Note) String() string {
	if n.Line == 0 {
		return n.Text
	}
	return fmt.Sprintf("line %d: %s", n.Line, n.Text)
}

// notes collects what cannot be carried; what is the same many times is counted.
type notes struct {
	list  []Note
	times map[string]int
	at    map[string]int
}

func (n *notes) add(line int, format string, args ...any) {
	n.list = append(n.list, Note{line, fmt.Sprintf(format, args...)})
}

// count is add for what is the same in many places: it is said once, with how often.
func (n *notes) count(what string) {
	if n.times == nil {
		n.times, n.at = map[string]int{}, map[string]int{}
	}
	if n.times[what]++; n.times[what] == 1 {
		n.at[what] = len(n.list)
		n.list = append(n.list, Note{})
	}
	times := ""
	if n.times[what] > 1 {
		times = fmt.Sprintf(" (%d times)", n.times[what])
	}
	n.list[n.at[what]] = Note{Text: what + times}
}

// legalID makes an id that trackfile takes of another program's: what it cannot have becomes a dash.
func legalID(id string) string {
	var b strings.Builder
	for i, r := range strings.TrimSpace(id) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '_', i > 0 && strings.ContainsRune("-.+:#@", r):
			b.WriteRune(r)
		case i > 0:
			b.WriteByte('-')
		}
	}
	const most = 100
	if b.Len() > most {
		return strings.ToValidUTF8(b.String()[:most], "")
	}
	return b.String()
}

// paragraphs joins parts of a description, each with its heading, leaving out those that are empty.
func paragraphs(parts ...[2]string) string {
	var out []string
	for _, p := range parts {
		body := strings.TrimSpace(strings.ReplaceAll(p[1], "\r\n", "\n"))
		switch {
		case body == "":
		case p[0] == "":
			out = append(out, body)
		default:
			out = append(out, p[0]+":\n"+body)
		}
	}
	return strings.Join(out, "\n\n")
}

// cutSection takes a part with its heading off the end of a description.
func cutSection(description, heading string) (rest, body string) {
	whole, head := "\n\n"+description, "\n\n"+heading+":\n"
	if i := strings.LastIndex(whole, head); i >= 0 {
		return strings.TrimSpace(whole[:i]), strings.TrimSpace(whole[i+len(head):])
	}
	return description, ""
}

// headline is the first line of a text, and what follows it.
func headline(text string) (first, rest string) {
	first, rest, _ = strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(first), strings.TrimSpace(rest)
}

// The names under which a ticket's fields stand in the last paragraph of a text: other programs have no fields for them.
const (
	fieldTarget = "Target: "
	fieldWrites = "Also changes: "
	fieldReads  = "Read first: "
	fieldVerify = "Verify: "
)

// outside is what a ticket says of files and commands, in words.
func outside(n *notes, t trackfile.Ticket) string {
	var lines []string
	say := func(name, value string) {
		if value != "" {
			lines = append(lines, name+value)
		}
	}
	say(fieldTarget, strings.TrimSpace(t.TargetFile+" "+strings.Join(t.TargetSymbols, ", ")))
	say(fieldWrites, strings.Join(t.Writes, ", "))
	say(fieldReads, strings.Join(t.ContextRequirements, ", "))
	if strings.Contains(t.Verify, "\n") {
		n.add(0, "the verify command of %s has several lines and is left out", t.ID)
	} else {
		say(fieldVerify, t.Verify)
	}
	if len(lines) > 0 {
		n.count("files, symbols and verify commands of tickets stand in their text")
	}
	if t.StepMode || t.ModelOverride != "" {
		n.count("step_mode and model_override are left out")
	}
	return strings.Join(lines, "\n")
}

// inside gives a ticket the fields that outside wrote into its text, and the text without them.
func inside(t *trackfile.Ticket, text string) string {
	rest, last := "", text
	if i := strings.LastIndex(text, "\n\n"); i >= 0 {
		rest, last = text[:i], text[i+2:]
	}
	fields := map[string]string{}
	for line := range strings.SplitSeq(last, "\n") {
		known := false
		for _, name := range []string{fieldTarget, fieldWrites, fieldReads, fieldVerify} {
			if value, ok := strings.CutPrefix(line, name); ok {
				fields[name], known = strings.TrimSpace(value), true
			}
		}
		if !known {
			return text
		}
	}
	file, symbols, _ := strings.Cut(fields[fieldTarget], " ")
	t.TargetFile, t.TargetSymbols = file, listed(symbols)
	t.Writes, t.ContextRequirements, t.Verify = listed(fields[fieldWrites]), listed(fields[fieldReads]), fields[fieldVerify]
	return rest
}

func listed(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
