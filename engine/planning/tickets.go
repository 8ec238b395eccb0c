package planning

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/prompts"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// ErrBroken refuses to add tickets to a document that has errors of its own.
var ErrBroken = errors.New("the track has errors: mend them first, then plan it")

// ErrNothing refuses to break down a track that says nothing.
var ErrNothing = errors.New("the track says nothing of what is wanted: write its goal, or say what the tickets are to be about")

// Tickets breaks a track into tickets: tier 2. path and src are its document as the person has it now; instruction is
// what they add, "" for nothing. Tickets that are there stay as they are, with their comments; new ones come behind them.
// Errors are ErrBroken, ErrNothing, a *RefusedError, the provider's, those of a prompt's file, and ctx's; what the calls
// cost is in the proposal beside them too.
func (p *Planner) Tickets(ctx context.Context, path string, src []byte, instruction string) (Proposal, error) {
	doc := trackfile.Parse(path, src)
	switch {
	case doc.Errors():
		return Proposal{}, ErrBroken
	case strings.TrimSpace(doc.Track.Title+doc.Track.Goal+instruction) == "":
		return Proposal{}, ErrNothing
	}
	p.note("reads the repository")
	seen, err := p.look(ctx)
	if err != nil {
		return Proposal{}, err
	}
	a, err := p.ask(engine.TierTechLead, p.TechLead, ticketsForm, prompts.TechLead, prompts.Track, map[string]string{
		"track": string(src), "next_id": doc.NextID(), "instruction": strings.TrimSpace(instruction), "agents": seen.agents,
		"files": seen.files, "code": p.code(ctx, doc.Track, instruction, seen),
	})
	if err != nil {
		return Proposal{}, err
	}
	a.track = engine.TrackID(trackfile.ID(path))
	var next *trackfile.Document
	var added []string
	err = a.converse(ctx, func(b body) (problems []trackfile.Problem) {
		next, added, problems = p.merge(ctx, doc, b)
		return problems
	})
	out := Proposal{Path: path, Before: src, Cost: a.cost}
	if err != nil {
		return out, err
	}
	out.Text, out.Added = next.Source, added
	return out, nil
}

// Add is Tickets with a text in place of a model: tickets in any form that a reply may have, such as one that a person has
// mended. A text with errors is a *RefusedError that names no model.
func (p *Planner) Add(ctx context.Context, path string, src []byte, text string) (Proposal, error) {
	doc := trackfile.Parse(path, src)
	if doc.Errors() {
		return Proposal{}, ErrBroken
	}
	b := bodyOf(text)
	next, added, problems := p.merge(ctx, doc, b)
	if len(problems) > 0 {
		return Proposal{}, &RefusedError{Problems: b.lines(problems), Reply: text, Body: b.text, Above: b.above}
	}
	return Proposal{Path: path, Before: src, Text: next.Source, Added: added}, nil
}

// merge adds the tickets of a reply to a document, or says what is wrong with them.
func (p *Planner) merge(ctx context.Context, doc *trackfile.Document, b body) (*trackfile.Document, []string, []trackfile.Problem) {
	reply := b.parse()
	problems := judge(doc, reply)
	if errorsOf(problems) != nil {
		problems = append(problems, p.missing(ctx, reply)...)
		slices.SortStableFunc(problems, func(a, b trackfile.Problem) int { return a.Span.Start - b.Span.Start })
		return nil, nil, problems
	}
	var added []string
	next := doc
	for i, t := range reply.Track.Tickets {
		t.DependsOn = written(reply.Items[i].Field("depends_on"))
		t.Status, t.AssignedTo, t.ModelOverride = "", "", "" // a person's to say: the first would skip work, the last cost money
		edits, err := next.AppendTicket(t)
		if err != nil {
			return nil, nil, []trackfile.Problem{problemAt(reply, reply.Items[i].Span, trackfile.CodeSyntax, err.Error())}
		}
		next = trackfile.Parse(doc.Name, trackfile.ApplyEdits(next.Source, edits))
		added = append(added, t.ID)
	}
	if len(added) > 0 && next.Errors() { // each part was legal, so that the whole is
		return nil, nil, []trackfile.Problem{problemAt(reply, trackfile.Span{}, trackfile.CodeSyntax, "together with the track: "+next.Problems[0].Message)}
	}
	return next, added, nil
}

// written are the dependencies as a reply states them: what it reads as is only those on its own tickets.
func written(f *trackfile.Field) []string {
	if f == nil {
		return nil
	}
	var out []string
	for _, e := range f.Elements {
		out = append(out, e.Text)
	}
	return out
}

// judge is what is wrong with a reply's tickets, as the diagnostics of a person's file say it, but that they may depend
// on the tickets that are there and must not have their ids.
func judge(doc, reply *trackfile.Document) []trackfile.Problem {
	there := func(id string) bool { return doc.Ticket(id) >= 0 }
	problems := slices.DeleteFunc(slices.Clone(reply.Problems), func(p trackfile.Problem) bool {
		return p.Code == trackfile.CodeUnknownDep && there(scalar(reply, p.Span))
	})
	for i := range reply.Items {
		id := reply.Items[i].Field("id")
		if id != nil && there(reply.Track.Tickets[i].ID) {
			problems = append(problems, problemAt(reply, id.Value, trackfile.CodeDuplicateID, fmt.Sprintf(
				"the track has a ticket %s already: begin at %s", reply.Track.Tickets[i].ID, doc.NextID())))
		}
	}
	if len(reply.Track.Tickets) == 0 && errorsOf(problems) == nil {
		problems = append(problems, problemAt(reply, trackfile.Span{}, trackfile.CodeEmpty, `the answer has no tickets: give them as {"tickets": […]}`))
	}
	return problems
}

// scalar is what stands at a span, without its quotes.
func scalar(d *trackfile.Document, at trackfile.Span) string {
	return strings.Trim(string(d.Source[at.Start:at.End]), `"'`)
}

func problemAt(d *trackfile.Document, at trackfile.Span, code trackfile.Code, msg string) trackfile.Problem {
	line, column := d.Position(at.Start)
	return trackfile.Problem{Span: at, Line: line, Column: column, Severity: trackfile.Error, Code: code, Message: msg}
}

// missing warns of the files and symbols that a reply names and that are not there: where it has to be mended anyway,
// its author may have meant others.
func (p *Planner) missing(ctx context.Context, reply *trackfile.Document) []trackfile.Problem {
	s := p.sources()
	return trackfile.CheckTargets(reply, func(path string) bool {
		_, err := p.Files.Read(ctx, path)
		return err == nil
	}, func(path, symbol string) (has, known bool) {
		o, ok := s.outline(ctx, path)
		if !ok || o.Fallback {
			return false, false
		}
		return slices.ContainsFunc(o.Symbols, func(s engine.Symbol) bool { return s.Path == symbol || s.Name == symbol }), true
	})
}
