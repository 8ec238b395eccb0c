package lsp

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// errReplaced is why a subscription to events ends when the client makes another one.
var errReplaced = errors.New("another subscription replaced this one")

// subscriber runs one subscription to slop/events at a time.
type subscriber struct {
	wishes chan uint64 // the seq after which events are wanted; room for one, the newest
}

// want takes the place of what was wanted before.
func (s subscriber) want(after uint64) {
	for {
		select {
		case s.wishes <- after:
			return
		default:
		}
		select {
		case <-s.wishes:
		default:
		}
	}
}

func prepareSubscribe(_ view, params json.RawMessage) (work, error) {
	var args wire.EventsArgs
	raw := []json.RawMessage{params}
	if len(params) == 0 {
		raw = nil
	}
	if err := wire.Decode(raw, &args); err != nil {
		return nil, rpc.Refuse(rpc.InvalidParams, "%v", err)
	}
	return func(_ context.Context, s *Session) (any, error) {
		if !s.traits().Events.On {
			return nil, rpc.Refuse(rpc.RequestFailed, "say events in capabilities.experimental.slop to get %s", wire.EventsMethod)
		}
		s.events.want(args.After)
		return nil, nil
	}, nil
}

// telling sends slop/events to a client that asked for them, until ctx ends: what happens from now on, unless it names
// the event from which it goes on.
func (s *Session) telling(ctx context.Context) {
	wish := s.traits().Events
	if !wish.On {
		return
	}
	after := wish.After
	for {
		following, replace := context.WithCancelCause(ctx)
		ended := make(chan error, 1)
		go func(after uint64) { ended <- s.tellAfter(following, after) }(after)
		select {
		case after = <-s.events.wishes:
			replace(errReplaced)
			<-ended
		case err := <-ended:
			replace(nil)
			if ctx.Err() == nil {
				s.log.Debug("the events are no longer told", "err", err)
			}
			return
		}
	}
}

// tellAfter tells the events after a seq, from the journal and then as they come: none twice and none left out. What
// an event comes to depends on all before it, so these are folded first.
func (s *Session) tellAfter(ctx context.Context, after uint64) error {
	now := s.engine.Snapshot()
	after = min(after, now.Seq()) // a seq that is not reached yet is of another store
	narrator, err := narratorAt(now, after)
	if err != nil {
		return err
	}
	for e, err := range s.engine.Events(ctx, narrator.Seq()) {
		if err != nil {
			return err
		}
		lines, err := narrator.Tell(e)
		if err != nil {
			return err
		}
		for _, line := range lines {
			if line.Seq <= after {
				continue
			}
			if err := s.send(ctx, wire.EventsMethod, line); err != nil {
				return err
			}
		}
	}
	return nil
}

// narratorAt is a narrator that has told at most what came until a seq: of the state now where that is not later, so
// that who has been here lately does not wait for the whole journal.
func narratorAt(now *engine.Snapshot, after uint64) (*engine.Narrator, error) {
	if now.Seq() > after {
		return engine.NewNarrator(engine.NewState()), nil
	}
	data, err := now.Encode()
	if err != nil {
		return nil, err
	}
	state, err := engine.DecodeState(data)
	if err != nil {
		return nil, err
	}
	return engine.NewNarrator(state), nil
}
