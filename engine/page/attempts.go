package page

import (
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// Attempt is what is known of one attempt's conversation.
type Attempt struct {
	Run  engine.Run
	Data []byte // one engine.Message a line, as JSON
	Lost bool   // it is not kept any more, or never was
	Live string // what is streamed now and is not in Data yet
	// Thinking is what the model says of its thinking now, and is not in Data yet.
	Thinking string
}

// maxLive bounds, in bytes, what is shown of a stream: its end.
const maxLive = 32 << 10

// Attempts is the whole story of a ticket as Markdown, the newest attempt first, because that is the one that is looked
// for. It is bounded: what is left out is said.
func Attempts(s *engine.Snapshot, t *engine.Ticket, attempts []Attempt) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Transcript of %s\n\n%s\n", cell(t.Key.ID, 80), escaped(TicketLine(s, t)))
	if len(attempts) == 0 {
		b.WriteString("\nNo attempt has begun.\n")
	}
	for i := len(attempts) - 1; i >= 0; i-- {
		a := attempts[i]
		fmt.Fprintf(&b, "\n# Attempt %d\n", a.Run.Attempt)
		if a.Lost && a.Live == "" && a.Thinking == "" {
			b.WriteString("\nIts conversation is not kept: it has said nothing yet, or the retention setting dropped it.\n")
			continue
		}
		writeConversation(&b, a.Data)
		if a.Thinking != "" {
			b.WriteString("\n## now · thinking\n\n" + quoted(liveEnd(a.Thinking)))
		}
		if a.Live != "" {
			b.WriteString("\n## now\n\n" + fenced("text", text.Visible(liveEnd(a.Live))))
		}
	}
	return b.String()
}

func liveEnd(live string) string {
	if len(live) <= maxLive {
		return live
	}
	end := live[len(live)-maxLive:]
	if i := strings.IndexByte(end, '\n'); i >= 0 && i < len(end)/2 {
		end = end[i+1:]
	}
	return fmt.Sprintf("[… %d bytes left out …]\n%s", len(live)-len(end), strings.ToValidUTF8(end, ""))
}

// Thinking is Streaming for what the model says of its thinking.
func Thinking(streamed string, data []byte) string {
	return beyond(streamed, data, func(m engine.Message) string { return m.Reasoning })
}

// Streaming is what a stream has beyond a kept conversation: it begins with what the assistant said in that, each turn
// and then a line end. Where it does not, all of it is given.
func Streaming(streamed string, data []byte) string {
	return beyond(streamed, data, func(m engine.Message) string { return m.Text })
}

func beyond(streamed string, data []byte, of func(engine.Message) string) string {
	rest := streamed
	for _, m := range messagesOf(data) {
		said := of(m)
		if m.Role != engine.RoleAssistant || said == "" {
			continue
		}
		after, ok := strings.CutPrefix(rest, said)
		if !ok {
			return streamed
		}
		rest = strings.TrimPrefix(after, "\n")
	}
	return rest
}
