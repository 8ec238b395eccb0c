package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"path"
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/rpc"
)

// Files that the person renames, makes or deletes in the editor: track documents follow what they name, and state
// follows its document.

// rename is a file or folder that got another path, both workspace-relative; "" for one outside.
type rename struct{ from, to string }

// renamesIn reads what a client says was, or will be, renamed. What lies outside of the workspace is left out.
func renamesIn(r document.Root, params json.RawMessage) ([]rename, error) {
	var p protocol.RenameFilesParams
	if err := rpc.Decode(params, &p); err != nil {
		return nil, err
	}
	var out []rename
	for _, f := range p.Files {
		from, _ := r.WorkspacePath(f.OldURI)
		to, _ := r.WorkspacePath(f.NewURI)
		if from != "" && from != to {
			out = append(out, rename{from, to})
		}
	}
	return out, nil
}

// prepareWillRename answers with the edit by which the track documents follow, or null.
func prepareWillRename(v view, params json.RawMessage) (work, error) {
	renames, err := renamesIn(v.docs.Root, params)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, s *Session) (any, error) {
		return s.following(ctx, v.docs, renames)
	}, nil
}

// following is the edit by which the track documents follow renames, nil where none names what is renamed.
func (s *Session) following(ctx context.Context, docs *document.Set, renames []rename) (any, error) {
	edit := &protocol.WorkspaceEdit{}
	for _, p := range s.hub.trackDocuments(ctx, docs) {
		f, err := s.trackText(ctx, docs, p)
		if err != nil {
			continue // it cannot be followed, and the rename is the person's
		}
		if edits := followed(f.doc, renames); len(edits) > 0 {
			s.addEdits(edit, f, docs.Encoding, edits)
		}
	}
	if len(edit.Changes) == 0 && len(edit.DocumentChanges) == 0 {
		return nil, nil
	}
	return edit, nil
}

// followed is every change that renames make to a document; of two for the same place the first.
func followed(doc *trackfile.Document, renames []rename) []trackfile.Edit {
	var out []trackfile.Edit
	for _, r := range renames {
		if r.to == "" {
			continue
		}
		for _, e := range trackfile.RenamePath(doc, r.from, r.to) {
			if !slices.ContainsFunc(out, func(o trackfile.Edit) bool { return o.Start == e.Start }) {
				out = append(out, e)
			}
		}
	}
	slices.SortFunc(out, func(a, b trackfile.Edit) int { return a.Start - b.Start })
	return out
}

// trackText is a track document as its editor has it, else as it is on disk.
type trackText struct {
	uri     uri.URI
	version *int32 // nil where it is not open
	index   *text.Index
	doc     *trackfile.Document
}

func (s *Session) trackText(ctx context.Context, docs *document.Set, p string) (trackText, error) {
	if d := docs.ByPath(p); d != nil {
		return trackText{d.Sent, &d.Version, d.Index, d.Track()}, d.Broken
	}
	file, err := s.hub.opts.Disk.Read(ctx, p)
	return trackText{docs.Root.URI(p), nil, text.NewIndex(file.Data), trackfile.Parse(p, file.Data)}, err
}

func (s *Session) addEdits(edit *protocol.WorkspaceEdit, f trackText, enc text.Encoding, edits []trackfile.Edit) {
	list := make([]protocol.TextEdit, len(edits))
	elements := make([]protocol.TextDocumentEditElement, len(edits))
	for i, e := range edits {
		list[i] = protocol.TextEdit{Range: document.RangeIn(f.index, text.Span{Start: e.Start, End: e.End}, enc), NewText: e.New}
		elements[i] = &list[i]
	}
	if !s.traits().DocumentChanges {
		if edit.Changes == nil {
			edit.Changes = map[uri.URI][]protocol.TextEdit{}
		}
		edit.Changes[f.uri] = list
		return
	}
	edit.DocumentChanges = append(edit.DocumentChanges, &protocol.TextDocumentEdit{
		TextDocument: protocol.OptionalVersionedTextDocumentIdentifier{
			TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: f.uri}, Version: f.version,
		},
		Edits: elements,
	})
}

