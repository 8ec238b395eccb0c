package lsp_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// saying is an editor that says something in capabilities.experimental.slop.
func saying(c wire.Capabilities) lsptest.Option {
	return lsptest.WithConfig(func(cfg *client.Config) { cfg.Experimental = map[string]any{"slop": c} })
}

// known is what the states that an editor was sent come to.
func known(t *testing.T, s lsptest.State) wire.Status {
	t.Helper()
	var status wire.Status
	for i, raw := range s.Custom[wire.StateMethod] {
		var next wire.State
		must(t, json.Unmarshal(raw, &next))
		if err := status.Follow(next); err != nil || next.Whole != (i == 0) || next.Version != wire.Version {
			t.Fatalf("state %d (whole: %v, version %d) does not follow: %v", i, next.Whole, next.Version, err)
		}
	}
	return status
}

// eventsSeen are the events that an editor was told, as they came.
func eventsSeen(s lsptest.State) []string {
	var out []string
	for _, raw := range s.Custom[wire.EventsMethod] {
		out = append(out, string(raw))
	}
	return out
}

func seqOf(t *testing.T, event string) uint64 {
	t.Helper()
	var e struct{ Seq uint64 }
	must(t, json.Unmarshal([]byte(event), &e))
	return e.Seq
}

// told expects that an event with a text in it came last.
func told(part string) lsptest.Expectation {
	return lsptest.Expectation{What: "the event " + part, Check: func(s lsptest.State) lsptest.Verdict {
		if seen := eventsSeen(s); len(seen) > 0 && strings.Contains(seen[len(seen)-1], part) {
			return lsptest.Met
		}
		return lsptest.Unmet
	}}
}

// runMain runs the sample's track to its end.
func runMain(t *testing.T, d *daemon, e *lsptest.Env) {
	t.Helper()
	must(t, e.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: string(e.URI(mainTrack + ".track.yaml"))}, nil))
	d.await("the end of the track", func(s *engine.Snapshot) bool {
		tr, ok := s.Track(mainTrack)
		return ok && tr.Status == engine.TrackDone
	})
}

func TestStateFollows(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		curious := d.open(saying(wire.Capabilities{State: true, Prompts: true}), lsptest.WithResponder(lsptest.Choose("Approve")))
		other := d.open()
		runMain(t, d, curious)
		var want wire.Status
		must(t, other.Command(t.Context(), wire.StatusShow, nil, &want))
		curious.Await(lsptest.Expectation{What: "the newest state", Check: func(s lsptest.State) lsptest.Verdict {
			if known(t, s).Seq == want.Seq {
				return lsptest.Met
			}
			return lsptest.Unmet
		}})
		if diff := cmp.Diff(want, known(t, curious.Seen())); diff != "" {
			t.Errorf("the states come to something else (-status +states):\n%s", diff)
		}
		if n := len(other.Seen().Custom); n != 0 {
			t.Errorf("%d custom notifications went to an editor that did not ask", n)
		}
	})
}

// followed expects a first piece of what a ticket streams.
func followed(t *testing.T, ticket string) lsptest.Expectation {
	return lsptest.Expectation{What: ticket + " is followed", Check: func(s lsptest.State) lsptest.Verdict {
		for _, raw := range s.Custom[wire.StreamMethod] {
			var p wire.Stream
			must(t, json.Unmarshal(raw, &p))
			if p.Ticket == ticket {
				return lsptest.Met
			}
		}
		return lsptest.Unmet
	}}
}

func TestStreamToWhoAsks(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(saying(wire.Capabilities{Stream: true, Prompts: true}))
		runTrack(t, e, mainTrack)
		for _, id := range []string{"A1", "A2"} { // an attempt is followed from the first look at it on
			asked := d.awaitPending(1)[0]
			e.Await(followed(t, asked.Run.Ticket.ID))
			must(t, e.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: id, Decision: wire.Approve}, nil))
			d.awaitStatus(mainTrack, asked.Run.Ticket.ID, engine.Completed)
		}
		e.Await(lsptest.Expectation{What: "all that T2 streamed", Check: func(s lsptest.State) lsptest.Verdict {
			var got, thought strings.Builder
			at, done := 0, false
			for _, raw := range s.Custom[wire.StreamMethod] {
				var p wire.Stream
				must(t, json.Unmarshal(raw, &p))
				if p.Ticket != "T2" {
					continue
				}
				if p.From != at || p.Track != mainTrack || p.Attempt != 1 || done {
					t.Errorf("piece %s after %d bytes (done: %v)", raw, at, done)
				}
				got.WriteString(p.Text)
				thought.WriteString(p.Reasoning)
				at, done = p.To, p.Done
			}
			if done && got.String() == lsptest.Said("T2") && thought.String() == lsptest.Thought("T2") {
				return lsptest.Met
			}
			return lsptest.Unmet
		}})
	})
}

