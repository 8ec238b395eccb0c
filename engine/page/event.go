package page

import (
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
)

// Event is a line of the event stream in words, for `run` and `log` on a terminal; "" for what only programs need.
func Event(l engine.Line) string {
	words := eventWords(l)
	if words == "" {
		return ""
	}
	who := line(l.Ticket, 30)
	if who == "" {
		who = line(string(l.Track), 120)
	}
	return l.Time.Local().Format("15:04:05") + fmt.Sprintf("  %-5s ", who) + words
}

func eventWords(l engine.Line) string {
	get := func(name string) string { return line(fmt.Sprint(l.Fields[name]), 200) }
	switch l.Type {
	case "track_started":
		return "the track runs"
	case "track_paused":
		return "the track is " + halted(l)
	case "budget_warned":
		return "▲ " + get("text")
	case "track_done":
		return "✓ the track is done"
	case "track_blocked":
		return "■ nothing more can run" + because(l)
	case "ticket_started":
		return fmt.Sprintf("● starts, attempt %s on %s", get("attempt"), get("model"))
	case "ticket_retried":
		return "↻ back to todo" + colon(retried(l)) + because(l)
	case "ticket_completed":
		return "✓ completed" + colon(get("summary"))
	case "ticket_blocked":
		return "■ blocked by " + get("by") + because(l)
	case "ticket_killed":
		return "✗ killed by " + get("by") + because(l)
	case "approval_requested":
		return fmt.Sprintf("? %s asks (%s): %s", get("id"), get("kind"), get("title"))
	case "approval_decided":
		edited := ""
		if l.Fields["edited"] == true {
			edited = ", edited"
		}
		return fmt.Sprintf("! %s %s%s by %s", get("id"), get("decision"), edited, get("by")) + because(l)
	case "edit_delivered":
		if l.Fields["undo"] == true {
			return "← taken back: " + delivered(l)
		}
		return "→ " + delivered(l)
	case "undo_refused":
		return "■ not undone" + because(l)
	case "tool_call":
		return "  " + get("name") + colon(get("summary"))
	case "tool_result":
		if l.Fields["ok"] == true {
			return ""
		}
		return "  " + get("name") + " failed" + colon(get("summary"))
	default:
		return ""
	}
}

// halted says how a track came to rest, and by whom or why.
func halted(l engine.Line) string {
	how := "paused"
	if l.Fields["stopped"] == true {
		how = "stopped"
	}
	reason, _ := l.Fields["reason"].(string)
	if strings.HasPrefix(reason, how+" by ") {
		return line(reason, 200)
	}
	return how + because(l)
}

// retried says why a ticket is tried again, where its reason does not.
func retried(l engine.Line) string {
	cause, _ := l.Fields["cause"].(engine.Cause)
	switch cause {
	case engine.CauseFailure:
		return "it failed"
	case engine.CausePerson:
		return line(fmt.Sprintf("by %v", l.Fields["by"]), 200)
	case engine.CauseInterrupted, engine.CauseUndo:
		return string(cause)
	case engine.CauseStopped, engine.CauseNoPerson, engine.CauseBudget, engine.CauseAwaits:
	}
	return ""
}

func because(l engine.Line) string {
	reason, _ := l.Fields["reason"].(string)
	return colon(line(reason, 200))
}

func colon(s string) string {
	if s == "" || s == "<nil>" {
		return ""
	}
	return ": " + s
}

func delivered(l engine.Line) string {
	files, _ := l.Fields["files"].([]engine.DeliveredFile)
	parts := make([]string, len(files))
	for i, f := range files {
		parts[i] = fmt.Sprintf("%s %s (+%d −%d)", f.Op, line(f.Path, 120), f.Added, f.Gone)
		if f.Merged {
			parts[i] += ", merged"
		}
		if f.Partly {
			parts[i] += ", in part"
		}
		if f.Reshaped {
			parts[i] += ", formatted by the editor"
		}
	}
	note, _ := l.Fields["note"].(string)
	return strings.Join(parts, ", ") + colon(line(note, 200))
}
