package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
)

// runner drives one track on the command line. Its fields belong to the goroutine of run.
type runner struct {
	app     *app
	root    string
	works   works
	blobs   engine.Blobs
	shared  bool            // the engine ran before: what it has asked it does not ask again
	ended   <-chan struct{} // closed when the engine of this process has ended; nil where works tells that
	track   engine.TrackID
	opts    runOptions
	mode    approveMode
	by      engine.Actor
	signals <-chan os.Signal

	narrator *engine.Narrator // nil until the past is known; it goes on from one engine to the next
	begun    bool             // what was asked for was submitted
	since    uint64           // Seq by which that had been decided: before it nothing has come to rest
	asker    *asker           // nil unless a person is asked
	refused  bool             // an approval of this run was rejected
	paused   bool             // SIGINT asked for it
	over     *engine.Overrun  // the bound that has paused the track
	standing bool             // it is waited for that the workers stand still
	still    chan error       // once paused: no worker of the track is in a step; room for one
}

// told is an event on its way from the journal.
type told struct {
	event engine.Event
	err   error
}

// run returns when the track has come to rest, was interrupted, or the engine has ended.
func (r *runner) run(ctx context.Context, track trackDoc) error {
	if err := r.begin(ctx, track); err != nil {
		return err
	}
	snap, err := r.works.Now(ctx)
	if err != nil {
		return err
	}
	if t, ok := snap.Track(r.track); ok && t.Status == engine.TrackDone && r.opts.ticket == "" {
		r.printOutcome(t)
		return nil
	}
	r.since = snap.Seq()
	events, done := r.follow(ctx)
	defer done()
	return r.loop(ctx, events)
}

// remember folds the past, after which everything is told. Where an engine has ended under the runner that is known.
func (r *runner) remember(ctx context.Context, journal engine.Journal) error {
	if r.narrator != nil {
		return nil
	}
	state, err := engine.Load(ctx, journal)
	if err != nil {
		return err
	}
	r.narrator, r.still = engine.NewNarrator(state), make(chan error, 1)
	return nil
}

// begin makes the document the plan and starts what was asked for.
func (r *runner) begin(ctx context.Context, track trackDoc) error {
	c := r.works
	snap, err := c.Now(ctx)
	if err != nil {
		return err
	}
	for _, cmd := range replan(snap, r.root, track) {
		if err := c.Do(ctx, cmd); err != nil {
			return err
		}
	}
	if r.opts.ticket == "" {
		return c.Do(ctx, engine.StartTrack{Track: r.track, By: r.starter()})
	}
	if r.begun {
		return nil // the next engine takes it up again by itself
	}
	key := engine.TicketKey{Track: r.track, ID: r.opts.ticket}
	if snap, err = c.Now(ctx); err != nil {
		return err
	}
	_, t, err := ticketOf(snap, r.track, r.opts.ticket)
	if err != nil {
		return err
	}
	if waits := snap.WaitsFor(key); len(waits) > 0 && waits[0].File == "" && t.Status == engine.Todo {
		return &exitError{code: exitBlocked, err: fmt.Errorf("%s waits for %s (%s): run that first, or the whole track with `slop-ls run %s`",
			key.ID, waits[0].Ticket.ID, waits[0].Why, r.track)}
	}
	err = c.Do(ctx, engine.RunTicket{Ticket: key, By: r.starter(), Instruction: r.opts.instruction})
	r.begun = err == nil
	if illegal := (*engine.TransitionError)(nil); errors.As(err, &illegal) && illegal.From == engine.InProgress {
		return nil // its track runs, so it has started by itself: it only has to be waited for
	}
	return err
}

func (r *runner) starter() engine.Actor { return byTerminal }

