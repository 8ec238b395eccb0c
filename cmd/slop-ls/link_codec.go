package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/slop-ls/slop-ls/engine"
)

// encodeOrder writes a command that a subcommand submits.
func encodeOrder(cmd engine.Command) (name string, order json.RawMessage, err error) {
	for _, o := range orders {
		if o.is(cmd) {
			order, err = json.Marshal(cmd)
			return o.name, order, err
		}
	}
	return "", nil, fmt.Errorf("a subcommand cannot submit %T: this is a bug of slop-ls", cmd)
}

// decodeOrder reads what encodeOrder wrote.
func decodeOrder(name string, order json.RawMessage) (engine.Command, error) {
	for _, o := range orders {
		if o.name == name {
			return o.decode(order)
		}
	}
	return nil, fmt.Errorf("there is no command %q", name)
}

// order is a kind of command that subcommands submit.
type order struct {
	name   string
	is     func(engine.Command) bool
	decode func(json.RawMessage) (engine.Command, error)
}

var orders = []order{
	orderOf[engine.PlanTrack]("plan_track"),
	orderOf[engine.RenameTrack]("rename_track"),
	orderOf[engine.StartTrack]("start_track"),
	orderOf[engine.PauseTrack]("pause_track"),
	orderOf[engine.RunTicket]("run_ticket"),
	orderOf[engine.RetryTicket]("retry_ticket"),
	orderOf[engine.KillTicket]("kill_ticket"),
	orderOf[engine.BlockTicket]("block_ticket"),
	orderOf[engine.UnblockTicket]("unblock_ticket"),
	orderOf[engine.SkipTicket]("skip_ticket"),
	orderOf[engine.AnswerApproval]("answer_approval"),
	orderOf[engine.AnswerApprovals]("answer_approvals"),
	orderOf[engine.ForgetAnswer]("forget_answer"),
	orderOf[engine.AffordPlanning]("afford_planning"),
	orderOf[engine.RecordPlanning]("record_planning"),
}

func orderOf[C engine.Command](name string) order {
	return order{
		name: name,
		is:   func(c engine.Command) bool { _, ok := c.(C); return ok },
		decode: func(raw json.RawMessage) (engine.Command, error) {
			var c C
			err := json.Unmarshal(raw, &c)
			return c, err
		},
	}
}

// refusal is an error on its way from the daemon to a subcommand. What the subcommand tells apart keeps its type.
type refusal struct {
	Text       string                  `json:"text"`
	Known      string                  `json:"known,omitempty"` // a key of knownErrors
	Transition *engine.TransitionError `json:"transition,omitempty"`
	Decided    *engine.DecidedError    `json:"decided,omitempty"`
}

var knownErrors = map[string]error{
	"no_track": engine.ErrNoTrack, "no_ticket": engine.ErrNoTicket, "no_approval": engine.ErrNoApproval,
	"not_running": engine.ErrNotRunning, "no_blob": engine.ErrNoBlob, "no_file": fs.ErrNotExist,
}

func refusalOf(err error) *refusal {
	r := &refusal{Text: err.Error()}
	for name, known := range knownErrors {
		if errors.Is(err, known) {
			r.Known = name
		}
	}
	_ = errors.As(err, &r.Transition)
	_ = errors.As(err, &r.Decided)
	return r
}

// err is the error that refusalOf was given, as far as it is known here.
func (r *refusal) err() error {
	e := &saidError{text: r.Text, cause: knownErrors[r.Known]}
	switch {
	case r.Transition != nil:
		e.cause = r.Transition
	case r.Decided != nil:
		e.cause = r.Decided
	}
	return e
}

// saidError is what the daemon said, with the error that it stands for.
type saidError struct {
	text  string
	cause error // may be nil
}

func (e *saidError) Error() string { return e.text }

func (e *saidError) Unwrap() error { return e.cause }
