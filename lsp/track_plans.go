package lsp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/rpc"
)

// plans brings the engine's plans in step with the documents, for all editors and for what changes outside of them.
// Its maps belong to who holds turn.
type plans struct {
	turn   chan struct{}
	broken map[string]bool   // documents whose errors have been told, by path
	moved  map[string]string // files that were renamed, old path to new: to follow one is no new work

	mu    sync.Mutex
	heard []rename // not yet among moved
}

// hear notes renames at once, so that whatever is planned after it knows of them. Any goroutine may call it.
func (p *plans) hear(renames []rename) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = append(p.heard, renames...)
}

func (p *plans) takeHeard() []rename {
	p.mu.Lock()
	defer p.mu.Unlock()
	heard := p.heard
	p.heard = nil
	return heard
}

// maxMoved bounds how many renamed files are remembered.
const maxMoved = 4096

func newPlans() *plans {
	return &plans{turn: make(chan struct{}, 1), broken: map[string]bool{}, moved: map[string]string{}}
}

// inTurn runs do while nobody else plans, and after what was heard of renames.
func (h *Hub) inTurn(ctx context.Context, do func() error) error {
	select {
	case h.plans.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-h.plans.turn }()
	for _, r := range h.plans.takeHeard() {
		h.remember(r)
	}
	return do()
}

// brokenPlanError says that a document cannot become the plan. Told says that it was said before, of an earlier
// version.
type brokenPlanError struct {
	error
	told bool
}

func (e *brokenPlanError) Unwrap() error { return e.error }

// plan makes a document the plan. One with errors, or beside another one of the same id, is refused and the last plan
// stays. Where the file got another name its state comes along.
func (h *Hub) plan(ctx context.Context, path string, doc *trackfile.Document) error {
	return h.inTurn(ctx, func() error { return h.planNow(ctx, path, doc) })
}

func (h *Hub) planNow(ctx context.Context, path string, doc *trackfile.Document) error {
	if why := h.unplannable(ctx, path, doc); why != "" {
		told := h.plans.broken[path]
		h.plans.broken[path] = true
		return &brokenPlanError{rpc.Refuse(rpc.RequestFailed, "%s has errors, so its last plan stays: %s", path, why), told}
	}
	delete(h.plans.broken, path)
	id := engine.TrackID(trackfile.ID(path))
	if err := h.bringState(ctx, id, doc.Track); err != nil {
		return err
	}
	before := orphansOf(h.engine.Snapshot(), id)
	if err := h.engine.Do(ctx, engine.PlanTrack{Track: id, Spec: doc.Track, Moved: maps.Clone(h.plans.moved)}); err != nil {
		return err
	}
	h.tellOrphans(ctx, path, before, orphansOf(h.engine.Snapshot(), id))
	return nil
}

// unplannable is why a document cannot become the plan, or "".
func (h *Hub) unplannable(ctx context.Context, path string, doc *trackfile.Document) string {
	for _, p := range doc.Problems {
		if p.Severity == trackfile.Error {
			return p.String(path)
		}
	}
	if twin := h.twin(ctx, path); twin != "" {
		return sharedID(path, twin)
	}
	return ""
}

func sharedID(path, twin string) string {
	return fmt.Sprintf("%s and %s would be the same track: rename one of them", path, twin)
}

// twin is another document on disk that would be the same track, or "".
func (h *Hub) twin(ctx context.Context, path string) string {
	for _, suffix := range trackSuffixes {
		other := trackfile.ID(path) + suffix
		if other == path {
			continue
		}
		if _, err := h.opts.Disk.Read(ctx, other); err == nil {
			return other
		}
	}
	return ""
}

// document is the path of a track's document on disk, or "".
func (h *Hub) document(ctx context.Context, id engine.TrackID) string {
	for _, suffix := range trackSuffixes {
		if _, err := h.opts.Disk.Read(ctx, string(id)+suffix); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return string(id) + suffix
		}
	}
	return ""
}

// bringState renames the track that a document was before its file got another name.
func (h *Hub) bringState(ctx context.Context, to engine.TrackID, spec trackfile.Track) error {
	snap := h.engine.Snapshot()
	if !snap.Untouched(to) {
		return nil
	}
	from, ok := snap.MovedFrom(spec, func(id engine.TrackID) bool { return id != to && h.document(ctx, id) == "" })
	if !ok {
		return nil
	}
	return h.renameTrack(ctx, from, to)
}

