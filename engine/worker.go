package engine

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"
)

// WorkerConfig is what a worker works with. All ports are required; Tools may be empty.
type WorkerConfig struct {
	Provider Provider
	Tools    []Tool
	Toolbox  Toolbox // further tools; nil: none
	Policy   Policy
	Viewer   Viewer
	Bench    Workbench
	Applier  Applier
	Blobs    Blobs
	QAModel  string  // of tier 4; "" leaves failures unanalysed
	Prompts  Prompts // default: the built-in ones
	Limits   Limits
	Unheld   string // why no sandbox holds commands; "" where one does
	// Price gives what a call would cost; nil: no price is known.
	Price func(model string, u Usage) Cost
	Log   *slog.Logger // default: nothing is logged
}

// Limits bound one attempt. A zero leaves that side unbounded, except Turns.
type Limits struct {
	Turns         int           // model calls; default 60
	Tokens        int64         // in and out together, of all calls of the attempt
	Time          time.Duration // without the time in which a person was waited for
	ContextTokens int           // of the files in the first message
	Repeats       int           // the same call with the same result in a row; default 4
}

// NewWorker makes the worker that the Conductor runs attempts with. It holds nothing between attempts: each begins a
// conversation of its own.
func NewWorker(cfg WorkerConfig) Worker {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Prompts == nil {
		cfg.Prompts = builtIn{}
	}
	if cfg.Limits.Turns == 0 {
		cfg.Limits.Turns = 60
	}
	if cfg.Limits.Repeats == 0 {
		cfg.Limits.Repeats = 4
	}
	w := &worker{WorkerConfig: cfg, tools: map[string]Tool{}}
	for _, t := range cfg.Tools {
		w.tools[t.Spec().Name] = t
		w.specs = append(w.specs, t.Spec())
	}
	w.specs = append(w.specs, askPersonSpec, finishSpec)
	return w
}

type worker struct {
	WorkerConfig
	tools map[string]Tool
	specs []ToolSpec
}

// attempt is one run of a ticket: its conversation, its draft, and what it has used.
type attempt struct {
	*worker
	desk     *Desk
	job      Job
	draft    Draft
	release  func() // of draft
	tools    map[string]Tool
	specs    []ToolSpec
	packed   packed  // the context that was packed last
	approved Content // what the conversation began with
	shrunk   bool    // it was shortened, because its model had no room for it
	messages []Message
	usage    Usage
	calls    int
	waited   time.Duration // for people, and at gates
	began    time.Time
	last     repeat
	clashes  []Conflict // of the one time that they went back to the worker
	behind   bool       // it has waited: files that it has read may have changed

	sizes      []int         // of the messages, in tokens, as far as they were counted
	toolTokens int           // of the tools
	told       time.Duration // how much of its work is journalled
}

// ended is the error by which any step ends the attempt with an outcome of its own.
type ended struct{ Outcome }

func (e *ended) Error() string { return string(e.Kind) + ": " + e.Reason }

// Work implements Worker.
func (w *worker) Work(ctx context.Context, desk *Desk, job Job) Outcome {
	a := &attempt{worker: w, desk: desk, job: job, began: time.Now(), release: func() {}}
	outcome, err := a.run(ctx)
	if err != nil {
		outcome = outcomeOf(ctx, err)
	}
	if outcome.Kind != OutcomeAborted {
		w.Log.Info("attempt ended", "run", job.Run.String(), "outcome", outcome.Kind, "reason", outcome.Reason)
	}
	return outcome
}

func (a *attempt) run(ctx context.Context) (Outcome, error) {
	if a.job.Resume {
		return a.finishDelivery(ctx)
	}
	if err := a.gate(ctx); err != nil {
		return Outcome{}, err
	}
	if err := a.ready(ctx); err != nil {
		return Outcome{}, err
	}
	defer func() { a.release() }()
	if err := a.spawn(ctx); err != nil {
		return Outcome{}, err
	}
	defer a.keepTranscript(ctx)
	a.outfit(ctx)
	return a.converse(ctx)
}

// outcomeOf says what an error means for the ticket.
func outcomeOf(ctx context.Context, err error) Outcome {
	var own *ended
	var provider *ProviderError
	var leftover *LeftoverError
	var conflict *ConflictError
	var declined *DeclinedError
	switch {
	case errors.As(err, &own):
		return own.Outcome
	case ctx.Err() != nil || errors.Is(err, ErrStopped) || errors.Is(err, ErrStaleRun):
		return Outcome{Kind: OutcomeAborted, By: ByConductor, Reason: err.Error()}
	case errors.As(err, &provider):
		return providerOutcome(provider)
	case errors.As(err, &leftover):
		return leftoverOutcome(leftover)
	case errors.As(err, &conflict):
		return Outcome{Kind: OutcomeFailed, By: ByEditConflict, Reason: conflictReason(conflict)}
	case errors.As(err, &declined):
		return Outcome{Kind: OutcomeBlocked, By: ByPerson, Reason: declined.Error()}
	case errors.Is(err, ErrUndelivered):
		return Outcome{Kind: OutcomeBlocked, By: ByEditConflict, Reason: err.Error()}
	default:
		return Outcome{Kind: OutcomeFailed, By: ByConductor, Reason: err.Error()}
	}
}

// providerOutcome: without a key the ticket waits until somebody brings one; with a refused one it waits for a person.
// No retry is used up by either. Everything else may go better with the next model.
func providerOutcome(e *ProviderError) Outcome {
	switch e.Kind {
	case ProviderNoKey:
		return waitsForKey(e)
	case ProviderAuth:
		return Outcome{Kind: OutcomeBlocked, By: ByProvider, Reason: e.Error()}
	case ProviderTooLarge:
		return Outcome{Kind: OutcomeFailed, By: ByProvider, Reason: noRoom(e)}
	default:
		return Outcome{Kind: OutcomeFailed, By: ByProvider, Reason: e.Error()}
	}
}

// gate is passed before any work, before each tool call and after each model reply.
func (a *attempt) gate(ctx context.Context) error {
	since := time.Now()
	err := a.desk.Gate(ctx)
	took := time.Since(since)
	a.waited += took
	a.behind = a.behind || took > time.Second // the track was paused
	return err
}

// ask gets an answer and keeps the time it took apart from the attempt's own.
func (a *attempt) ask(ctx context.Context, q Question) (Answer, Content, error) {
	since := time.Now()
	answer, content, err := a.desk.Ask(ctx, q)
	a.waited += time.Since(since)
	a.behind = a.behind || !strings.HasPrefix(string(answer.By), byRule)
	if err == nil && answer.Decision == Denied {
		err = &ended{Outcome{Kind: OutcomeDenied, By: ByConductor, Reason: "nobody was there to answer: " + q.Title}}
	}
	return answer, content, err
}

// rejecter is the person, or the rule, that said no.
func rejecter(a Answer) Actor {
	if a.By == "" {
		return ByPerson
	}
	return a.By
}

func rejected(what string, a Answer) string {
	if a.Reason == "" {
		return what + " by " + string(a.By)
	}
	return what + " by " + string(a.By) + ": " + a.Reason
}
