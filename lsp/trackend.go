package lsp

import (
	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// nextStep ends the message that a track has come to rest: what to do now.
func nextStep(tr *engine.Track) string {
	switch tr.Status {
	case engine.TrackDone:
		for t := range tr.Tickets() {
			if len(t.Deliveries) > 0 {
				return ". " + wire.DiffOpen + " shows its whole diff and a commit message."
			}
		}
		return "."
	case engine.TrackBlocked:
		return ". Retry, unblock or skip what is blocked in the track's document; " + wire.StatusShow + " with open shows it."
	case engine.TrackPaused:
		return ". " + wire.TrackResume + " goes on with it."
	case engine.TrackStopped:
		return ". " + wire.TrackRun + " goes on with it."
	case engine.TrackIdle, engine.TrackRunning:
	}
	return ""
}
