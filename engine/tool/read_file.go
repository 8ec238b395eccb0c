package tool

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

//go:embed read_file.md
var readFileDoc string

type readFileArgs struct {
	Path    string `json:"path" jsonschema:"the file, relative to the workspace's root, or the name of a result" min:"1"`
	Start   int    `json:"start_line,omitempty" jsonschema:"the first line to read, from 1" min:"1"`
	End     int    `json:"end_line,omitempty" jsonschema:"the last line to read" min:"1"`
	Numbers bool   `json:"line_numbers,omitempty" jsonschema:"write its number before each line"`
}

func readFile() engine.Tool {
	return newTool("read_file", readFileDoc, engine.EffectRead, callReadFile)
}

func callReadFile(ctx context.Context, draft engine.Draft, a readFileArgs) (engine.ToolResult, error) {
	f, err := readShown(ctx, draft, a.Path)
	if err != nil {
		return engine.ToolResult{}, err
	}
	content, hadBOM := strings.CutPrefix(string(f.Data), "\ufeff")
	lines := splitLines(content)
	if len(lines) == 0 {
		return engine.ToolResult{Text: a.Path + " is empty\n", Summary: "read " + a.Path + " (empty)"}, nil
	}
	first, last, err := a.lines(len(lines))
	if err != nil {
		return engine.ToolResult{}, err
	}
	whole := first == 1 && last == len(lines)
	header := fmt.Sprintf("%s, lines %d to %d of %d%s", a.Path, first, last, len(lines), oddities(f, content, hadBOM))
	summary := fmt.Sprintf("read %s (lines %d to %d of %d)", a.Path, first, last, len(lines))
	if whole {
		summary = fmt.Sprintf("read %s (%s)", a.Path, plural(len(lines), "line"))
	}
	return engine.ToolResult{Text: header + "\n\n" + a.show(lines[first-1:last], first), Summary: summary}, nil
}

// readShown reads a file, or what is kept of an earlier result.
func readShown(ctx context.Context, draft engine.Draft, p string) (engine.File, error) {
	if !engine.OnShelf(p) {
		return readText(ctx, draft, p)
	}
	kept, err := draft.Shelf().Read(p)
	return engine.File{Path: p, Data: []byte(kept)}, told(err)
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
	if !strings.HasSuffix(text, "\n") && !engine.OnShelf(f.Path) {
		odd.WriteString(", no newline at the end")
	}
	return odd.String()
}

// show joins lines, of which first is the number of the first, within the bound. Where the middle must go it says which
// lines those are: the file is there to be read on, so that nothing need be kept of it.
func (a readFileArgs) show(lines []string, first int) string {
	var b strings.Builder
	for i, line := range lines {
		if a.Numbers {
			fmt.Fprintf(&b, "%5d|", first+i)
		}
		b.WriteString(showLine(line))
	}
	return text.CutLines(b.String(), maxResult, func(from, to, _ int) string {
		from, to = from+first-1, to+first-1
		return fmt.Sprintf("[… lines %d to %d are left out: read them with start_line %d …]", from, to, from)
	})
}
