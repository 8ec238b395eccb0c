package lsp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// onTicket is a command on one ticket. words are the reason or the instruction that came with it.
func onTicket(cmd func(k engine.TicketKey, by engine.Actor, words string) engine.Command) func(context.Context, *Session, view, wire.TicketArgs) (any, error) {
	return func(ctx context.Context, s *Session, v view, a wire.TicketArgs) (any, error) {
		if a.ID == "" {
			return nil, rpc.Refuse(rpc.InvalidParams, `"id" must name a ticket`)
		}
		return onDocument(ctx, s, v, a.URI, func(id engine.TrackID) engine.Command {
			return cmd(engine.TicketKey{Track: id, ID: a.ID}, s.actor(), a.Reason)
		})
	}
}

var (
	ticketRun = onTicket(func(k engine.TicketKey, by engine.Actor, words string) engine.Command {
		return engine.RunTicket{Ticket: k, By: by, Instruction: words}
	})
	ticketRetry = onTicket(func(k engine.TicketKey, by engine.Actor, words string) engine.Command {
		return engine.RetryTicket{Ticket: k, By: by, Instruction: words}
	})
	ticketKill = onTicket(func(k engine.TicketKey, by engine.Actor, words string) engine.Command {
		return engine.KillTicket{Ticket: k, By: by, Reason: words}
	})
	ticketBlock = onTicket(func(k engine.TicketKey, by engine.Actor, words string) engine.Command {
		return engine.BlockTicket{Ticket: k, By: by, Reason: words}
	})
	ticketUnblock = onTicket(func(k engine.TicketKey, by engine.Actor, words string) engine.Command {
		return engine.UnblockTicket{Ticket: k, By: by, Instruction: words}
	})
	ticketSkip = onTicket(func(k engine.TicketKey, by engine.Actor, words string) engine.Command {
		return engine.SkipTicket{Ticket: k, By: by, Reason: words}
	})
)

// subject is what a ticket is made about: a symbol of an open source file, or with a zero symbol the file.
type subject struct {
	doc    *document.Document
	symbol engine.Symbol
}

// name is what people call a subject.
func (a subject) name() string {
	if a.symbol.Path == "" {
		return a.doc.Path
	}
	return a.symbol.Path
}

// subjectAt is the symbol at a place. Where there is none the error comes with the file.
func (s *Session) subjectAt(ctx context.Context, v view, raw string, at wire.Position) (subject, error) {
	d, err := v.docs.Need(uri.URI(raw))
	if err != nil {
		return subject{}, err
	}
	if !isSource(d) {
		return subject{}, rpc.Refuse(rpc.InvalidParams, "%s is no source file of the workspace", raw)
	}
	offset := d.Index.Offset(text.Position{Line: int(at.Line), Column: int(at.Character)}, v.docs.Encoding)
	sym, ok, err := s.hub.symbolAt(ctx, d, offset)
	if err != nil {
		return subject{}, fmt.Errorf("reading the declarations of %s: %w", d.Path, err)
	}
	if !ok {
		return subject{doc: d}, rpc.Refuse(rpc.RequestFailed, "there is no symbol here: put the cursor into a declaration of %s", d.Path)
	}
	return subject{d, sym}, nil
}

func runOnSymbol(ctx context.Context, s *Session, v view, a wire.RunOnSymbolArgs) (any, error) {
	about, err := s.subjectAt(ctx, v, a.URI, a.Position)
	if err != nil {
		return nil, err
	}
	var first engine.TicketKey
	if found := s.hub.aiming(s.engine.Snapshot(), about.doc.Path, about.symbol); len(found) > 0 {
		first = found[0].Key
		err = s.runAll(ctx, found, a.Instruction)
		if err == nil {
			s.acted()
		}
	} else {
		first, err = s.scratchTicket(ctx, about, a.Instruction, func(ctx context.Context, key engine.TicketKey) error {
			if err := s.engine.Do(ctx, engine.RunTicket{Ticket: key, By: s.actor()}); err != nil {
				return err
			}
			s.acted() // only now: the edit of the scratch track came back as if it had been typed
			return nil
		})
	}
	if err != nil {
		return nil, err
	}
	return s.ref(ctx, v, first), nil
}

// runAll queues tickets; blocked ones are tried again, and those that run already are left alone.
func (s *Session) runAll(ctx context.Context, tickets []*engine.Ticket, instruction string) error {
	for _, t := range tickets {
		s.hub.own(t.Key.Track, s)
		var cmd engine.Command
		switch t.Status {
		case engine.Todo:
			cmd = engine.RunTicket{Ticket: t.Key, By: s.actor(), Instruction: instruction}
		case engine.Blocked:
			cmd = engine.RetryTicket{Ticket: t.Key, By: s.actor(), Instruction: instruction}
		case engine.InProgress, engine.Completed, engine.Killed:
			continue
		}
		if err := s.engine.Do(ctx, cmd); err != nil {
			return err
		}
	}
	return nil
}