// follow sends what the journal holds after what the narrator has told. done ends it and waits for it.
func (r *runner) follow(ctx context.Context) (events <-chan told, done func()) {
	ctx, cancel := context.WithCancel(ctx)
	out, ended := make(chan told), make(chan struct{})
	after := r.narrator.Seq()
	go func() {
		defer close(ended)
		for e, err := range r.works.Follow(ctx, after) {
			select {
			case out <- told{e, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, func() { cancel(); <-ended }
}

// loop takes what happens until the track rests.
func (r *runner) loop(ctx context.Context, events <-chan told) error {
	if r.asker == nil && r.mode == approveAsk && r.app.person() {
		r.asker = newAsker(r)
	}
	if err := r.askPending(ctx); err != nil {
		return err
	}
	for {
		select {
		case t := <-events:
			if t.err != nil {
				return t.err
			}
			if err := r.tell(ctx, t.event); err != nil {
				return err
			}
			if finished, err := r.finished(); finished {
				return err
			}
		case input := <-r.asker.typed():
			if err := r.asker.answer(ctx, input); err != nil {
				return err
			}
		case <-r.ended:
			return engine.ErrStopped
		case <-r.signals:
			if r.paused {
				return &exitError{code: exitInterrupted, err: errors.New("interrupted: what was under way is taken up again by the next `slop-ls run`")}
			}
			if err := r.pause(ctx); err != nil {
				return err
			}
		case err := <-r.still:
			if err == nil {
				err = r.stoodStill()
			}
			if err != nil {
				return err
			}
		}
	}
}

// askPending asks what a shared engine had asked before this run began. One that starts now asks it again by itself.
func (r *runner) askPending(ctx context.Context) error {
	if !r.shared {
		return nil
	}
	for p := range r.narrator.Snapshot().Pending() {
		if err := r.asked(ctx, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// tell prints an event and answers what it asks.
func (r *runner) tell(ctx context.Context, e engine.Event) error {
	lines, err := r.narrator.Tell(e)
	if err != nil {
		return err
	}
	r.follows(e.Body)
	r.overBudget(ctx, e.Body)
	for _, l := range lines {
		if l.Track != r.track {
			continue
		}
		if err := r.print(l); err != nil {
			return err
		}
	}
	switch b := e.Body.(type) {
	case engine.ApprovalRequested:
		return r.asked(ctx, b.ID)
	case engine.ApprovalResumed:
		return r.asked(ctx, b.ID)
	case engine.ApprovalDecided:
		r.refused = r.refused || b.Decision == engine.Rejected
		return r.asker.settled(ctx, b.ID)
	case engine.ApprovalWithdrawn:
		return r.asker.settled(ctx, b.ID)
	}
	return nil
}

// follows keeps an eye on what runs when its document gives it another name.
func (r *runner) follows(b engine.Body) {
	switch b := b.(type) {
	case engine.TrackRenamed:
		if b.Track == r.track {
			r.track = b.To
		}
	case engine.TrackPlanned:
		if to, ok := b.Renamed[r.opts.ticket]; ok && b.Track == r.track {
			r.opts.ticket = to
		}
	}
}

func (r *runner) print(l engine.Line) error {
	if r.app.json {
		return r.app.printJSON(l)
	}
	if text := page.Event(l); text != "" {
		r.asker.say(r.app, text)
	}
	return nil
}

// asked answers an approval of this track by what the flag says, or asks the person.
func (r *runner) asked(ctx context.Context, id engine.ApprovalID) error {
	approval, ok := r.narrator.Snapshot().Approval(id)
	if !ok || !approval.Pending() || approval.Run.Ticket.Track != r.track {
		return nil
	}
	if waits, err := r.works.Waits(ctx, id); err != nil || !waits {
		return err // what was told lags behind: a rule has answered it in the same moment, or somebody since
	}
	switch {
	case r.mode == approveAllow && approval.Kind != engine.KindQuestion:
		return r.allow(ctx, approval)
	case r.mode == approveDeny:
		return r.decide(ctx, engine.AnswerApproval{ID: id, Decision: engine.Rejected, By: r.by, Reason: "approvals are refused in this run"})
	case r.asker != nil:
		return r.asker.ask(ctx, id)
	}
	return r.askedNobody(ctx, id)
}

// askedNobody denies an approval for want of a person, unless one sits at an editor.
func (r *runner) askedNobody(ctx context.Context, id engine.ApprovalID) error {
	switch editors, err := r.works.Editors(ctx); {
	case err != nil:
		return err
	case editors > 0:
		fmt.Fprintf(r.app.err, "slop-ls: %s waits for an answer in the editor\n", id)
		return nil
	default:
		return r.decide(ctx, engine.AnswerApproval{ID: id, Decision: engine.Denied, By: engine.ByConductor, Reason: "nobody was there to ask"})
	}
}

// allow answers by the flag. A spawn whose instruction nobody has written it cannot approve: that waits for a person.
func (r *runner) allow(ctx context.Context, approval *engine.Approval) error {
	answer := engine.AnswerApproval{ID: approval.ID, Decision: engine.Approved, By: r.by}
	if approval.Kind != engine.KindSpawn {
		return r.decide(ctx, answer)
	}
	content, err := engine.LoadContent(ctx, r.blobs, approval.Hash)
	if err != nil {
		return err
	}
	if engine.CheckAnswer(approval, content, answer.Decision, "") != nil {
		answer.Decision, answer.By = engine.Denied, engine.ByConductor
		answer.Reason = fmt.Sprintf("%s has no instruction yet: write it as its description in %s, then run again", approval.Run.Ticket.ID, r.track)
		fmt.Fprintln(r.app.err, "slop-ls: "+answer.Reason)
	}
	return r.decide(ctx, answer)
}

// decide submits an answer. Somebody else's earlier one stands.
func (r *runner) decide(ctx context.Context, answer engine.AnswerApproval) error {
	err := r.works.Do(ctx, answer)
	if decided := (*engine.DecidedError)(nil); errors.As(err, &decided) || errors.Is(err, engine.ErrNoApproval) {
		return nil
	}
	return err
}

// pause is the first SIGINT.
func (r *runner) pause(ctx context.Context) error {
	err := r.works.Do(ctx, engine.PauseTrack{Track: r.track, By: r.by})
	if err != nil && !errors.Is(err, engine.ErrNotRunning) { // one ticket runs by itself: its step ends first too
		return err
	}
	r.paused = true
	if track := r.track; !r.standing {
		r.standing = true
		go func() { r.still <- r.works.Quiet(ctx, track) }() // ends with the conductor at the latest
	}
	fmt.Fprintln(r.app.err, "slop-ls: pausing: steps under way end first; interrupt again to stop at once (nothing is lost)")
	return nil
}

// finished reports whether there is nothing to wait for, and with what outcome.
func (r *runner) finished() (bool, error) {
	snap := r.narrator.Snapshot()
	t, ok := snap.Track(r.track)
	if !ok {
		return false, nil
	}
	if r.paused || r.narrator.Seq() < r.since {
		return false, nil
	}
	if r.opts.ticket != "" {
		ticket, ok := t.Ticket(r.opts.ticket)
		if !ok || ticket.Status == engine.InProgress || ticket.Status == engine.Todo && !ticket.Denied {
			return false, nil
		}
		return true, ticketOutcome(ticket, r.refused)
	}
	if t.Status != engine.TrackDone && t.Status != engine.TrackBlocked && t.Status != engine.TrackStopped {
		return false, nil
	}
	r.printOutcome(t)
	return true, outcome(t, r.refused)
}

// close lets go of the terminal.
func (r *runner) close() { r.asker.close() }