// trackDocuments lists the paths of the documents that may name files: those of known tracks, the open ones, and what
// lies where tracks are by default.
func (h *Hub) trackDocuments(ctx context.Context, docs *document.Set) []string {
	var out []string
	for tr := range h.engine.Snapshot().Tracks() {
		if p := h.document(ctx, tr.ID); p != "" {
			out = append(out, p)
		}
	}
	for _, d := range docs.Open {
		if trackfile.IsTrackFile(d.Path) {
			out = append(out, d.Path)
		}
	}
	entries, err := h.opts.Disk.List(ctx, tracksDir, true)
	if err != nil {
		h.opts.Log.Debug("the tracks' folder was not listed", "err", err)
	}
	for _, e := range entries {
		if trackfile.IsTrackFile(e.Path) {
			out = append(out, e.Path)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// filesRenamed takes up what the client says was renamed: state follows a track's document, and where the client did
// not ask before for the documents that name a file, they follow now.
func (s *Session) filesRenamed(params json.RawMessage) error {
	docs := s.desk.Docs()
	renames, err := renamesIn(docs.Root, params)
	if err != nil || len(renames) == 0 {
		return err
	}
	s.hub.plans.hear(renames) // a document that is saved next is planned with it
	s.later(func(ctx context.Context) {
		err := s.hub.renamed(ctx, renames)
		if !s.traits().WillRename {
			err = errors.Join(err, s.followFiles(ctx, docs, renames))
		}
		if err != nil && ctx.Err() == nil {
			s.tell(ctx, protocol.MessageTypeWarning, err.Error())
		}
	})
	return nil
}

// followFiles delivers the changes by which track documents follow renames.
func (s *Session) followFiles(ctx context.Context, docs *document.Set, renames []rename) error {
	var errs []error
	for _, p := range s.hub.trackDocuments(ctx, docs) {
		f, err := s.trackText(ctx, docs, p)
		if err != nil {
			continue
		}
		edits := followed(f.doc, renames)
		if len(edits) == 0 {
			continue
		}
		id := engine.TrackID(trackfile.ID(p))
		s.hub.own(id, s)
		set := engine.ChangeSet{Label: "follow a renamed file", Files: []engine.FileChange{{
			Path: p, Op: engine.OpModify, Base: f.doc.Source, After: trackfile.ApplyEdits(f.doc.Source, edits),
		}}}
		_, err = s.hub.Deliver(ctx, engine.Run{Ticket: engine.TicketKey{Track: id}}, set)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// renamed lets state follow the documents among what was renamed, of which the plans have heard.
func (h *Hub) renamed(ctx context.Context, renames []rename) error {
	return h.inTurn(ctx, func() error {
		var errs []error
		for _, r := range renames {
			for _, d := range h.tracksBelow(r) {
				errs = append(errs, h.trackMoved(ctx, d))
			}
		}
		return errors.Join(errs...)
	})
}

// remember notes the files that documents name and that were renamed, so that to follow them is no new work.
func (h *Hub) remember(r rename) {
	if r.to == "" || len(h.plans.moved) > maxMoved {
		return
	}
	note := func(p string) {
		if rest, ok := below(p, r.from); ok {
			h.plans.moved[p] = r.to + rest
		}
	}
	for old, now := range h.plans.moved {
		if rest, ok := below(now, r.from); ok {
			h.plans.moved[old] = r.to + rest
		}
	}
	for tr := range h.engine.Snapshot().Tracks() {
		for t := range tr.Tickets() {
			note(t.Spec.TargetFile)
			for _, p := range slices.Concat(t.Spec.ContextRequirements, t.Spec.Writes) {
				note(p)
			}
		}
	}
}

// below is what follows dir in a path that is dir or lies below it.
func below(p, dir string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(p, dir)
	return rest, ok && (rest == "" || rest[0] == '/')
}

// tracksBelow lists the documents of known tracks that a rename moved.
func (h *Hub) tracksBelow(r rename) []rename {
	var out []rename
	for tr := range h.engine.Snapshot().Tracks() {
		for _, suffix := range trackSuffixes {
			rest, ok := below(string(tr.ID)+suffix, r.from)
			switch {
			case !ok:
			case r.to == "":
				out = append(out, rename{from: string(tr.ID) + suffix})
			default:
				out = append(out, rename{string(tr.ID) + suffix, path.Clean(r.to + rest)})
			}
		}
	}
	return out
}

// trackMoved is one track's document that may have moved: only what is there now, and is not where it was, has.
func (h *Hub) trackMoved(ctx context.Context, d rename) error {
	from := engine.TrackID(trackfile.ID(d.from))
	file, err := h.opts.Disk.Read(ctx, d.to)
	if d.to == "" || err != nil || !trackfile.IsTrackFile(d.to) {
		return h.gone(ctx, d.from)
	}
	to := engine.TrackID(trackfile.ID(d.to))
	if from == to || h.document(ctx, from) != "" {
		return nil
	}
	if err := h.renameTrack(ctx, from, to); err != nil {
		return err
	}
	return h.changed(ctx, d.to, file.Data)
}
