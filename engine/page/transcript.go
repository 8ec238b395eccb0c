package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// maxToolResult bounds what is shown of one tool's result; it is cut in the middle, and says so.
const maxToolResult = 16 << 10

// Transcript is the conversation of an attempt as Markdown. data holds one engine.Message a line, as JSON; a line that
// is none is shown as it is, since a transcript is most needed when something went wrong.
func Transcript(run engine.Run, data []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Transcript of %s, attempt %d\n\nTrack %s.\n", cell(run.Ticket.ID, 80), run.Attempt, cell(string(run.Ticket.Track), 200))
	turn := 0
	for raw := range bytes.Lines(data) {
		raw = bytes.TrimSpace(raw)
		if len(raw) == 0 {
			continue
		}
		turn++
		var m engine.Message
		if err := json.Unmarshal(raw, &m); err != nil {
			fmt.Fprintf(&b, "\n## %d · damaged line\n\n%s", turn, fenced("text", text.CutMiddle(text.Visible(string(raw)), maxToolResult)))
			continue
		}
		writeMessage(&b, turn, m)
	}
	if turn == 0 {
		b.WriteString("\nNothing was said yet.\n")
	}
	return b.String()
}

func writeMessage(b *strings.Builder, turn int, m engine.Message) {
	title := string(m.Role)
	if m.Role == engine.RoleTool {
		title = "result of " + cell(m.Name, 80)
	}
	fmt.Fprintf(b, "\n## %d · %s\n", turn, title)
	if m.Text != "" {
		b.WriteString("\n" + fenced("text", text.CutMiddle(text.Visible(m.Text), maxToolResult)))
	}
	for _, call := range m.Calls {
		fmt.Fprintf(b, "\nCalls **%s**:\n\n%s", cell(call.Name, 80), fenced("json", text.Visible(indented(call.Arguments))))
	}
}

// indented is JSON as people read it, or s where it is not JSON.
func indented(s string) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(s), "", "  ") != nil {
		return s
	}
	return out.String()
}
