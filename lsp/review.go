package lsp

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// A Review… document is Markdown with everything that an approval asks. What may be edited stands between marker
// lines that carry a key; the key occurs nowhere in the content, so no content can pass for a marker.

// section is one stretch between markers.
type section struct {
	name, heading string
	get           func(a *answer) *string
}

var (
	sectionPrompt    = section{"prompt", "Prompt", func(a *answer) *string { return &a.content.Prompt }}
	sectionContext   = section{"context", "Context", func(a *answer) *string { return &a.content.Context }}
	sectionArguments = section{"arguments", "Arguments", func(a *answer) *string { return &a.content.Arguments }}
	sectionReason    = section{"reason", "Reason, where you reject it", func(a *answer) *string { return &a.reason }}
	sectionAnswer    = section{"answer", "Your answer", func(a *answer) *string { return &a.reason }}
)

// sectionsOf is what can be edited of an approval.
func sectionsOf(kind engine.ApprovalKind) []section {
	switch kind {
	case engine.KindSpawn:
		return []section{sectionPrompt, sectionContext, sectionReason}
	case engine.KindStep, engine.KindCommand:
		return []section{sectionArguments, sectionReason}
	case engine.KindQuestion:
		return []section{sectionAnswer}
	case engine.KindEdit:
	}
	return []section{sectionReason}
}

// reviewKey is a key for the markers that the content does not contain.
func reviewKey(a *engine.Approval, c engine.Content) string {
	all := c.Prompt + c.Context + c.Arguments + c.Diff + c.Question
	for n := 8; n < len(a.Hash); n++ {
		if !strings.Contains(all, a.Hash[:n]) {
			return a.Hash[:n]
		}
	}
	return a.Hash + "-" + string(a.ID)
}

func marker(edge, name, key string) string {
	return fmt.Sprintf("<!-- slop:%s %s %s -->", edge, name, key)
}

// renderReview is the document of an approval.
func renderReview(a *engine.Approval, c engine.Content) string {
	title, _ := titleOf(a)
	key := reviewKey(a, c)
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- slop:review %s %s -->\n", a.ID, key)
	fmt.Fprintf(&b, "# %s: %s\n\n", a.ID, title)
	fmt.Fprintf(&b, "Ticket %s of %s. Edit what stands between the marker lines and leave those as they are; then approve or\n"+
		"reject by a code action or lens of this file.\n", a.Run.Ticket.ID, a.Run.Ticket.Track)
	if c.Model != "" {
		fmt.Fprintf(&b, "\nModel: `%s`\n", text.Visible(c.Model))
	}
	if c.Tool != "" {
		fmt.Fprintf(&b, "\nTool: `%s`\n", text.Visible(c.Tool))
	}
	fenced(&b, "Question", "text", text.Visible(c.Question))
	fenced(&b, "Change", "diff", text.Visible(c.Diff))
	reply := &answer{content: c}
	for _, s := range sectionsOf(a.Kind) {
		value := *s.get(reply)
		fmt.Fprintf(&b, "\n## %s\n\n", s.heading)
		if hidden := hiddenIn(value); hidden != "" {
			fmt.Fprintf(&b, "**Careful:** this contains characters that do not show: %s\n\n", hidden)
		}
		fmt.Fprintf(&b, "%s\n%s\n%s\n", marker("begin", s.name, key), value, marker("end", s.name, key))
	}
	if len(a.Options) > 0 {
		fmt.Fprintf(&b, "\nOne of: %s\n", text.Visible(strings.Join(a.Options, " · ")))
	}
	return b.String()
}

// fenced writes a block that is only read, with a fence that its text does not contain.
func fenced(b *strings.Builder, heading, lang, body string) {
	if body == "" {
		return
	}
	fence := "```"
	for strings.Contains(body, fence) {
		fence += "`"
	}
	fmt.Fprintf(b, "\n## %s\n\n%s%s\n%s\n%s\n", heading, fence, lang, strings.TrimRight(body, "\n"), fence)
}

var madeVisible = regexp.MustCompile(`⟨(?:U\+|0x)[0-9A-F]+⟩`)

// hiddenIn names the first characters of a text that cannot be seen; the text itself must stay as it is, since what
// is approved is what is sent.
func hiddenIn(s string) string {
	shown := text.Visible(strings.ReplaceAll(s, "⟨", ""))
	return strings.Join(madeVisible.FindAllString(shown, 5), " ")
}

// reviewError says where a Review… document is damaged. Line counts from 0.
type reviewError struct {
	line int
	msg  string
}

func (e *reviewError) Error() string {
	return fmt.Sprintf("line %d: %s; nothing was approved or rejected", e.line+1, e.msg)
}

var reviewHead = regexp.MustCompile(`^<!-- slop:review (A[0-9]+) ([0-9a-zA-Z-]+) -->$`)

// reviewID is the approval that a document says it is about, with its key.
func reviewID(doc string) (id engine.ApprovalID, key string, err error) {
	head, _, _ := strings.Cut(doc, "\n")
	m := reviewHead.FindStringSubmatch(strings.TrimSuffix(head, "\r"))
	if m == nil {
		return "", "", &reviewError{0, "the first line, which names the approval, is missing or changed: undo that, or open the review again"}
	}
	return engine.ApprovalID(m[1]), m[2], nil
}

// parseReview reads back what renderReview wrote, as edited, into a copy of the content. The error is a *reviewError.
func parseReview(doc string, a *engine.Approval, c engine.Content) (answer, error) {
	id, key, err := reviewID(doc)
	if err != nil {
		return answer{}, err
	}
	if want := reviewKey(a, c); id != a.ID || key != want {
		return answer{}, &reviewError{0, fmt.Sprintf("this is not the review of %s as it is asked now: open it again", a.ID)}
	}
	lines := strings.Split(doc, "\n")
	if strings.HasSuffix(lines[0], "\r") { // the editor made them CRLF; what was asked had them as they are
		lines = strings.Split(strings.ReplaceAll(doc, "\r\n", "\n"), "\n")
	}
	reply := answer{content: c}
	at := 0
	for _, s := range sectionsOf(a.Kind) {
		begin, err := findMarker(lines, at, marker("begin", s.name, key))
		if err != nil {
			return answer{}, err
		}
		end, err := findMarker(lines, begin+1, marker("end", s.name, key))
		if err != nil {
			return answer{}, err
		}
		*s.get(&reply) = strings.Join(lines[begin+1:end], "\n")
		at = end + 1
	}
	reply.reason = strings.TrimSpace(reply.reason)
	return reply, checkMarkers(lines, a.Kind, key)
}

// findMarker is the line of a marker at or after from.
func findMarker(lines []string, from int, want string) (int, error) {
	for i := from; i < len(lines); i++ {
		if lines[i] == want {
			return i, nil
		}
	}
	return 0, &reviewError{min(from, len(lines)-1), fmt.Sprintf("from here on the marker line %q is missing or changed: put it back", want)}
}

// checkMarkers refuses markers that are there more than once, or changed and still recognisable.
func checkMarkers(lines []string, kind engine.ApprovalKind, key string) error {
	known := map[string]int{}
	for _, s := range sectionsOf(kind) {
		known[marker("begin", s.name, key)], known[marker("end", s.name, key)] = 1, 1
	}
	for i, line := range lines[1:] {
		if !strings.Contains(line, key) {
			continue
		}
		if known[line]--; known[line] != 0 {
			return &reviewError{i + 1, "this marker line is here twice or was changed: undo that"}
		}
	}
	return nil
}
