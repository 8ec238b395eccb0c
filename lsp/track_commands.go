package lsp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// trackAt names the track whose document a command's URI is.
func (v view) trackAt(raw string) (path string, id engine.TrackID, err error) {
	path, err = v.docs.Root.WorkspacePath(raw)
	if err != nil {
		return "", "", err
	}
	if !trackfile.IsTrackFile(path) {
		return "", "", rpc.Refuse(rpc.InvalidParams, "%s is no track document: its name must end in .track.yaml, .track.yml or .track.json", path)
	}
	return path, engine.TrackID(trackfile.ID(path)), nil
}

// planned makes sure that the track which a command named has its newest saved document as plan. Where that has
// errors and there is a plan already, it goes on with that one and says so.
func (s *Session) planned(ctx context.Context, path string, id engine.TrackID) error {
	file, err := s.hub.opts.Disk.Read(ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		file, err = s.hub.Files().Read(ctx, path) // new, and not saved yet
	}
	if err == nil {
		err = s.hub.plan(ctx, path, trackfile.Parse(path, file.Data))
	}
	if err == nil {
		return nil
	}
	if _, known := s.engine.Snapshot().Track(id); !known {
		return fmt.Errorf("%s cannot be planned: %w", path, err)
	}
	s.tell(ctx, protocol.MessageTypeWarning, err.Error())
	return nil
}

// onDocument carries out a command about a track, named by its document, after making that document the plan.
func onDocument(ctx context.Context, s *Session, v view, uri string, cmd func(engine.TrackID) engine.Command) (any, error) {
	path, id, err := v.trackAt(uri)
	if err != nil {
		return nil, err
	}
	s.hub.own(id, s)
	if err := s.planned(ctx, path, id); err != nil {
		return nil, err
	}
	return nil, s.engine.Do(ctx, cmd(id))
}

// onTrack is a command on a whole track.
func onTrack(cmd func(id engine.TrackID, by engine.Actor) engine.Command) func(context.Context, *Session, view, wire.TrackArgs) (any, error) {
	return func(ctx context.Context, s *Session, v view, a wire.TrackArgs) (any, error) {
		return onDocument(ctx, s, v, a.URI, func(id engine.TrackID) engine.Command { return cmd(id, s.actor()) })
	}
}

var (
	trackRun = onTrack(func(id engine.TrackID, by engine.Actor) engine.Command {
		return engine.StartTrack{Track: id, By: by}
	})
	trackPause = onTrack(func(id engine.TrackID, by engine.Actor) engine.Command {
		return engine.PauseTrack{Track: id, By: by}
	})
	trackResume = onTrack(func(id engine.TrackID, by engine.Actor) engine.Command {
		return engine.ResumeTrack{Track: id, By: by}
	})
	trackStop = onTrack(func(id engine.TrackID, by engine.Actor) engine.Command {
		return engine.StopTrack{Track: id, By: by}
	})
)
