package text

import (
	"fmt"
	"strconv"
	"strings"

	"znkr.io/diff"
	"znkr.io/diff/textdiff"
)

// Diff is a small list of edits that turns before into after, sorted and not
// touching one another: Apply(before, Diff(before, after)) is always after. The
// edits are whole lines, lines ending at \n.
func Diff(before, after []byte) []Edit {
	return diffStrings(string(before), string(after))
}

func diffStrings(before, after string) []Edit {
	if before == after {
		return nil
	}
	from, to := lineOffsets(before), lineOffsets(after)
	hunks := textdiff.Hunks(before, after, diff.Context(0), textdiff.IndentHeuristic())
	edits := make([]Edit, len(hunks))
	for i, h := range hunks {
		edits[i].Span = Span{from[h.LineNoX], from[h.EndLineNoX]}
		edits[i].New = after[to[h.LineNoY]:to[h.EndLineNoY]]
	}
	return edits
}

// Common is how many bytes two texts begin and end with in common; the two do not overlap. What lies between them is the one edit
// that turns the one into the other.
func Common[T string | []byte](a, b T) (head, tail int) {
	n := min(len(a), len(b))
	for head < n && a[head] == b[head] {
		head++
	}
	for tail < n-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	return head, tail
}

// lineOffsets is the start of each line of s, and the length of s. Lines end
// at \n; no line follows the last one's.
func lineOffsets(s string) []int {
	offsets := make([]int, 1, strings.Count(s, "\n")+2)
	for at := 0; at < len(s); {
		n := strings.IndexByte(s[at:], '\n') + 1
		if n == 0 {
			n = len(s) - at
		}
		at += n
		offsets = append(offsets, at)
	}
	return offsets
}

// lines is s cut after each \n.
func lines(s string) []string {
	return strings.SplitAfter(s, "\n")[:len(lineOffsets(s))-1]
}

// Unified is the difference in the unified format with context lines around
// each change, or "" where there is none. The labels head it; they are paths, or
// /dev/null for a file that is not there. A label with unusual characters is
// quoted, so that it stays on its line.
func Unified(oldLabel, newLabel string, before, after []byte, context int) string {
	hunks := textdiff.Hunks(string(before), string(after),
		diff.Context(max(context, 0)), textdiff.IndentHeuristic())
	if len(hunks) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "--- %s\n+++ %s\n", label(oldLabel), label(newLabel))
	for _, h := range hunks {
		writeHunk(&b, h)
	}
	return b.String()
}

// label is s as a header line can hold it.
func label(s string) string {
	quoted := strconv.Quote(s)
	if quoted == `"`+s+`"` {
		return s
	}
	return quoted
}

func writeHunk(b *strings.Builder, h textdiff.Hunk[string]) {
	fmt.Fprintf(b, "@@ -%s +%s @@\n", hunkRange(h.LineNoX, h.EndLineNoX), hunkRange(h.LineNoY, h.EndLineNoY))
	for _, e := range h.Edits {
		b.WriteByte(sign(e.Op))
		b.WriteString(e.Line)
		if !strings.HasSuffix(e.Line, "\n") {
			b.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

func sign(op diff.Op) byte {
	switch op {
	case diff.Delete:
		return '-'
	case diff.Insert:
		return '+'
	}
	return ' '
}

// hunkRange is the lines [start, end), counted from 0, as a hunk's header gives
// them: from 1, an empty range by the line before it, and no count where it is 1.
func hunkRange(start, end int) string {
	switch end - start {
	case 0:
		return fmt.Sprintf("%d,0", start)
	case 1:
		return strconv.Itoa(start + 1)
	}
	return fmt.Sprintf("%d,%d", start+1, end-start)
}
