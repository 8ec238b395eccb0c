package page

import (
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
)

// Outcome is what a track came to, as Markdown: a commit message to start from, and the whole diff. moved names files
// that others have changed since.
func Outcome(t *engine.Track, set engine.ChangeSet, moved []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: what has changed\n\n%s\n", cell(trackTitle(t), 200), escaped(trackLine(t)))
	if set.Empty() {
		b.WriteString("\nNothing has changed in the workspace.\n")
		return b.String()
	}
	b.WriteString("\n## A commit message to start from\n\nslop-ls commits nothing: that is yours.\n\n" + fenced("text", CommitMessage(t, set)))
	fmt.Fprintf(&b, "\n## The whole diff, against what the track found\n\n%s.\n", plural(len(set.Files), "file"))
	if len(moved) > 0 {
		fmt.Fprintf(&b, "Changed since by somebody else, which the diff shows too: %s.\n", cell(strings.Join(moved, ", "), 400))
	}
	b.WriteString("\n" + boundedDiff(set))
	return b.String()
}

func trackTitle(t *engine.Track) string {
	if t.Title != "" {
		return t.Title
	}
	return string(t.ID)
}

// The widths of a commit message: its first line, and the others.
const (
	subjectWidth = 72
	bodyWidth    = 72
)

// CommitMessage proposes a message for what a track changed, from its title, its goal, the tickets that delivered and
// the files. It is plain text with nothing hidden in it, and always the same for the same track.
func CommitMessage(t *engine.Track, set engine.ChangeSet) string {
	var b strings.Builder
	b.WriteString(line(strings.TrimRight(strings.TrimSpace(trackTitle(t)), "."), subjectWidth) + "\n")
	if goal := line(firstParagraph(t.Goal), 600); goal != "" {
		b.WriteString("\n" + wrapped(goal, "", bodyWidth))
	}
	var did strings.Builder
	for ticket := range t.Tickets() {
		if len(ticket.Delivered) > 0 && ticket.Status == engine.Completed {
			did.WriteString(wrapped("- "+line(ticket.Key.ID+": "+firstParagraph(ticket.Task()), 300), "  ", bodyWidth))
		}
	}
	if did.Len() > 0 {
		b.WriteString("\n" + did.String())
	}
	b.WriteString("\n" + wrapped(filesLine(set), "", bodyWidth))
	return b.String()
}

// firstParagraph is a text up to its first empty line, as one line.
func firstParagraph(s string) string {
	s, _, _ = strings.Cut(strings.ReplaceAll(strings.TrimSpace(s), "\r\n", "\n"), "\n\n")
	return strings.Join(strings.Fields(s), " ")
}

// maxNamed bounds how many files a commit message names.
const maxNamed = 12

func filesLine(set engine.ChangeSet) string {
	names := make([]string, 0, maxNamed)
	for i, f := range set.Files {
		if i == maxNamed {
			names = append(names, fmt.Sprintf("and %d more", len(set.Files)-maxNamed))
			break
		}
		names = append(names, line(f.Path, 120))
	}
	return "Files: " + strings.Join(names, ", ")
}

// wrapped breaks a line between words where it is wider; the lines after the first begin with indent.
func wrapped(s, indent string, width int) string {
	var b strings.Builder
	used := 0
	for i, word := range strings.Fields(s) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case used+1+n > width:
			b.WriteString("\n" + indent)
			used = len(indent)
		default:
			b.WriteString(" ")
			used++
		}
		b.WriteString(word)
		used += n
	}
	return b.String() + "\n"
}