func newTicket(ctx context.Context, s *Session, v view, a wire.NewTicketArgs) (any, error) {
	about, err := s.subjectAt(ctx, v, a.URI, a.Range.Start)
	if err != nil && (about.doc == nil || a.Instruction == "") { // what to do can be said of a file as a whole, too
		return nil, err
	}
	key, err := s.scratchTicket(ctx, about, a.Instruction, func(ctx context.Context, key engine.TicketKey) error {
		s.tell(ctx, protocol.MessageTypeInfo, fmt.Sprintf("%s is a new ticket of %s: run it there, or at %s", key.ID, scratchPath, about.name()))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.ref(ctx, v, key), nil
}

// scratchTicket adds a ticket to the workspace's scratch track, by an edit of its document, plans it, and goes on with then.
// It names the ticket as soon as it can, and says what fails after that in a message.
func (s *Session) scratchTicket(
	ctx context.Context, about subject, instruction string, then func(context.Context, engine.TicketKey) error,
) (engine.TicketKey, error) {
	named := make(chan engine.TicketKey, 1) // room for the one
	err := s.inTime(ctx, func(ctx context.Context) error {
		defer close(named)
		key, err := s.addToScratch(ctx, about, instruction, named)
		if err == nil {
			err = then(ctx, key)
		}
		return err
	}, func(ctx context.Context, err error) {
		if err != nil {
			s.tell(ctx, protocol.MessageTypeWarning, err.Error())
		}
	})
	if err != nil {
		return engine.TicketKey{}, err
	}
	select {
	case key, ok := <-named:
		if !ok {
			return key, rpc.Refuse(rpc.RequestFailed, "nothing was added to %s: a message says why", scratchPath)
		}
		return key, nil
	case <-ctx.Done():
		return engine.TicketKey{}, context.Cause(ctx)
	}
}

// addToScratch adds a ticket, which it names before it sends the edit, and plans it.
func (s *Session) addToScratch(ctx context.Context, about subject, instruction string, named chan<- engine.TicketKey) (engine.TicketKey, error) {
	select {
	case s.hub.scratch <- struct{}{}:
		defer func() { <-s.hub.scratch }()
	case <-ctx.Done():
		return engine.TicketKey{}, context.Cause(ctx)
	}
	change, doc, err := s.scratchDocument(ctx)
	if err != nil {
		return engine.TicketKey{}, err
	}
	ticket := about.ticket(doc.NextID(), instruction)
	edits, err := doc.AppendTicket(ticket)
	if err != nil {
		return engine.TicketKey{}, fmt.Errorf("adding to %s: %w", scratchPath, err)
	}
	change.After = trackfile.ApplyEdits(doc.Source, edits)
	key := engine.TicketKey{Track: engine.TrackID(trackfile.ID(scratchPath)), ID: ticket.ID}
	named <- key
	s.hub.own(key.Track, s)
	set := engine.ChangeSet{Label: ticket.ID + ": new ticket for " + about.name(), Files: []engine.FileChange{change}}
	if _, err := s.hub.Deliver(ctx, engine.Run{Ticket: key}, set); err != nil {
		return engine.TicketKey{}, fmt.Errorf("adding to %s: %w", scratchPath, err)
	}
	return key, s.hub.plan(ctx, scratchPath, trackfile.Parse(scratchPath, change.After))
}

// scratchDocument is the scratch track as it is now, or a new one, and the change that will replace it.
func (s *Session) scratchDocument(ctx context.Context) (engine.FileChange, *trackfile.Document, error) {
	file, err := s.hub.Files().Read(ctx, scratchPath)
	change := engine.FileChange{Path: scratchPath, Op: engine.OpModify, Base: file.Data}
	if errors.Is(err, fs.ErrNotExist) {
		fresh := trackfile.Bare("Scratch", "Single tickets, made from the editor.")
		return engine.FileChange{Path: scratchPath, Op: engine.OpCreate}, trackfile.Parse(scratchPath, fresh), nil
	}
	if err != nil {
		return change, nil, fmt.Errorf("reading %s: %w", scratchPath, err)
	}
	doc := trackfile.Parse(scratchPath, file.Data)
	if doc.Errors() {
		return change, nil, rpc.Refuse(rpc.RequestFailed, "%s has errors: mend them first", scratchPath)
	}
	return change, doc, nil
}

// ticket is a new ticket about the symbol. Without an instruction it takes the one that a TODO or FIXME comment at
// the symbol gives, else it says that a person must write it.
func (a subject) ticket(id, instruction string) trackfile.Ticket {
	src := a.doc.Text()
	if instruction == "" {
		instruction = todoIn(src[a.symbol.Start:a.symbol.End])
	}
	if instruction == "" {
		instruction = engine.ToBeWritten(a.name())
	}
	t := trackfile.Ticket{ID: id, Description: instruction, TargetFile: a.doc.Path}
	if a.symbol.Path != "" {
		t.TargetSymbols = []string{a.symbol.Path}
	}
	return t
}
