package tool

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slop-ls/slop-ls/engine"
)

//go:embed read_file.md
var readFileDoc string

type readFileArgs struct {
	Path  string `json:"path" jsonschema:"the file, relative to the workspace's root" min:"1"`
	Start int    `json:"start_line,omitempty" jsonschema:"the first line to read, from 1" min:"1"`
	End   int    `json:"end_line,omitempty" jsonschema:"the last line to read" min:"1"`
}

func readFile() engine.Tool {
	return newTool("read_file", readFileDoc, engine.EffectRead, callReadFile)
}

func callReadFile(ctx context.Context, draft engine.Draft, a readFileArgs) (engine.ToolResult, error) {
	f, err := readText(ctx, draft, a.Path)
	if err != nil {
		return engine.ToolResult{}, err
	}
	text, hadBOM := strings.CutPrefix(string(f.Data), "\ufeff")
	lines := splitLines(text)
	if len(lines) == 0 {
		return engine.ToolResult{Text: a.Path + " is empty\n", Summary: "read " + a.Path + " (empty)"}, nil
	}
	first, last, err := a.lines(len(lines))
	if err != nil {
		return engine.ToolResult{}, err
	}
	whole := first == 1 && last == len(lines)
	header := fmt.Sprintf("%s, lines %d to %d of %d%s", a.Path, first, last, len(lines), oddities(f, text, hadBOM))
	summary := fmt.Sprintf("read %s (lines %d to %d of %d)", a.Path, first, last, len(lines))
	if whole {
		summary = fmt.Sprintf("read %s (%s)", a.Path, plural(len(lines), "line"))
	}
	return engine.ToolResult{Text: header + "\n\n" + numbered(lines[first-1:last], first), Summary: summary}, nil
}

// lines is the range that is asked for, within a file of n lines.
func (a readFileArgs) lines(n int) (first, last int, err error) {
	first, last = max(a.Start, 1), n
	if a.End > 0 {
		last = min(a.End, n)
	}
	if first > n {
		return 0, 0, mistakef("%s has %s, and start_line is %d", a.Path, plural(n, "line"), first)
	}
	if a.End > 0 && a.End < first {
		return 0, 0, mistakef("end_line %d is before start_line %d", a.End, first)
	}
	return first, last, nil
}

// oddities says what cannot be seen in the text as shown.
func oddities(f engine.File, text string, hadBOM bool) string {
	var odd strings.Builder
	if f.Open {
		odd.WriteString(", open in the editor")
	}
	if hadBOM {
		odd.WriteString(", begins with a byte order mark")
	}
	if strings.Contains(text, "\r\n") {
		odd.WriteString(", lines end with CRLF")
	}
	if !utf8.ValidString(text) {
		odd.WriteString(", not UTF-8: bytes that are not are shown as \ufffd")
	}
	if !strings.HasSuffix(text, "\n") {
		odd.WriteString(", no newline at the end")
	}
	return odd.String()
}

// numbered joins lines within the bound. Where the middle must go it says which lines those are; first is the number
// of the first.
func numbered(lines []string, first int) string {
	shown := make([]string, len(lines))
	size := 0
	for i, line := range lines {
		shown[i] = showLine(line)
		size += len(shown[i])
	}
	if size <= maxResult {
		return strings.Join(shown, "")
	}
	head, tail := fit(shown, maxResult*2/3), 0
	for size := 0; tail < len(shown)-head; tail++ {
		if size += len(shown[len(shown)-1-tail]); size > maxResult/3 {
			break
		}
	}
	from, to := first+head, first+len(shown)-tail-1
	gap := fmt.Sprintf("[… lines %d to %d are left out: read them with start_line %d …]\n", from, to, from)
	return strings.Join(shown[:head], "") + gap + strings.Join(shown[len(shown)-tail:], "")
}

// fit is how many of the first lines have room in so many bytes.
func fit(lines []string, room int) int {
	for i, line := range lines {
		if room -= len(line); room < 0 {
			return i
		}
	}
	return len(lines)
}
