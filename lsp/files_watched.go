package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/lsp/traits"
)

// trackGlob is every track document, as clients watch files.
const trackGlob = "**/*.track.{yaml,yml,json}"

// filesChanged takes up what changed outside of the editors, or was made or deleted in one: workspace/
// didChangeWatchedFiles, didCreateFiles and didDeleteFiles.
func (s *Session) filesChanged(params json.RawMessage) error {
	var p struct {
		Changes []struct{ URI uri.URI }
		Files   []struct{ URI uri.URI }
	}
	if err := json.Unmarshal(params, &p); err != nil {
		return fmt.Errorf("decoding what changed: %w", err)
	}
	root := s.desk.Docs().Root
	var paths []string
	for _, f := range append(p.Changes, p.Files...) {
		if path, err := root.WorkspacePath(string(f.URI)); err == nil {
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		return nil
	}
	s.later(func(ctx context.Context) {
		if err := s.hub.Changed(ctx, paths); err != nil && ctx.Err() == nil {
			s.log.Warn("what changed outside of the editor was not taken up", "err", err)
		}
	})
	return nil
}

// withTracksBelow adds the documents of known tracks that a folder among the paths holds, or held.
func (h *Hub) withTracksBelow(paths []string) []string {
	out := slices.Clone(paths)
	for _, p := range paths {
		for _, d := range h.tracksBelow(rename{from: p}) {
			if d.from != p {
				out = append(out, d.from)
			}
		}
	}
	return out
}

// registering asks a client that can for what cannot be announced at initialize. It is not waited for by anybody.
func (s *Session) registering(ctx context.Context) {
	list := s.registrations()
	if len(list) == 0 {
		return
	}
	params := &protocol.RegistrationParams{Registrations: list}
	if err := s.conn.Call(ctx, protocol.MethodClientRegisterCapability, params, nil); err != nil && ctx.Err() == nil {
		s.log.Debug("the client registered nothing", "err", err)
	}
}

func (s *Session) registrations() []protocol.Registration {
	var out []protocol.Registration
	t := s.traits()
	if t.WatchFiles {
		out = append(out, protocol.Registration{
			ID: "slop.watch", Method: protocol.MethodWorkspaceDidChangeWatchedFiles,
			RegisterOptions: protocol.LSPAny(`{"watchers":[{"globPattern":"` + trackGlob + `"}]}`),
		})
	}
	if t.ConfigureDynamic {
		out = append(out, protocol.Registration{
			ID: "slop.settings", Method: protocol.MethodWorkspaceDidChangeConfiguration,
			RegisterOptions: protocol.LSPAny(`{"section":"` + settingsSection + `"}`),
		})
	}
	return out
}

// fileOperations is what a client is asked to tell of files, as far as it can.
func fileOperations(t *traits.Client) *protocol.WorkspaceOptions {
	scheme := "file"
	all := protocol.FileOperationRegistrationOptions{Filters: []protocol.FileOperationFilter{
		{Scheme: &scheme, Pattern: protocol.FileOperationPattern{Glob: "**"}},
	}}
	var o protocol.FileOperationOptions
	for _, can := range []struct {
		does bool
		want *protocol.FileOperationRegistrationOptions
	}{{t.WillRename, &o.WillRename}, {t.DidRename, &o.DidRename}, {t.DidCreate, &o.DidCreate}, {t.DidDelete, &o.DidDelete}} {
		if can.does {
			*can.want = all
		}
	}
	if !t.WillRename && !t.DidRename && !t.DidCreate && !t.DidDelete {
		return nil
	}
	return &protocol.WorkspaceOptions{FileOperations: &o}
}
