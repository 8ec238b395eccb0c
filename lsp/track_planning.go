package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/planning"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// Tiers 1 and 2 in the editor: what a model proposes is laid into the buffer of the track's document, unsaved, for the
// person to review. Nothing runs by it.

// trackNew is tier 1.
func trackNew(ctx context.Context, s *Session, _ view, a wire.NewTrackArgs) (any, error) {
	if strings.TrimSpace(a.Goal) == "" {
		return nil, rpc.Refuse(rpc.InvalidParams, `"goal" must say what is to be true when the work is done`)
	}
	return s.planWith(ctx, "new track", func(ctx context.Context, p *planning.Planner) error {
		proposal, err := p.Track(ctx, a.Goal)
		if err != nil {
			s.spent(ctx, "", proposal.Cost)
			return err
		}
		return s.newTrack(ctx, p, a.Goal, proposal)
	})
}

// generates says whether a plan is to be written, and not only opened.
func generates(a wire.PlanArgs, spec trackfile.Track) bool {
	if a.Generate != nil {
		return *a.Generate
	}
	return a.Instruction != "" || len(spec.Tickets) == 0 && strings.TrimSpace(spec.Goal) != ""
}

// generate is tier 2.
func (s *Session) generate(ctx context.Context, path, instruction string) (any, error) {
	return s.planWith(ctx, "tickets of "+path, func(ctx context.Context, p *planning.Planner) error {
		file, err := s.hub.Files().Read(ctx, path)
		if err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
		proposal, err := p.Tickets(ctx, path, file.Data, instruction)
		s.spent(ctx, engine.TrackID(trackfile.ID(path)), proposal.Cost)
		if err != nil {
			return err
		}
		label := fmt.Sprintf("%s: new tickets %s", path, strings.Join(proposal.Added, ", "))
		if err := s.lay(ctx, path, label, file.Data, proposal.Text); err != nil {
			return s.keep(ctx, path, string(proposal.Text), err)
		}
		s.tell(ctx, protocol.MessageTypeInfo, label+": review them; they count once the document is saved")
		return nil
	})
}

// planWith lets a planner work. A client that asked for a progress of its request gets its answer at the end, and can cancel
// it; the others are answered at once, because some wait for each answer and do nothing else, and get a progress of ours.
func (s *Session) planWith(ctx context.Context, what string, do func(context.Context, *planning.Planner) error) (any, error) {
	if s.hub.opts.Planner == nil {
		return nil, rpc.Refuse(rpc.RequestFailed, "slop-ls has no models to plan with here")
	}
	p, err := s.hub.opts.Planner()
	if err != nil {
		return nil, rpc.Refuse(rpc.RequestFailed, "%v", err)
	}
	work := func(ctx context.Context) error {
		p.Note = func(doing string) { barOf(ctx).report(ctx, doing) }
		err := s.kept(ctx, do(ctx, p))
		if err != nil && ctx.Err() == nil {
			s.log.Info("a plan was not made", "what", what, "err", err)
		}
		return err
	}
	if barOf(ctx) != nil {
		return nil, work(ctx)
	}
	s.later(func(ctx context.Context) {
		if err := s.inProgress(ctx, what, work); err != nil && !errors.Is(err, rpc.ErrCancelled) && ctx.Err() == nil {
			s.tell(ctx, protocol.MessageTypeError, what+": "+err.Error())
		}
	})
	return nil, nil
}

// inProgress is work under a progress that we make, where the client shows any.
func (s *Session) inProgress(ctx context.Context, title string, do func(context.Context) error) error {
	token := fmt.Sprintf("slop:plan:%d", s.hub.planned.Add(1))
	raw, err := json.Marshal(token)
	if err != nil || !s.createToken(ctx, token) {
		return do(ctx)
	}
	_, err = withProgress(raw, title, func(ctx context.Context, _ *Session) (any, error) {
		if err := do(ctx); err != nil {
			return nil, errors.Join(err, cancelledBy(ctx))
		}
		return nil, nil
	})(ctx, s)
	if errors.Is(err, context.Canceled) {
		return rpc.ErrCancelled
	}
	return err
}

// cancelledBy is errCancelled where the person has cancelled the work of ctx.
func cancelledBy(ctx context.Context) error {
	if errors.Is(context.Cause(ctx), rpc.ErrCancelled) {
		return rpc.ErrCancelled
	}
	return nil
}

// spent journals what planning cost. That it could not be is no reason to lose the plan.
func (s *Session) spent(ctx context.Context, track engine.TrackID, c planning.Cost) {
	if c.Calls == 0 {
		return
	}
	cmd := engine.RecordPlanning{Track: track, Tier: c.Tier, Model: c.Model, Usage: c.Usage}
	if err := s.engine.Do(context.WithoutCancel(ctx), cmd); err != nil {
		s.log.Warn("what planning cost is not in the journal", "err", err)
	}
}

