package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/scripted"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// say prints a line of the demo; with a level of 1 it begins a part.
func (d *demo) say(level int, format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if level == 1 {
		line = "\n" + d.paint(bold, line)
	}
	fmt.Fprintln(d.app.out, line)
}

// prompt prints what a person is to answer, without ending the line.
func (d *demo) prompt(s string) { fmt.Fprint(d.app.err, s) }

// Colours, only on a terminal.
const (
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	green = "\x1b[32m"
	red   = "\x1b[31m"
	blue  = "\x1b[36m"
	reset = "\x1b[0m"
)

func (d *demo) paint(colour, s string) string {
	if !terminal(d.app.out) || s == "" {
		return s
	}
	return colour + s + reset
}

// show prints the track as it moves. It belongs to the driving loop.
type show struct {
	d     *demo
	strip string // as it was printed last
	start time.Time
	last  map[string]wire.Ticket
}

func newShow(d *demo) *show { return &show{d: d, start: time.Now(), last: map[string]wire.Ticket{}} }

// line prints one line with the time since the start.
func (s *show) line(colour, format string, args ...any) {
	s.d.say(0, "%s %s", s.d.paint(dim, fmt.Sprintf("%5.1fs", time.Since(s.start).Seconds())), s.d.paint(colour, fmt.Sprintf(format, args...)))
}

// status prints the DAG when it has moved, and reports whether the track rests.
func (s *show) status(status wire.Status) (rests bool) {
	for _, track := range status.Tracks {
		if !strings.HasSuffix(demoTrack, ".track.yaml") || track.ID+".track.yaml" != demoTrack {
			continue
		}
		var parts []string
		for _, t := range track.Tickets {
			s.ticket(t)
			parts = append(parts, ticketWord(t))
		}
		if strip := strings.Join(parts, "   "); strip != s.strip {
			s.strip = strip
			s.line("", "%s", strip)
		}
		rests = track.Status == string(engine.TrackDone) || track.Status == string(engine.TrackBlocked)
	}
	return rests
}

// ticket tells what a person should notice of a ticket's move.
func (s *show) ticket(t wire.Ticket) {
	before := s.last[t.ID]
	s.last[t.ID] = t
	if t.RetryCount > before.RetryCount {
		s.line(blue, "↻ %s failed its attempt; the next one gets a larger model and the reason", t.ID)
	}
	if t.Status == string(engine.Blocked) && before.Status != t.Status {
		s.line(red, "■ %s is blocked: %s", t.ID, t.Reason)
	}
}

func ticketWord(t wire.Ticket) string {
	word := page.Glyph(engine.Status(t.Status)) + " " + t.ID
	if t.Phase != "" {
		return word + " " + t.Phase
	}
	return word
}

// model prints one request to the scripted models.
func (s *show) model(r scripted.Record) {
	if r.Model == demoAnalyst {
		s.line(blue, "⚑ a command failed: tier 4 (%s) is asked why, before the worker goes on", r.Model)
		return
	}
	if analysis := lastAnalysis(r.Messages); analysis != "" {
		s.line(blue, "⚑ tier 4 says: %s", visibleLine(analysis, 220))
	}
	s.line(dim, "  %s → %s, turn %d", r.Ticket, r.Model, r.Turn+1)
}

// lastAnalysis is what tier 4 added to the tool result that a worker's request ends with.
func lastAnalysis(messages []scripted.Message) string {
	if len(messages) == 0 {
		return ""
	}
	_, analysis, _ := strings.Cut(messages[len(messages)-1].Text, "Analysis of this failure")
	_, analysis, _ = strings.Cut(analysis, "\n")
	return strings.TrimSpace(analysis)
}

// asked prints a prompt.
func (s *show) asked(message string) {
	shown, _ := text.VisibleLine(message, 160)
	s.line(bold, "? %s", shown)
}

func (s *show) answered(words string) { s.line(green, "! %s", words) }

func (s *show) told(message string) {
	shown, _ := text.VisibleLine(message, 160)
	s.line(dim, "  %s", shown)
}