// renameTrack moves a track's state, and who asked for it.
func (h *Hub) renameTrack(ctx context.Context, from, to engine.TrackID) error {
	if err := h.engine.Do(ctx, engine.RenameTrack{Track: from, To: to}); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.owners[from]; s != nil {
		h.owners[to] = s // from stays: workers that began under it deliver by that name
	}
	return nil
}

// orphansOf lists the tickets of a track that its document does not have any more.
func orphansOf(snap *engine.Snapshot, id engine.TrackID) []*engine.Ticket {
	tr, ok := snap.Track(id)
	if !ok || tr.Len() == tr.Total() {
		return nil
	}
	var out []*engine.Ticket
	for t := range tr.Tickets() {
		if t.Orphaned {
			out = append(out, t)
		}
	}
	return out
}

// tellOrphans says which tickets have vanished, once.
func (h *Hub) tellOrphans(ctx context.Context, path string, before, after []*engine.Ticket) {
	var ids []string
	for _, t := range after {
		if !slices.ContainsFunc(before, func(o *engine.Ticket) bool { return o.Key.ID == t.Key.ID }) {
			ids = append(ids, t.Key.ID)
		}
	}
	if len(ids) == 0 {
		return
	}
	const shown = 5
	list := strings.Join(ids[:min(len(ids), shown)], ", ")
	if more := len(ids) - shown; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	h.tellAll(ctx, protocol.MessageTypeInfo, fmt.Sprintf("%s does not have %s any more; their state is kept, and counts again when they come back", path, list))
}

// tellAll shows a line in every editor.
func (h *Hub) tellAll(ctx context.Context, kind protocol.MessageType, msg string) {
	for _, s := range h.attached() {
		s.tell(ctx, kind, msg)
	}
}

// Changed takes up what became of files outside of the editors: paths are workspace-relative and may have been made,
// changed or deleted. A changed document of a known track becomes the plan; one that was renamed takes its state
// along; a track whose document is gone starts nothing new. A document that nobody has opened or run is not touched.
// It may be called at any time, by anybody.
func (h *Hub) Changed(ctx context.Context, paths []string) error {
	return h.inTurn(ctx, func() error {
		var errs []error
		var gone []string
		for _, path := range h.withTracksBelow(paths) {
			if !trackfile.IsTrackFile(path) {
				continue
			}
			file, err := h.opts.Disk.Read(ctx, path)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				gone = append(gone, path)
			case err != nil:
				errs = append(errs, err)
			default:
				errs = append(errs, h.changed(ctx, path, file.Data))
			}
		}
		for _, path := range gone {
			errs = append(errs, h.gone(ctx, path))
		}
		h.redraft(ctx, paths)
		return errors.Join(errs...)
	})
}

// changed is one document that is there.
func (h *Hub) changed(ctx context.Context, path string, data []byte) error {
	id := engine.TrackID(trackfile.ID(path))
	doc := trackfile.Parse(path, data)
	if _, known := h.engine.Snapshot().Track(id); !known {
		if doc.Errors() || h.bringState(ctx, id, doc.Track) != nil {
			return nil
		}
		if _, known = h.engine.Snapshot().Track(id); !known {
			return nil
		}
	}
	err := h.planNow(ctx, path, doc)
	if broken := (*brokenPlanError)(nil); errors.As(err, &broken) {
		if !broken.told {
			h.tellAll(ctx, protocol.MessageTypeWarning, err.Error())
		}
		return nil
	}
	return err
}

// gone is one document that is not there any more.
func (h *Hub) gone(ctx context.Context, path string) error {
	id := engine.TrackID(trackfile.ID(path))
	delete(h.plans.broken, path)
	tr, known := h.engine.Snapshot().Track(id)
	if !known || tr.Lost || h.document(ctx, id) != "" {
		return nil
	}
	if err := h.engine.Do(ctx, engine.LoseTrack{Track: id}); err != nil {
		return err
	}
	if tr.Status == engine.TrackRunning || tr.Count(engine.InProgress) > 0 {
		h.tellAll(ctx, protocol.MessageTypeWarning, fmt.Sprintf(
			"%s is gone while its track runs: what is under way goes on, nothing new starts, and it goes on when the file is back", path))
	}
	return nil
}

// planSaved makes what was saved of an open document the plan, and tells its person where it cannot be: once until it
// is good again.
func (s *Session) planSaved(ctx context.Context, d *document.Document) {
	err := s.hub.plan(ctx, d.Path, trackfile.Parse(d.Path, []byte(d.Saved.Text())))
	broken := (*brokenPlanError)(nil)
	if err == nil || ctx.Err() != nil || errors.As(err, &broken) && broken.told {
		return
	}
	s.tell(ctx, protocol.MessageTypeWarning, err.Error())
}
