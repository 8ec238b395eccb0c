package lsp_test

import (
	"encoding/json"
	"testing"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

const mainToken = "slop:track:1:" + mainTrack

// Cancelling a track's progress pauses it, in whichever editor; each editor's progress ends, also that of one that
// came later, and nothing is lost: the track goes on where it was.
func TestProgressCancelPauses(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		track := wire.TrackArgs{URI: string(e.URI(mainTrack + ".track.yaml"))}
		must(t, e.Command(t.Context(), wire.TrackRun, track, nil))
		asked := d.awaitPending(1)
		e.Await(lsptest.ProgressTold(mainToken, "0 of 2 · T1 waits for you"))
		later := d.open()
		later.Await(lsptest.ProgressTold(mainToken, "0 of 2 · T1 waits for you"))
		must(t, later.Notify(t.Context(), protocol.MethodWindowWorkDoneProgressCancel, json.RawMessage(`{"token":"`+mainToken+`"}`)))
		for _, editor := range []*lsptest.Env{e, later} {
			editor.Await(lsptest.ProgressEnded(mainToken), lsptest.Message("Main is paused: 0 of 2"))
		}
		if again := d.awaitPending(1); again[0].ID != asked[0].ID {
			t.Errorf("the approval was %s and is %s", asked[0].ID, again[0].ID)
		}
		must(t, later.Command(t.Context(), wire.TrackResume, track, nil))
		second := "slop:track:2:" + mainTrack
		for _, editor := range []*lsptest.Env{e, later} {
			editor.Await(lsptest.ProgressTold(second, "0 of 2 · T1 waits for you"))
		}
		answer := wire.AnswerArgs{ID: string(asked[0].ID), Decision: wire.Approve}
		must(t, later.Command(t.Context(), wire.ApprovalAnswer, answer, nil))
		d.awaitStatus(mainTrack, "T1", engine.Completed)
		e.Await(lsptest.ProgressTold(second, "1 of 2 · T2 waits for you"))
		must(t, e.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: string(d.awaitPending(1)[0].ID), Decision: wire.Approve}, nil))
		for _, editor := range []*lsptest.Env{e, later} {
			editor.Await(lsptest.ProgressEnded(second), lsptest.Message("Main is done: 2 of 2 tickets completed"))
		}
	})
}

// A progress that is not known costs nothing.
func TestUnknownProgressCancelled(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		for _, params := range []string{`{"token":7}`, `{"token":"slop:track:"}`, `{"token":"other"}`, `{}`, `[]`, `{"token":{}}`, `{"token":"slop:track:1:none"}`} {
			must(t, e.Notify(t.Context(), protocol.MethodWindowWorkDoneProgressCancel, json.RawMessage(params)))
		}
		var status wire.Status
		must(t, e.Command(t.Context(), wire.StatusShow, nil, &status))
	})
}