// edit prints what was delivered into the editor's buffers.
func (s *show) edit(path, how, diff string) {
	s.line(green, "→ delivered: %s, %s", path, how)
	for l := range strings.Lines(text.Visible(diff)) {
		l = strings.TrimRight(l, "\n")
		colour := dim
		switch {
		case strings.HasPrefix(l, "---"), strings.HasPrefix(l, "+++"), strings.HasPrefix(l, "@@"):
		case strings.HasPrefix(l, "+"):
			colour = green
		case strings.HasPrefix(l, "-"):
			colour = red
		}
		s.d.say(0, "         %s", s.d.paint(colour, l))
	}
}

// watchModels sends each request that the scripted server has seen, once, in order.
func (d *demo) watchModels(ctx context.Context) <-chan scripted.Record {
	out := make(chan scripted.Record)
	go func() {
		for seen := 0; ; seen++ {
			records, err := d.models.Await(ctx, func(r []scripted.Record) bool {
				return len(r) > seen && (r[seen].Model != "" || r[seen].Outcome != scripted.Pending)
			})
			if err != nil {
				return
			}
			select {
			case out <- records[seen]:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// summary tells from the store, which outlived the server, what the run came to: context, answers and usage.
func (d *demo) summary(ctx context.Context) (track *engine.Track, err error) {
	s, err := d.store()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	narrator := engine.NewNarrator(engine.NewState())
	var book answerBook
	for e, err := range s.Events(ctx, 0) {
		if err != nil {
			return nil, err
		}
		lines, err := narrator.Tell(e)
		if err != nil {
			return nil, err
		}
		book.add(lines)
	}
	snap := narrator.Snapshot()
	for t := range snap.Tracks() {
		track = t
	}
	if track == nil {
		return nil, errors.New("the server has stored no track: this is a bug of slop-ls")
	}
	d.tell(track, book.lines)
	return track, nil
}

// answerBook pairs what was asked with who answered.
type answerBook struct {
	at    map[any]int // approval → its line
	lines []string
}

func (b *answerBook) add(lines []engine.Line) {
	if b.at == nil {
		b.at = map[any]int{}
	}
	for _, l := range lines {
		id := l.Fields["id"]
		switch l.Type {
		case "approval_requested":
			b.at[id] = len(b.lines)
			b.lines = append(b.lines, fmt.Sprintf("%-3v %s %-8v %s", id, l.Ticket, l.Fields["kind"], visibleLine(l.Fields["title"], 80)))
		case "approval_decided":
			edited := ""
			if l.Fields["edited"] == true {
				edited = ", as edited"
			}
			b.lines[b.at[id]] += fmt.Sprintf("\n                  %v by %s%s", l.Fields["decision"], visibleLine(l.Fields["by"], 60), edited)
		}
	}
}

func visibleLine(v any, n int) string {
	out, _ := text.VisibleLine(fmt.Sprint(v), n)
	return out
}

// tell prints the tables of the end.
func (d *demo) tell(track *engine.Track, answers []string) {
	d.say(1, "Who asked what, and who answered (from the journal)")
	for _, l := range answers {
		d.say(0, "  %s", l)
	}
	d.say(1, "What each ticket came to")
	for t := range track.Tickets() {
		note := fmt.Sprintf("attempt %d on %s, %s tokens", t.Attempt, t.Model, page.Tokens(t.Usage.Total()))
		if t.Before > 0 {
			note += fmt.Sprintf(", context pruned from %s to %s tokens", page.Tokens(int64(t.Before)), page.Tokens(int64(t.After)))
		}
		if t.Attempt == 0 {
			note = "not started"
		}
		d.say(0, "  %s %s  %s", page.Glyph(t.Status), t.Key.ID, note)
		came := t.Summary
		if t.Block != nil {
			came = t.Block.Reason
		}
		if came != "" {
			d.say(0, "        %s", visibleLine(came, 100))
		}
	}
	d.say(1, "What each tier used")
	for i, tier := range engine.Tiers {
		if u, ok := track.Usage[tier]; ok {
			d.say(0, "  tier %d %-10s %7s in %7s out  %s", i+1, tier, page.Tokens(u.Input), page.Tokens(u.Output), page.Money(u.Cost))
		}
	}
}
