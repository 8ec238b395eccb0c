package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// puppets is a worker whose attempts do what a test tells each of them, one step at a time.
type puppets struct {
	t       *testing.T
	started chan *puppet
}

// puppet is one attempt.
type puppet struct {
	job   engine.Job
	steps chan func(context.Context, *engine.Desk) *engine.Outcome
	gone  chan error // the cause of its context when it returned
}

func newPuppets(t *testing.T) *puppets {
	return &puppets{t: t, started: make(chan *puppet, 100)}
}

// running is a conductor with puppets whose track "a" of these tickets was started.
func running(t *testing.T, j disk, set engine.Settings, tickets ...trackfile.Ticket) (*house, *puppets) {
	t.Helper()
	p := newPuppets(t)
	h := open(t, j, set, p)
	h.do(plan("a", tickets...))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	return h, p
}

func (p *puppets) Work(ctx context.Context, d *engine.Desk, j engine.Job) engine.Outcome {
	pp := &puppet{job: j, steps: make(chan func(context.Context, *engine.Desk) *engine.Outcome, 1), gone: make(chan error, 1)}
	p.started <- pp
	defer func() { pp.gone <- context.Cause(ctx) }()
	for {
		select {
		case step := <-pp.steps:
			if o := step(ctx, d); o != nil {
				return *o
			}
		case <-ctx.Done():
			return engine.Outcome{Kind: engine.OutcomeAborted, Reason: context.Cause(ctx).Error()}
		}
	}
}

// next waits for the next attempt to begin.
func (p *puppets) next() *puppet {
	p.t.Helper()
	select {
	case pp := <-p.started:
		return pp
	case <-time.After(30 * time.Second):
		p.t.Fatal("no attempt began")
		return nil
	}
}

// both waits for two attempts to begin, and gives them in the order of their tickets: goroutines begin in any order.
func (p *puppets) both() (first, second *puppet) {
	p.t.Helper()
	first, second = p.next(), p.next()
	if first.id() > second.id() {
		first, second = second, first
	}
	return first, second
}

// none says that no attempt may have begun. It is asked after the state settled, so that there is nothing to wait for.
func (p *puppets) none() {
	p.t.Helper()
	select {
	case pp := <-p.started:
		p.t.Fatalf("%s began", pp.job.Run)
	default:
	}
}

func (pp *puppet) id() string { return pp.job.Run.Ticket.ID }

func (pp *puppet) end(o engine.Outcome) {
	pp.steps <- func(context.Context, *engine.Desk) *engine.Outcome { return &o }
}

func (pp *puppet) done() { pp.end(engine.Outcome{Kind: engine.OutcomeDone, Summary: "did it"}) }

func (pp *puppet) fail(reason string) {
	pp.end(engine.Outcome{Kind: engine.OutcomeFailed, By: engine.ByWorker, Reason: reason})
}

// asked is what came of a question.
type asked struct {
	answer  engine.Answer
	content engine.Content
	err     error
}

// ask puts a question; what comes of it arrives on the channel.
func (pp *puppet) ask(kind engine.ApprovalKind, prompt string, verdict engine.Verdict) <-chan asked {
	out := make(chan asked, 1)
	pp.steps <- func(ctx context.Context, d *engine.Desk) *engine.Outcome {
		q := engine.Question{Kind: kind, Title: prompt, Content: engine.Content{Prompt: prompt}, Ruling: engine.Ruling{Verdict: verdict, Rule: "test rule"}}
		a, c, err := d.Ask(ctx, q)
		out <- asked{a, c, err}
		return nil
	}
	return out
}

func get[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(30 * time.Second):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// gate passes the desk's gate; the error arrives on the channel once it has.
func (pp *puppet) gate() <-chan error {
	out := make(chan error, 1)
	pp.steps <- func(ctx context.Context, d *engine.Desk) *engine.Outcome {
		out <- d.Gate(ctx)
		return nil
	}
	return out
}