// newTrack makes the document of a new track: first with its title and the person's own words, so that there is something
// to open, then by an edit with what the model made of them.
func (s *Session) newTrack(ctx context.Context, p *planning.Planner, goal string, proposal planning.Proposal) error {
	stub := trackfile.Bare(proposal.Title, strings.TrimSpace(goal))
	path, err := s.reserve(ctx, p, proposal, stub)
	s.spent(ctx, engine.TrackID(trackfile.ID(path)), proposal.Cost)
	if err != nil {
		return s.keep(ctx, proposal.Path, string(proposal.Text), err)
	}
	if err := s.lay(ctx, path, "new track: "+proposal.Title, stub, proposal.Text); err != nil {
		return s.keep(ctx, path, string(proposal.Text), err)
	}
	s.tell(ctx, protocol.MessageTypeInfo, fmt.Sprintf("%s is a new track: review it, then let %s break it into tickets", path, wire.TrackPlan))
	return nil
}

// reserve writes the first text of a new track under a name that is free.
func (s *Session) reserve(ctx context.Context, p *planning.Planner, proposal planning.Proposal, stub []byte) (path string, err error) {
	select {
	case s.hub.scratch <- struct{}{}: // nobody else takes a name meanwhile
		defer func() { <-s.hub.scratch }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	if path, err = p.FreePath(ctx, proposal.Title); err != nil {
		return "", err
	}
	set := engine.ChangeSet{Label: "new track: " + proposal.Title, Files: []engine.FileChange{{Path: path, Op: engine.OpCreate, After: stub}}}
	if _, err = s.hub.opts.Applier.Deliver(ctx, engine.Run{}, set); err != nil {
		return "", fmt.Errorf("making %s: %w", path, err)
	}
	return path, nil
}

// lay lays a new text of a track's document into the editor, unsaved. Where that does not open it, the text goes to the
// disk, but not into a track that runs: what is new there would start before anybody has looked at it.
func (s *Session) lay(ctx context.Context, path, label string, before, after []byte) error {
	change := engine.FileChange{Path: path, Op: engine.OpModify, Base: before, After: after}
	set := engine.ChangeSet{Label: label, Files: []engine.FileChange{change}}
	open, shown := s.opened(ctx, path)
	if open && s.traits().ApplyEdit {
		d := &dispatch{s: s, label: label, preview: s.previews(set)}
		_, err := d.deliver(ctx, set.Files)
		if !s.lost(ctx, err) {
			return err
		}
	}
	if tr, ok := s.engine.Snapshot().Track(engine.TrackID(trackfile.ID(path))); ok && tr.Status == engine.TrackRunning {
		return fmt.Errorf("%s runs, and is not open here: pause it, or open its document, and plan again", path)
	}
	if _, err := s.hub.opts.Applier.Deliver(ctx, engine.Run{}, set); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	file := filepath.Join(s.hub.opts.Root, filepath.FromSlash(path))
	switch {
	case shown: // by an editor that does not tell us of such files
		s.tell(ctx, protocol.MessageTypeWarning, file+" was written to the disk, and is shown as it was before: reload it to review it.")
	default:
		s.tell(ctx, protocol.MessageTypeInfo, "Open "+file+" to review it.")
	}
	return nil
}

// opened opens a document in the editor and waits until it says so. open is false where it does not; shown says that it
// shows it nevertheless.
func (s *Session) opened(ctx context.Context, path string) (open, shown bool) {
	is := func(docs *document.Set) bool { d := docs.ByPath(path); return d != nil && d.Broken == nil }
	if is(s.desk.Docs()) {
		return true, true
	}
	if !s.traits().ShowDocument {
		return false, false
	}
	var result protocol.ShowDocumentResult
	params := &protocol.ShowDocumentParams{URI: s.desk.Docs().Root.URI(path), TakeFocus: new(true)}
	err := s.conn.Call(ctx, protocol.MethodWindowShowDocument, params, &result)
	if err != nil || !result.Success {
		s.log.Debug("a document was not shown", "path", path, "err", err)
		return false, false
	}
	return s.shows(ctx, is), true
}

// shows waits for the open documents to be as they should; false where they are not within askTime.
func (s *Session) shows(ctx context.Context, as func(*document.Set) bool) bool {
	late := time.NewTimer(askTime)
	defer late.Stop()
	for {
		docs, changed := s.desk.Watch()
		if as(docs) {
			return true
		}
		select {
		case <-changed:
		case <-late.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// kept turns the error of a reply that could not be used into one that says where its text is kept, and opens it.
func (s *Session) kept(ctx context.Context, err error) error {
	var refused *planning.RefusedError
	if !errors.As(err, &refused) {
		return err
	}
	head := "What is wrong with this answer:\n\n" + strings.Join(refused.Problems, "\n") + "\n\nThe answer:\n\n"
	return s.keep(ctx, string(refused.Tier), head+refused.Reply, err)
}

// keep writes a text that found no place to a file, which is opened, and adds the file to the error.
func (s *Session) keep(ctx context.Context, name, text string, cause error) error {
	name = strings.NewReplacer("/", "-", "\\", "-").Replace(name)
	file := filepath.Join(filepath.Dir(s.hub.opts.ReviewDir), "planning", strings.TrimPrefix(name, ".")+".txt")
	if err := replaceFile(file, text, 0o600); err != nil {
		return errors.Join(cause, fmt.Errorf("keeping the model's text: %w", err))
	}
	s.later(func(ctx context.Context) { s.showFile(ctx, file, "mend what the model wrote") })
	return fmt.Errorf("%w; its text is kept in %s", cause, file)
}
