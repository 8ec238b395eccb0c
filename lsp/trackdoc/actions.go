package trackdoc

import (
	"slices"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// deed is one thing that can be done with a ticket.
type deed struct{ verb, sign, command string }

var (
	run     = deed{"Run", "▶ ", wire.TicketRun}
	retry   = deed{"Retry", "↻ ", wire.TicketRetry}
	unblock = deed{"Unblock", "", wire.TicketUnblock}
	block   = deed{"Block", "", wire.TicketBlock}
	skip    = deed{"Skip", "", wire.TicketSkip}
	kill    = deed{"Kill", "■ ", wire.TicketKill}

	undo       = deed{"Undo", "", wire.TicketUndo}
	undoDiff   = deed{"Show what undo changes of", "", wire.DiffOpen}
	transcript = deed{"Open the transcript of", "", wire.TranscriptOpen}
	diff       = deed{"Open the diff of", "", wire.DiffOpen}
)

// deeds is what may be done with a ticket, by its status. A test holds it against engine.Decide.
var deeds = map[engine.Status][]deed{
	engine.Todo:       {run, block, skip, kill},
	engine.InProgress: {kill, block},
	engine.Blocked:    {retry, unblock, skip, kill},
	engine.Killed:     {retry},
	engine.Completed:  {undo, retry, undoDiff},
}

// status is that of a ticket in the store, else todo: what was never planned has none of its own.
func status(t *engine.Ticket) engine.Status {
	if t == nil {
		return engine.Todo
	}
	return t.Status
}

// Actions are the commands for the ticket at an offset that are legal as it stands, those that answer what it asks
// first; none outside of a ticket.
func Actions(d *Doc, offset int) []protocol.Command {
	i := d.Parsed.ItemAt(offset)
	if i < 0 || d.spec(i).ID == "" {
		return nil
	}
	id := d.spec(i).ID
	t := d.ticket(id)
	out := d.asked(t)
	for _, a := range slices.Concat(deeds[status(t)], []deed{transcript, diff}) {
		if a.possible(t) {
			out = append(out, a.on(a.verb, string(d.URI), id))
		}
	}
	return out
}

// possible says whether there is anything to do it to. t is nil for a ticket that was never planned.
func (a deed) possible(t *engine.Ticket) bool {
	switch a {
	case run:
		return t == nil || !t.Queued
	case undo, undoDiff:
		return t != nil && t.CanUndo()
	case retry:
		return t == nil || t.Undo == nil
	case transcript:
		return t != nil && t.Attempt > 0
	case diff:
		return t != nil && (len(t.Delivered) > 0 || t.Refused != "")
	}
	return true
}

// on is the command that does it to a ticket of the track with the URI.
func (a deed) on(verb, uri, id string) protocol.Command {
	title := verb + " " + line(id, shortText)
	if a.command == wire.DiffOpen {
		return Command(title, a.command, wire.DiffArgs{URI: uri, ID: id, Undo: a == undoDiff})
	}
	return Command(title, a.command, wire.TicketArgs{URI: uri, ID: id})
}

// asked are the commands that answer what a ticket waits for.
func (d *Doc) asked(t *engine.Ticket) []protocol.Command {
	if t == nil || t.Approval == "" || d.Asks == nil {
		return nil
	}
	return d.Asks(t)
}

// maxLensed is for how many tickets lenses are shown. Of a longer document only those that somebody has touched get
// some.
const maxLensed = 500

// Lenses are what there is to do next with each ticket, above it.
func Lenses(d *Doc) []protocol.CodeLens {
	var out []protocol.CodeLens
	few, shown := len(d.Parsed.Items) <= maxLensed, 0
	for i := range d.Parsed.Items {
		id := d.spec(i).ID
		if id == "" || d.Parsed.Ticket(id) != i {
			continue
		}
		t := d.ticket(id)
		if !few && (t == nil || t.Status == engine.Todo || t.Status == engine.Completed && !t.Stale) {
			continue
		}
		if shown++; shown > maxLensed {
			break
		}
		at := d.Parsed.Items[i].Span
		at.End = at.Start
		r := d.Range(at)
		next := []protocol.Command{run.on(run.sign+run.verb, string(d.URI), id)}
		if t != nil {
			next = Next(d.State, string(d.URI), t, d.asked(t))
		}
		for _, c := range next {
			out = append(out, protocol.CodeLens{Range: r, Command: c})
		}
	}
	return out
}

// maxAsked is how many of the answers to an approval a lens shows: the first are those of its prompt.
const maxAsked = 3

// Next are the commands that a person most likely wants next of a ticket of the track with the URI, those that answer
// what it asks first.
func Next(s *engine.Snapshot, uri string, t *engine.Ticket, asked []protocol.Command) []protocol.Command {
	out := slices.Clone(asked[:min(len(asked), maxAsked)])
	add := func(a deed, note string) {
		c := a.on(a.sign+a.verb, uri, t.Key.ID)
		if note != "" {
			c.Title += " (" + note + ")"
		}
		out = append(out, c)
	}
	standing := Standing(s, t)
	switch t.Status {
	case engine.Todo:
		if tr, ok := s.Track(t.Key.Track); !t.Queued && (!ok || tr.Status != engine.TrackRunning) {
			add(run, standing)
		}
	case engine.InProgress:
		add(kill, standing)
	case engine.Blocked:
		add(retry, standing)
		add(unblock, "")
	case engine.Killed:
		add(retry, standing)
	case engine.Completed:
		if t.Stale {
			add(retry, "stale")
		}
	}
	return out
}
