package lsp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/rpc"
)

// planTime bounds how long a plan's estimates may take; what is not estimated by then is said to be missing.
const planTime = 3 * time.Second

// writers write each kind of paper from what there is now. They take time, so never on the read loop.
var writers = map[string]func(ctx context.Context, h *Hub, p paper) (string, error){
	paperPlan:       writePlan,
	paperStatus:     writeStatus,
	paperTranscript: writeTranscript,
	paperDiff:       writeDiff,
	paperUndo:       writeUndo,
	paperOutcome:    writeOutcome,
	paperView:       writeView,
	paperInbox: func(_ context.Context, h *Hub, _ paper) (string, error) {
		snap := h.snapshot()
		return page.Inbox(snap.Pending(), snap.Remembered(), h.opts.Now()), nil
	},
}

// paperText is a paper as it is now. What cannot be written is said in its place, because a document that does not open
// tells nobody why.
func (h *Hub) paperText(ctx context.Context, p paper) string {
	out, err := writers[p.kind](ctx, h, p)
	if err != nil {
		return page.Failure(p.title(), err)
	}
	return out
}

// spec is a track's document as the editors have it now, else the plan.
func (h *Hub) spec(ctx context.Context, id engine.TrackID) (trackfile.Track, error) {
	for _, suffix := range trackSuffixes {
		f, err := h.Files().Read(ctx, string(id)+suffix)
		if err != nil {
			continue
		}
		doc := trackfile.Parse(f.Path, f.Data)
		if doc.Errors() {
			return trackfile.Track{}, rpc.Refuse(rpc.RequestFailed, "%s has errors: mend them first", f.Path)
		}
		return doc.Track, nil
	}
	tr, err := h.trackNow(id)
	if err != nil {
		return trackfile.Track{}, err
	}
	spec := trackfile.Track{Title: tr.Title, Goal: tr.Goal, Context: tr.Context, Verify: tr.Verify}
	for t := range tr.Tickets() {
		if !t.Orphaned {
			spec.Tickets = append(spec.Tickets, *t.Spec)
		}
	}
	return spec, nil
}

func (h *Hub) trackNow(id engine.TrackID) (*engine.Track, error) {
	tr, ok := h.snapshot().Track(id)
	if !ok {
		return nil, rpc.Refuse(rpc.RequestFailed, "there is no track %s: save its document, or run it, first", id)
	}
	return tr, nil
}

func (h *Hub) ticketNow(key engine.TicketKey) (*engine.Ticket, error) {
	tr, err := h.trackNow(key.Track)
	if err != nil {
		return nil, err
	}
	t, ok := tr.Ticket(key.ID)
	if !ok {
		return nil, rpc.Refuse(rpc.RequestFailed, "track %s has no ticket %s", key.Track, key.ID)
	}
	return t, nil
}

func (h *Hub) snapshot() *engine.Snapshot {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.engine.Snapshot()
}

func writePlan(ctx context.Context, h *Hub, p paper) (string, error) {
	spec, err := h.spec(ctx, p.track())
	if err != nil || h.opts.Forecast == nil {
		return page.PlanDocument(string(p.track()), spec, nil), err
	}
	ctx, cancel := context.WithTimeout(ctx, planTime)
	defer cancel()
	forecast := h.opts.Forecast(ctx, spec)
	return page.PlanDocument(string(p.track()), spec, &forecast), nil
}

func writeStatus(_ context.Context, h *Hub, p paper) (string, error) {
	snap := h.snapshot()
	if len(p.args) == 0 {
		return page.BoardsDocument(snap), nil
	}
	tr, err := h.trackNow(p.track())
	if err != nil {
		return "", err
	}
	return page.BoardDocument(snap, tr), nil
}

// maxAttempts bounds how many attempts a transcript shows, the newest of them.
const maxAttempts = 8

