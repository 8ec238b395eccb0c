package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
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
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.kicks.progress:
		}
		snap := s.engine.Snapshot()
		for tr := range snap.Tracks() {
			s.progress(ctx, bars, tr)
		}
		s.endRenamed(ctx, bars, snap)
		rest := time.NewTimer(progressEvery)
		select {
		case <-rest.C:
		case <-ctx.Done():
			rest.Stop()
			return
		}
	}
}

// endRenamed closes the bars of tracks that have another name now, and another bar.
func (s *Session) endRenamed(ctx context.Context, bars map[engine.TrackID]*bar, snap *engine.Snapshot) {
	for id, b := range bars {
		if _, there := snap.Track(id); !there {
			s.report(ctx, b, id, progressEnd("its document was renamed"))
			delete(bars, id)
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
	if msg := standing(tr); msg != b.message {
		b.message = msg
		percent := 100 * tr.Count(engine.Completed) / max(tr.Total(), 1)
		s.report(ctx, b, tr.ID, progressReport(msg, uint32(percent))) //nolint:gosec // at most 100
	}
}

// What a progress names: so many running tickets, and of a name so many characters.
const (
	maxNamed = 3
	maxWord  = 60
)

// standing says how far a running track is: `2 of 7 · T3 thinking`.
func standing(tr *engine.Track) string {
	running := tr.Count(engine.InProgress)
	var named []string
	for t := range tr.Tickets() {
		if len(named) == min(running, maxNamed) {
			break
		}
		if t.Status == engine.InProgress && !t.Orphaned {
			id, _ := text.VisibleLine(t.Key.ID, maxWord)
			named = append(named, id+" "+doing(t))
		}
	}
	msg := fmt.Sprintf("%d of %d", tr.Count(engine.Completed), tr.Total())
	if len(named) > 0 {
		msg += " · " + strings.Join(named, ", ")
	}
	if more := running - len(named); more > 0 {
		msg += fmt.Sprintf(" and %d more", more)
	}
	return msg
}

// doing is a ticket's phase in words.
func doing(t *engine.Ticket) string {
	switch t.Phase() {
	case engine.AwaitingSpawn, engine.AwaitingStep:
		return "waits for you"
	case engine.AwaitingEdit:
		return "delivering"
	case engine.RunningTool:
		tool, _ := text.VisibleLine(t.Tool, maxWord)
		return "running " + tool
	case engine.Verifying:
		return "verifying"
	case engine.Thinking, engine.NoPhase:
	}
	return "thinking"
}

func trackName(tr *engine.Track) string {
	if tr.Title != "" {
		const runes = 120
		title, _ := text.VisibleLine(tr.Title, runes)
		return title
	}
	return string(tr.ID)
}

// createToken announces a progress to the client; false where it does not show any.
func (s *Session) createToken(ctx context.Context, token string) bool {
	if !s.traits().Progress {
		return false
	}
	params := &protocol.WorkDoneProgressCreateParams{Token: protocol.String(token)}
	if err := s.conn.Call(ctx, protocol.MethodWindowWorkDoneProgressCreate, params, nil); err != nil {
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
		err = s.conn.Notify(ctx, protocol.MethodProgress, &protocol.ProgressParams{Token: protocol.String(tokenOf(b.runs, id)), Value: raw})
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
	s.tell(ctx, kind, msg+nextStep(tr))
}

// progressCancelled cancels the request, or pauses the track, whose progress the person cancelled. A track that is
// paused loses nothing: its workers finish their step, and it can be resumed.
func (s *Session) progressCancelled(params json.RawMessage) error {
	var p struct{ Token json.RawMessage }
	if err := json.Unmarshal(params, &p); err != nil {
		return fmt.Errorf("decoding a cancelled progress: %w", err)
	}
	if s.cancelToken(p.Token) {
		return nil
	}
	var token string
	_ = json.Unmarshal(p.Token, &token) // a number is none of ours
	id, ok := trackOfToken(token)
	if !ok {
		return fmt.Errorf("there is no progress %.80s", p.Token)
	}
	s.later(func(ctx context.Context) {
		if err := s.engine.Do(ctx, engine.PauseTrack{Track: id, By: s.actor()}); err != nil && ctx.Err() == nil {
			s.tell(ctx, protocol.MessageTypeError, "The track was not paused: "+err.Error())
		}
	})
	return nil
}

func trackOfToken(token string) (engine.TrackID, bool) {
	rest, ours := strings.CutPrefix(token, tokenPrefix)
	_, id, ok := strings.Cut(rest, ":")
	return engine.TrackID(id), ours && ok && id != ""
}

// Constructors for what has a literal kind: package protocol encodes the zero value as an empty one.

func progressBegin(title, message string, cancellable bool) *protocol.WorkDoneProgressBegin {
	p := &protocol.WorkDoneProgressBegin{Kind: "begin", Title: title}
	if cancellable {
		p.Cancellable = new(true)
	}
	if message != "" {
		p.Message = &message
	}
	return p
}

func progressReport(message string, percent uint32) *protocol.WorkDoneProgressReport {
	return &protocol.WorkDoneProgressReport{Kind: "report", Message: &message, Percentage: &percent}
}

func progressDoing(message string) *protocol.WorkDoneProgressReport {
	return &protocol.WorkDoneProgressReport{Kind: "report", Message: &message}
}

func progressEnd(message string) *protocol.WorkDoneProgressEnd {
	return &protocol.WorkDoneProgressEnd{Kind: "end", Message: &message}
}

// nextStep ends the message that a track has come to rest: what to do now, by the name of its code action.
func nextStep(tr *engine.Track) string {
	switch tr.Status {
	case engine.TrackDone:
		for t := range tr.Tickets() {
			if len(t.Deliveries) > 0 {
				return ". In its document: Open what the track changed, with a commit message."
			}
		}
		return "."
	case engine.TrackBlocked:
		return ". In its document: Open the status board; retry, unblock or skip what is blocked."
	case engine.TrackPaused:
		return ". In its document: Resume the track."
	case engine.TrackStopped:
		return ". In its document: Run the track."
	case engine.TrackIdle, engine.TrackRunning:
	}
	return ""
}
