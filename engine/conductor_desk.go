package engine

import (
	"context"
	"fmt"
)

// Desk is what a worker has of the Conductor: it asks, tells and waits here, for one attempt. One goroutine uses it.
type Desk struct {
	conductor *Conductor
	run       Run
	stream    *Stream
	answers   chan GivenAnswer // with room for one: an attempt waits for one answer at a time
	gone      chan struct{}    // closed when the worker's goroutine has ended
}

func newDesk(c *Conductor, run Run) *Desk {
	return &Desk{
		conductor: c,
		run:       run,
		stream:    newStream(),
		answers:   make(chan GivenAnswer, 1),
		gone:      make(chan struct{}),
	}
}

// atGate is a worker that waits for its track to be resumed.
type atGate struct {
	run  Run
	open chan struct{}
}

func (atGate) command() {}

// Stream is where the attempt's text goes for whoever watches.
func (d *Desk) Stream() *Stream { return d.stream }

// Say adds to what the attempt streams. Only its worker calls it.
func (d *Desk) Say(text string) { d.stream.add(text) }

// Think streams what the model says of its thinking to whoever watches.
func (d *Desk) Think(thought string) { d.stream.think(thought) }

// Question is what a worker asks a person, with what the policy said to it.
type Question struct {
	Kind    ApprovalKind
	Title   string
	Options []string
	Scope   Scope
	Cut     bool // Title does not show all of it
	Content Content
	Ruling  Ruling
}

// Ask gets an answer to a question: from the policy, from an earlier attempt that was interrupted, or from a person,
// however long that takes. While it waits the attempt holds no slot of the pool. The content comes back as it was
// decided, edited or not. It returns ctx's cause when the attempt is ended, and an error when the content could not
// be stored or read.
func (d *Desk) Ask(ctx context.Context, q Question) (Answer, Content, error) {
	data := q.Content.Encode()
	hash := ContentHash(data)
	if err := d.conductor.cfg.Blobs.PutBlob(ctx, contentBlob(hash), data); err != nil {
		return Answer{}, Content{}, fmt.Errorf("storing what is asked: %w", err)
	}
	approval := Approval{
		Kind: q.Kind, Title: q.Title, Hash: hash, Options: q.Options, Scope: q.Scope,
		Cover: q.Ruling.Cover, Once: q.Ruling.Once, Cut: q.Cut,
	}
	if err := d.conductor.Do(ctx, ask{d.run, approval, q.Ruling}); err != nil {
		return Answer{}, Content{}, fmt.Errorf("asking: %w", err)
	}
	select {
	case g := <-d.answers:
		content, err := d.decided(ctx, g, q.Content)
		return g.Answer, content, err
	case <-ctx.Done():
		return Answer{}, Content{}, context.Cause(ctx)
	case <-d.conductor.ended:
		return Answer{}, Content{}, ErrStopped
	}
}

// decided gives the content as it was decided.
func (d *Desk) decided(ctx context.Context, g GivenAnswer, asked Content) (Content, error) {
	if g.Answer.Edited == "" {
		return asked, nil
	}
	return LoadContent(ctx, d.conductor.cfg.Blobs, g.Answer.Edited)
}

// Tell notes something in the journal, in order, without waiting for it to be durable.
func (d *Desk) Tell(ctx context.Context, b Body) error {
	return d.conductor.send(ctx, letter{cmd: record{d.run, b}})
}

// Commit notes something in the journal and returns when it is durable.
func (d *Desk) Commit(ctx context.Context, b Body) error {
	return d.conductor.Do(ctx, record{d.run, b})
}

// Gate is passed before each step. It returns the cause when the attempt was ended, and waits, without a slot, while
// the track is paused.
func (d *Desk) Gate(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	p := d.conductor.published.Load()
	run, renamed := p.renamed[d.run]
	if !renamed {
		run = d.run
	}
	tr, ok := p.snap.Track(run.Ticket.Track)
	if !ok || tr.Status != TrackPaused {
		return nil
	}
	open := make(chan struct{}, 1)
	if err := d.conductor.send(ctx, letter{cmd: atGate{d.run, open}}); err != nil {
		return err
	}
	select {
	case <-open:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-d.conductor.ended:
		return ErrStopped
	}
}