func writeTranscript(ctx context.Context, h *Hub, p paper) (string, error) {
	t, err := h.ticketNow(p.ticket())
	if err != nil {
		return "", err
	}
	var attempts []page.Attempt
	for n := max(1, t.Attempt-maxAttempts+1); n <= t.Attempt; n++ {
		a := page.Attempt{Run: engine.Run{Ticket: t.Key, Attempt: n}}
		a.Data, err = h.opts.Blobs.Blob(ctx, engine.Transcript(a.Run))
		if a.Lost = errors.Is(err, engine.ErrNoBlob); err != nil && !a.Lost {
			return "", fmt.Errorf("reading the transcript of %s: %w", a.Run, err)
		}
		if stream := h.stream(a.Run); stream != nil {
			streamed, _, at, _ := stream.Text(engine.Place{})
			a.Live = page.Streaming(streamed, a.Data)
			a.Thinking = page.Thinking(stream.Thought(engine.Place{}, at), a.Data)
		}
		attempts = append(attempts, a)
	}
	return page.Attempts(h.snapshot(), t, attempts), nil
}

// stream is what an attempt streams; nil once it has ended.
func (h *Hub) stream(run engine.Run) *engine.Stream {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.engine.Streams()[run]
}

// writeDiff shows what waits for an approval of the ticket's edit, else what it delivered.
func writeDiff(ctx context.Context, h *Hub, p paper) (string, error) {
	t, err := h.ticketNow(p.ticket())
	if err != nil {
		return "", err
	}
	if asked, ok := h.snapshot().Approval(t.Approval); ok && asked.Kind == engine.KindEdit {
		content, err := engine.LoadContent(ctx, h.opts.Blobs, asked.Hash)
		if err != nil {
			return "", err
		}
		return page.ApprovalDiff(asked, content), nil
	}
	if t.Delivery != nil {
		set, err := engine.LoadChanges(ctx, h.opts.Blobs, t.Delivery.Blob)
		return page.DiffDocument(set), err
	}
	switch {
	case t.Refused != "":
		return h.writeRefused(ctx, t)
	case t.Block != nil && t.Block.By == engine.ByEditConflict: // it met before anything was on its way
		return page.Refused(t, engine.ChangeSet{}, []engine.Conflict{{Path: "As the worker was told", Text: t.Block.Reason}}), nil
	}
	set, err := engine.TicketChanges(ctx, h.opts.Blobs, t)
	return page.DiffDocument(set), err
}

// writeRefused shows what a ticket wanted and did not get, against what the workspace has now.
func (h *Hub) writeRefused(ctx context.Context, t *engine.Ticket) (string, error) {
	set, err := engine.LoadChanges(ctx, h.opts.Blobs, t.Refused)
	if err != nil {
		return "", err
	}
	clashes, err := engine.Clashes(ctx, h.Files(), t.Key.ID, set)
	if err != nil {
		return "", err
	}
	return page.Refused(t, set, clashes), nil
}

func writeOutcome(ctx context.Context, h *Hub, p paper) (string, error) {
	tr, err := h.trackNow(p.track())
	if err != nil {
		return "", err
	}
	set, moved, err := engine.TrackChanges(ctx, h.opts.Blobs, h.Files(), tr)
	if err != nil {
		return "", err
	}
	return page.Outcome(tr, set, moved), nil
}

func writeView(ctx context.Context, h *Hub, p paper) (string, error) {
	req := engine.ViewRequest{Path: p.args[0], Kind: engine.ViewKind(p.args[1]), Symbols: p.args[2:]}
	file, err := h.Files().Read(ctx, req.Path)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", req.Path, err)
	}
	v, err := h.opts.Viewer.View(ctx, h.Files(), req)
	if err != nil {
		return "", err
	}
	return page.View(v, req.Symbols, h.count(string(file.Data)), h.count(v.Text)), nil
}

// count is the tokens of a text, where somebody can count them; else about.
func (h *Hub) count(s string) int {
	if h.opts.Count == nil {
		return (len(s) + 3) / 4
	}
	return h.opts.Count(s)
}
