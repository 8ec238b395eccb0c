package page

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// A review document is Markdown with everything that an approval asks. Its first line names the approval. What may be
// edited stands in fences between marker lines; both carry a key that occurs nowhere in what is asked, so that nothing
// that is asked can pass for a marker.

// section is one part of a review document that may be edited.
type section struct {
	name, title, language string
	get                   func(*engine.Content) *string
}

var arguments = section{"arguments", "Arguments", "json", func(c *engine.Content) *string { return &c.Arguments }}

var sections = map[engine.ApprovalKind][]section{
	engine.KindSpawn: {
		{"prompt", "Prompt", "text", func(c *engine.Content) *string { return &c.Prompt }},
		{"context", "Context", "text", func(c *engine.Content) *string { return &c.Context }},
	},
	engine.KindStep:     {arguments},
	engine.KindCommand:  {arguments},
	engine.KindEdit:     nil,
	engine.KindQuestion: nil,
}

// The parts in which a person writes: one of every kind of approval, and one where an answer can be remembered.
const (
	reasonName    = "reason"
	rememberName  = "remember"
	rememberTitle = "Approve it for good? Write ticket, track or workspace; nothing: this once"
)

// readable is a part as people read it, before what cannot be seen is written out: JSON is indented.
func (s section) readable(c *engine.Content) string {
	if s.language == "json" {
		return indented(*s.get(c))
	}
	return *s.get(c)
}

// shown is a text as the document holds it: what cannot be seen is written out, and every line ends in \n alone, since
// editors give a mixture of line ends back as they like.
func shown(s string) string { return strings.ReplaceAll(text.Visible(s), "\r\n", "\n") }

// Review is the Markdown document in which a person reads an approval whole and may edit what will be used. What
// cannot be seen is written out; ParseReview takes it back unchanged.
func Review(a *engine.Approval, c engine.Content) string {
	var b strings.Builder
	key := reviewKey(a, c)
	fmt.Fprintf(&b, "%s%s %s -->\n", reviewHead, a.ID, key)
	writeHeading(&b, a, c)
	writeFixed(&b, a, c)
	for _, s := range sections[a.Kind] {
		body := shown(s.readable(&c))
		fence := fenceFor(body)
		writeSection(&b, key, s.name, s.title, fence+s.language+"\n"+body+"\n"+fence)
	}
	writeSection(&b, key, reasonName, reasonTitle(a.Kind), "")
	if a.Cover != nil {
		writeSection(&b, key, rememberName, rememberTitle, "")
	}
	writeForGood(&b, a)
	writeRests(&b, c)
	return b.String()
}

func writeHeading(b *strings.Builder, a *engine.Approval, c engine.Content) {
	fmt.Fprintf(b, "# %s %s: %s\n\n", reviewVerb(a.Kind), a.ID, markup.Replace(safe(a.Title, 200)))
	fmt.Fprintf(b, "Ticket %s of track %s, attempt %d", cell(a.Run.Ticket.ID, 80), cell(string(a.Run.Ticket.Track), 200), a.Run.Attempt)
	if c.Model != "" {
		fmt.Fprintf(b, ", model %s", cell(c.Model, 80))
	}
	if c.Tool != "" {
		fmt.Fprintf(b, ", tool %s", cell(c.Tool, 80))
	}
	b.WriteString(".\n")
	switch {
	case a.Answer != nil:
		fmt.Fprintf(b, "\n**Already %s by %s.** Nothing that is done here has an effect.\n", a.Answer.Decision, cell(string(a.Answer.By), 80))
	case len(sections[a.Kind]) > 0:
		b.WriteString("\nWhat stands between the marker lines when you approve is what is used: edit it as you like, and leave the\n" +
			"marker lines as they are.\n")
	default:
		b.WriteString("\nWrite between the marker lines below, and leave those as they are.\n")
	}
}

// writeForGood says what an answer for good would cover, whole, or why there can be none.
func writeForGood(b *strings.Builder, a *engine.Approval) {
	switch {
	case a.Cover != nil:
		b.WriteString("\nIt would cover this and nothing else:\n\n" + fenced("text", shown(a.Cover.String())))
	case a.Once != "":
		fmt.Fprintf(b, "\nIt can be approved for this once only: %s.\n", markup.Replace(safe(a.Once, 200)))
	}
}

func reviewVerb(k engine.ApprovalKind) string {
	if k == engine.KindQuestion {
		return "Question"
	}
	return "Approval"
}

func reasonTitle(k engine.ApprovalKind) string {
	if k == engine.KindQuestion {
		return "Your answer"
	}
	return "Why, if you reject it (the worker is told)"
}

// writeFixed writes what is asked and cannot be edited.
func writeFixed(b *strings.Builder, a *engine.Approval, c engine.Content) {
	if c.Question != "" {
		b.WriteString("\n## Question\n\n" + fenced("text", shown(c.Question)))
	}
	if len(a.Options) > 0 {
		b.WriteString("\n")
	}
	for i, o := range a.Options {
		fmt.Fprintf(b, "%d. %s\n", i+1, cell(o, 200))
	}
	if cmd := commandOf(c); cmd != "" {
		b.WriteString("\n## Command\n\n" + fenced("sh", shown(cmd)))
	}
	if c.Diff != "" {
		b.WriteString("\n## Diff\n\n" + fenced("diff", shown(c.Diff)))
	}
}

// commandOf is the shell line in a tool call's arguments, which a person must see as it is, not as a JSON string.
func commandOf(c engine.Content) string {
	var args struct {
		Command string `json:"command"`
	}
	if json.Unmarshal([]byte(c.Arguments), &args) != nil {
		return ""
	}
	return args.Command
}

// writeRests names the files that an approval rests on.
func writeRests(b *strings.Builder, c engine.Content) {
	if len(c.Rests) == 0 {
		return
	}
	names := slices.Sorted(maps.Keys(c.Rests))
	for i, name := range names {
		names[i] = cell(name, 200)
	}
	fmt.Fprintf(b, "\nIt rests on %s: %s.\n", plural(len(names), "file"), strings.Join(names, ", "))
}

func writeSection(b *strings.Builder, key, name, title, body string) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n%s\n%s\n", title, marker("begin", name, key), body, marker("end", name, key))
}

// reviewHead begins the first line of a review document.
const reviewHead = "<!-- slop:review "

func marker(edge, name, key string) string {
	return fmt.Sprintf("<!-- slop:%s %s %s -->", edge, name, key)
}

// reviewKey is a key for the markers that nothing of what is asked holds: a part of the content's hash, as long as
// needed.
func reviewKey(a *engine.Approval, c engine.Content) string {
	all := strings.Join(slices.Concat(a.Options, slices.Collect(maps.Keys(c.Rests)), []string{
		a.Title, string(a.Run.Ticket.Track), a.Run.Ticket.ID, c.Prompt, c.Context, c.Model, c.Tool, c.Arguments, commandOf(c), c.Diff, c.Question,
	}), "\n")
	for n := min(12, len(a.Hash)); n < len(a.Hash); n++ {
		if !strings.Contains(all, a.Hash[:n]) {
			return a.Hash[:n]
		}
	}
	key := a.Hash + "-" + string(a.ID)
	for strings.Contains(all, key) {
		key += "-"
	}
	return key
}
