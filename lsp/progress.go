package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// progressEvery bounds how often progress goes out.
const progressEvery = 100 * time.Millisecond

// tokenPrefix begins our progress tokens: a number that makes it new, a colon and the track's id follow.
const tokenPrefix = "slop:track:"

func tokenOf(n int, id engine.TrackID) string { return fmt.Sprintf("%s%d:%s", tokenPrefix, n, id) }

// bar is a track's progress as the client was last told.
type bar struct {
	status  engine.TrackStatus
	runs    int  // how often it has begun
	open    bool // it has begun and not ended
	shown   bool // the client took the token
	message string
}

// progressing reports running tracks, and their end, until ctx ends. It reads the newest snapshot at most every
// progressEvery, so that a client sees the last state and not each one.
func (s *Session) progressing(ctx context.Context) {
	bars := map[engine.TrackID]*bar{}
	for tr := range s.engine.Snapshot().Tracks() {
		bars[tr.ID] = &bar{status: tr.Status} // how it stood before this editor came is no news
	}
	lenses := ""
	for seq := uint64(0); ; {
		select {
		case <-ctx.Done():
			return
		case <-s.kicks.progress:
		}
		snap := s.engine.Snapshot()
		for tr := range snap.Tracks() {
			s.progress(ctx, bars, tr)
		}
		if snap.Seq() != seq {
			s.sendState(ctx, snap)
			lenses = s.refreshLenses(ctx, snap, lenses)
		}
		seq = snap.Seq()
		rest := time.NewTimer(progressEvery)
		select {
		case <-rest.C:
		case <-ctx.Done():
			rest.Stop()
			return
		}
	}
}

// progress brings one track's bar up to date. A track may have run to its end between two looks.
func (s *Session) progress(ctx context.Context, bars map[engine.TrackID]*bar, tr *engine.Track) {
	b := bars[tr.ID]
	if b == nil {
		b = &bar{status: engine.TrackIdle}
		bars[tr.ID] = b
	}
	before := b.status
	b.status = tr.Status
	if tr.Status != engine.TrackRunning {
		if b.open || before != tr.Status && tr.Status != engine.TrackIdle {
			s.ended(ctx, b, tr)
		}
		return
	}
	if !b.open {
		*b = bar{status: tr.Status, open: true, runs: b.runs + 1}
		b.shown = s.createToken(ctx, tokenOf(b.runs, tr.ID))
		s.report(ctx, b, tr.ID, progressBegin("slop-ls: "+trackName(tr), "", true))
	}
	done, total := tr.Count(engine.Completed), tr.Total()
	msg := fmt.Sprintf("%d of %d completed, %d running", done, total, tr.Count(engine.InProgress))
	if msg != b.message {
		b.message = msg
		s.report(ctx, b, tr.ID, progressReport(msg, uint32(100*done/max(total, 1)))) //nolint:gosec // at most 100
	}
}

func trackName(tr *engine.Track) string {
	if tr.Title != "" {
		return tr.Title
	}
	return string(tr.ID)
}

// createToken announces a progress to the client; false where it does not show any.
func (s *Session) createToken(ctx context.Context, token string) bool {
	if !s.traits().progress {
		return false
	}
	params := &protocol.WorkDoneProgressCreateParams{Token: protocol.String(token)}
	if err := s.conn.call(ctx, protocol.MethodWindowWorkDoneProgressCreate, params, nil); err != nil {
		s.log.Debug("the client took no progress token", "err", err)
		return false
	}
	return true
}

func (s *Session) report(ctx context.Context, b *bar, id engine.TrackID, value any) {
	if !b.open || !b.shown {
		return
	}
	raw, err := protocol.Marshal(value)
	if err == nil {
		err = s.conn.notify(ctx, protocol.MethodProgress, &protocol.ProgressParams{Token: protocol.String(tokenOf(b.runs, id)), Value: raw})
	}
	if err != nil {
		s.log.Debug("progress was not sent", "err", err)
	}
}

// ended closes a track's bar and says how it ended.
func (s *Session) ended(ctx context.Context, b *bar, tr *engine.Track) {
	done, total := tr.Count(engine.Completed), tr.Total()
	msg := fmt.Sprintf("%s is %s: %d of %d tickets completed", trackName(tr), tr.Status, done, total)
	if tr.Reason != "" {
		msg += " (" + tr.Reason + ")"
	}
	s.report(ctx, b, tr.ID, progressEnd(msg))
	b.open = false
	kind := protocol.MessageTypeInfo
	if tr.Status == engine.TrackBlocked {
		kind = protocol.MessageTypeWarning
	}
	s.tell(ctx, kind, msg)
}

// progressCancelled stops the track whose progress the person cancelled.
func (s *Session) progressCancelled(params json.RawMessage) error {
	var p struct{ Token string }
	if err := json.Unmarshal(params, &p); err != nil {
		return fmt.Errorf("decoding a cancelled progress: %w", err)
	}
	id, ok := trackOfToken(p.Token)
	if !ok {
		return fmt.Errorf("the progress %q is not ours", p.Token)
	}
	s.later(func(ctx context.Context) {
		if err := s.engine.Do(ctx, engine.StopTrack{Track: id, By: s.actor()}); err != nil && ctx.Err() == nil {
			s.tell(ctx, protocol.MessageTypeError, "The track was not stopped: "+err.Error())
		}
	})
	return nil
}

func trackOfToken(token string) (engine.TrackID, bool) {
	rest, ours := strings.CutPrefix(token, tokenPrefix)
	_, id, ok := strings.Cut(rest, ":")
	return engine.TrackID(id), ours && ok && id != ""
}

// sendState sends the whole state to a client that asked for it.
func (s *Session) sendState(ctx context.Context, snap *engine.Snapshot) {
	if !s.traits().state {
		return
	}
	raw, err := jsonOf(page.Status(snap))
	if err == nil {
		err = s.conn.notify(ctx, wire.StateMethod, raw)
	}
	if err != nil {
		s.log.Debug("the state was not sent", "err", err)
	}
}
