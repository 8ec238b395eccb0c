package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// maxToolResult bounds what is shown of one tool's result; it is cut in the middle, and says so.
const maxToolResult = 16 << 10

// The bounds of a conversation, in bytes as it is kept: what is shown of its beginning and of its end. A message counts
// at most what is shown of it.
const (
	maxHead = 128 << 10
	maxTail = 512 << 10
)

// Transcript is the conversation of an attempt as Markdown. data holds one engine.Message a line, as JSON; a line that
// is none is shown as it is, since a transcript is most needed when something went wrong. Of a long one the middle is
// left out, which it says.
func Transcript(run engine.Run, data []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Transcript of %s, attempt %d\n\nTrack %s.\n", cell(run.Ticket.ID, 80), run.Attempt, cell(string(run.Ticket.Track), 200))
	writeConversation(&b, data)
	return b.String()
}

func writeConversation(b *strings.Builder, data []byte) {
	head, tail, left := ends(data)
	turn := writeLines(b, 0, head)
	if left > 0 {
		fmt.Fprintf(b, "\n## %d … %d\n\n%s left out here: `slop-ls export` has all of them.\n", turn+1, turn+left, plural(left, "message"))
	}
	if writeLines(b, turn+left, tail) == 0 {
		b.WriteString("\nNothing was said yet.\n")
	}
}

// writeLines writes messages and gives the number of the last one.
func writeLines(b *strings.Builder, turn int, data []byte) int {
	for raw := range rawLines(data) {
		turn++
		var m engine.Message
		if err := json.Unmarshal(raw, &m); err != nil {
			fmt.Fprintf(b, "\n## %d · damaged line\n\n%s", turn, fenced("text", text.CutMiddle(text.Visible(string(raw)), maxToolResult)))
			continue
		}
		writeMessage(b, turn, m)
	}
	return turn
}

// rawLines yields the lines that are not empty.
func rawLines(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for raw := range bytes.Lines(data) {
			if raw = bytes.TrimSpace(raw); len(raw) > 0 && !yield(raw) {
				return
			}
		}
	}
}

// messagesOf are the messages of a conversation; what is none is left out.
func messagesOf(data []byte) []engine.Message {
	var out []engine.Message
	for raw := range rawLines(data) {
		var m engine.Message
		if json.Unmarshal(raw, &m) == nil {
			out = append(out, m)
		}
	}
	return out
}

// ends is a conversation's beginning and end, and how many messages lie between. It looks at the lines' lengths alone:
// reading ten megabytes of messages takes longer than a person who watches them should wait.
func ends(data []byte) (head, tail []byte, left int) {
	used := 0
	rest := data
	for len(rest) > 0 && used < maxHead {
		var line []byte
		line, rest = cutLine(rest)
		used += weight(line)
	}
	head = data[:len(data)-len(rest)]
	end := len(rest)
	for used = 0; end > 0; {
		start := bytes.LastIndexByte(rest[:end-1], '\n') + 1
		if used += weight(rest[start:end]); used > maxTail {
			break
		}
		end = start
	}
	for range rawLines(rest[:end]) {
		left++
	}
	return head, rest[end:], left
}

// weight is what a line counts: a long one is shown cut.
func weight(line []byte) int { return min(len(line), 2*maxToolResult) }

func cutLine(data []byte) (line, rest []byte) {
	i := bytes.IndexByte(data, '\n') + 1
	if i == 0 {
		i = len(data)
	}
	return data[:i], data[i:]
}

func writeMessage(b *strings.Builder, turn int, m engine.Message) {
	title := cell(string(m.Role), 40)
	if m.Role == engine.RoleTool {
		title = "result of " + cell(m.Name, 80)
	}
	fmt.Fprintf(b, "\n## %d · %s\n", turn, title)
	if m.Reasoning != "" {
		b.WriteString("\nThinking:\n\n" + quoted(m.Reasoning))
	}
	if m.Text != "" {
		b.WriteString("\n" + fenced(languageOf(m), shownText(m.Text)))
	}
	for _, call := range m.Calls {
		fmt.Fprintf(b, "\nCalls **%s**:\n\n%s", cell(call.Name, 80), fenced("json", shownText(indented(call.Arguments))))
	}
}

// quoted is what a model says of its thinking, told from what it says by a quotation.
func quoted(thought string) string {
	return "> " + strings.ReplaceAll(strings.TrimRight(fenced("text", shownText(thought)), "\n"), "\n", "\n> ") + "\n"
}

// languageOf is what a message's text is written in, for who colours it.
func languageOf(m engine.Message) string {
	if m.Role == engine.RoleTool && m.Name == "get_diff" {
		return "diff"
	}
	return "text"
}

// shownText is a text cut to what is shown, with nothing hidden in it.
func shownText(s string) string {
	return text.CutMiddle(text.Visible(text.CutMiddle(s, 2*maxToolResult)), maxToolResult)
}

// indented is JSON as people read it, or s where it is not JSON.
func indented(s string) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(s), "", "  ") != nil {
		return s
	}
	return out.String()
}
