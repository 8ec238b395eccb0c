package page_test

import (
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
)

// What people read of the stream is words, none of the names that programs know.
func TestEventIsInWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		typ    string
		fields map[string]any
		want   string
	}{
		{"ticket_retried", map[string]any{"cause": engine.CauseNoPerson, "reason": "nobody was there"}, "↻ back to todo: nobody was there"},
		{"ticket_retried", map[string]any{"cause": engine.CauseFailure, "by": engine.ByWorker, "reason": "no file"}, "↻ back to todo: it failed: no file"},
		{"ticket_retried", map[string]any{"cause": engine.CausePerson, "by": engine.ByPerson, "reason": ""}, "↻ back to todo: by person"},
		{"ticket_retried", map[string]any{"cause": engine.CauseUndo, "reason": "not so"}, "↻ back to todo: undo: not so"},
		{"track_paused", map[string]any{"reason": "paused by person"}, "the track is paused by person"},
		{"track_paused", map[string]any{"reason": "budget: it is used up"}, "the track is paused: budget: it is used up"},
		{"track_paused", map[string]any{"reason": "stopped by person", "stopped": true}, "the track is stopped by person"},
	} {
		got := page.Event(engine.Line{Type: c.typ, Track: "a", Ticket: "T1", Fields: c.fields})
		if !strings.HasSuffix(got, "T1    "+c.want) {
			t.Errorf("%s: %q, want %q", c.typ, got, c.want)
		}
	}
}
