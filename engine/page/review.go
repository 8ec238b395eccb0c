package page

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// Reviewed is what a person made of a review document.
type Reviewed struct {
	Content engine.Content // as edited
	Changed bool           // Content differs from what was asked
	Reason  string         // the person's words: why it is rejected; the answer to a question
}

// ErrReviewMarks is returned by ParseReview for a document whose marks are gone, doubled or those of another approval.
// What stood between them is unknown, so nothing can be approved from it.
var ErrReviewMarks = errors.New("the marks of the review document are damaged: undo that edit, or open the review again")

// section is one part of a review document that may be edited.
type section struct {
	name, title string
	get         func(*engine.Content) *string // nil: the reason
}

var sections = map[engine.ApprovalKind][]section{
	engine.KindSpawn: {
		{"prompt", "Prompt", func(c *engine.Content) *string { return &c.Prompt }},
		{"context", "Context", func(c *engine.Content) *string { return &c.Context }},
	},
	engine.KindStep:     {{"arguments", "Arguments", func(c *engine.Content) *string { return &c.Arguments }}},
	engine.KindCommand:  {{"arguments", "Arguments", func(c *engine.Content) *string { return &c.Arguments }}},
	engine.KindEdit:     nil,
	engine.KindQuestion: nil,
}

// Review is the Markdown document in which a person reads an approval whole and may edit what will be sent. What
// cannot be seen is written out; ParseReview takes it back unchanged.
func Review(a *engine.Approval, c engine.Content) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s %s: %s\n\n", reviewVerb(a.Kind), a.ID, cell(a.Title, 200))
	fmt.Fprintf(&b, "Ticket %s of track %s, attempt %d", cell(a.Run.Ticket.ID, 80), cell(string(a.Run.Ticket.Track), 200), a.Run.Attempt)
	if c.Model != "" {
		fmt.Fprintf(&b, ", model %s", cell(c.Model, 80))
	}
	if c.Tool != "" {
		fmt.Fprintf(&b, ", tool %s", cell(c.Tool, 80))
	}
	b.WriteString(".\n")
	if a.Answer != nil {
		fmt.Fprintf(&b, "\n**Already %s by %s.** Nothing that is done here has an effect.\n", a.Answer.Decision, cell(string(a.Answer.By), 80))
	} else if len(sections[a.Kind]) > 0 {
		b.WriteString("\nWhat stands between the marks when you approve is what is used: edit it as you like.\n")
	}
	writeFixed(&b, a, c)
	for _, s := range sections[a.Kind] {
		body := text.Visible(*s.get(&c))
		fence := fenceFor(body)
		writeSection(&b, a, s.name, s.title, fence+"text\n"+body+"\n"+fence)
	}
	writeSection(&b, a, "reason", reasonTitle(a.Kind), "")
	return b.String()
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
		b.WriteString("\n## Question\n\n" + fenced("text", text.Visible(c.Question)))
	}
	if len(a.Options) > 0 {
		b.WriteString("\n")
	}
	for i, o := range a.Options {
		fmt.Fprintf(b, "%d. %s\n", i+1, cell(o, 200))
	}
	if cmd := commandOf(c); cmd != "" {
		b.WriteString("\n## Command\n\n" + fenced("sh", text.Visible(cmd)))
	}
	if c.Diff != "" {
		b.WriteString("\n## Diff\n\n" + fenced("diff", text.Visible(c.Diff)))
	}
	if len(c.Rests) > 0 {
		b.WriteString("\nIt rests on " + plural(len(c.Rests), "file") + ": ")
		names := slices.Sorted(maps.Keys(c.Rests))
		for i, name := range names {
			names[i] = cell(name, 200)
		}
		b.WriteString(strings.Join(names, ", ") + ".\n")
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

func writeSection(b *strings.Builder, a *engine.Approval, name, title, body string) {
	begin, end := marks(a, name)
	fmt.Fprintf(b, "\n## %s\n\n%s\n%s\n%s\n", title, begin, body, end)
}

// marks are lines that the content cannot hold: they name the content's own hash.
func marks(a *engine.Approval, name string) (begin, end string) {
	key := string(a.ID) + " " + a.Hash[:min(16, len(a.Hash))]
	return "<!-- slop " + name + " " + key + " -->", "<!-- slop end " + name + " " + key + " -->"
}

// ParseReview reads a review document back. c is the content that Review was given; a part that looks as it did is
// taken from c, byte for byte. It returns ErrReviewMarks where the parts cannot be told apart with certainty.
func ParseReview(a *engine.Approval, c engine.Content, document string) (Reviewed, error) {
	document = strings.ReplaceAll(document, "\r\n", "\n")
	out := Reviewed{Content: c}
	for _, s := range sections[a.Kind] {
		body, err := cutFenced(a, s.name, document)
		if err != nil {
			return Reviewed{Content: c}, err
		}
		field := s.get(&out.Content)
		if body != strings.ReplaceAll(text.Visible(*field), "\r\n", "\n") {
			*field, out.Changed = body, true
		}
	}
	reason, err := cutSection(a, "reason", document)
	if err != nil {
		return Reviewed{Content: c}, err
	}
	out.Reason = strings.TrimSpace(reason)
	return out, nil
}

// cutFenced is a section without the fence that keeps its text from being rendered.
func cutFenced(a *engine.Approval, name, document string) (string, error) {
	body, err := cutSection(a, name, document)
	if err != nil {
		return "", err
	}
	first, rest, opened := strings.Cut(body, "\n")
	fence, isText := strings.CutSuffix(first, "text")
	if !opened || !isText || strings.Trim(fence, "`") != "" || !strings.HasSuffix("\n"+rest, "\n"+fence) {
		return "", ErrReviewMarks
	}
	return strings.TrimSuffix(strings.TrimSuffix(rest, fence), "\n"), nil
}

func cutSection(a *engine.Approval, name, document string) (string, error) {
	begin, end := marks(a, name)
	if strings.Count(document, begin) != 1 || strings.Count(document, end) != 1 {
		return "", ErrReviewMarks
	}
	_, rest, _ := strings.Cut(document, begin+"\n")
	body, _, ok := strings.Cut(rest, end)
	if !ok {
		return "", ErrReviewMarks
	}
	return strings.TrimSuffix(body, "\n"), nil
}