// History and what comes live are one stream: without a gap, and nothing twice.
func TestEventsFromASeqOn(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		live := d.open(saying(wire.Capabilities{Events: wire.Subscription{On: true, From: true}, Prompts: true}), lsptest.WithResponder(lsptest.Choose("Approve")))
		runMain(t, d, live)
		all := eventsSeen(live.Await(told("track_done")))
		for _, after := range []uint64{0, seqOf(t, all[len(all)/2]), seqOf(t, all[len(all)-1]) - 1} {
			var want []string
			for _, e := range all {
				if seqOf(t, e) > after {
					want = append(want, e)
				}
			}
			late := d.open(saying(wire.Capabilities{Events: wire.Subscription{On: true, From: true, After: after}}))
			if diff := cmp.Diff(want, eventsSeen(late.Await(told("track_done")))); diff != "" {
				t.Errorf("after %d (-live +late):\n%s", after, diff)
			}
		}
		asks := d.open(saying(wire.Capabilities{Events: wire.Subscription{On: true}}))
		must(t, asks.Call(t.Context(), wire.SubscribeMethod, json.RawMessage(`{"after":0}`), nil))
		if diff := cmp.Diff(all, eventsSeen(asks.Await(told("track_done")))); diff != "" {
			t.Errorf("after subscribing (-live +late):\n%s", diff)
		}
	})
}

func TestEventsFromNowOn(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		first := d.open(lsptest.WithConfig(trusting), lsptest.WithResponder(lsptest.Choose("Approve")))
		runMain(t, d, first)
		e := d.open(saying(wire.Capabilities{Events: wire.Subscription{On: true}}))
		args := wire.TicketArgs{URI: string(e.URI(mainTrack + ".track.yaml")), ID: "T1"}
		before := d.Snapshot().Seq()
		must(t, e.Command(t.Context(), wire.TicketRetry, args, nil))
		seen := eventsSeen(e.Await(lsptest.Expectation{What: "an event", Check: func(s lsptest.State) lsptest.Verdict {
			if len(eventsSeen(s)) > 0 {
				return lsptest.Met
			}
			return lsptest.Unmet
		}}))
		if seqOf(t, seen[0]) != before+1 {
			t.Errorf("told %v, from before %d", seen, before)
		}
	})
}

func TestSubscribeIsStrict(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e, deaf := d.open(saying(wire.Capabilities{Events: wire.Subscription{On: true}})), d.open()
		for _, bad := range []string{`{"after":"x"}`, `{"before":1}`, `[]`, `{"after":-1}`} {
			if err := e.Call(t.Context(), wire.SubscribeMethod, json.RawMessage(bad), nil); err == nil {
				t.Errorf("%s was taken", bad)
			}
		}
		if err := deaf.Call(t.Context(), wire.SubscribeMethod, json.RawMessage(`{}`), nil); err == nil || !strings.Contains(err.Error(), "experimental.slop") {
			t.Errorf("an editor that did not say events: %v", err)
		}
	})
}

// A client learns from the answer to initialize what it may ask for.
func TestExperimentalIsAnnounced(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		got := struct{ Slop wire.ServerCapabilities }{}
		must(t, json.Unmarshal(e.Result().Capabilities.Experimental, &got))
		want := wire.ServerCapabilities{Version: wire.Version, Methods: wire.Methods, Root: "file://" + d.root, Reviews: got.Slop.Reviews}
		if !strings.HasPrefix(want.Reviews, "file:///") || strings.HasPrefix(want.Reviews, want.Root) || !strings.HasSuffix(want.Reviews, "/reviews") {
			t.Errorf("reviews lie in %q", want.Reviews)
		}
		if diff := cmp.Diff(want, got.Slop); diff != "" {
			t.Error(diff)
		}
	})
}
