package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

var trackSuffixes = []string{".track.yaml", ".track.yml", ".track.json"}

// trackDoc is a track document as it is on disk.
type trackDoc struct {
	ID   engine.TrackID
	Path string // workspace-relative, slash-separated
	Doc  *trackfile.Document
}

// loadTrack reads the document that a person names: by its path, by the track's id, or by its bare name in
// .slop/tracks. The document may have problems.
func loadTrack(root, name string) (trackDoc, error) {
	path, err := findTrack(root, name)
	if err != nil {
		return trackDoc{}, err
	}
	return readTrack(root, path)
}

// readTrack reads the document of a workspace-relative path.
func readTrack(root, path string) (trackDoc, error) {
	src, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		return trackDoc{}, fmt.Errorf("reading the track: %w", err)
	}
	return trackDoc{ID: engine.TrackID(trackfile.ID(path)), Path: path, Doc: trackfile.Parse(path, src)}, nil
}

// findTrack is the workspace-relative path of the document that a person names.
func findTrack(root, name string) (string, error) {
	if path, err := workspacePath(root, name); err == nil && isFile(root, path) {
		return path, oneTrack(root, path)
	} else if filepath.IsAbs(name) && err != nil {
		return "", err
	}
	for _, base := range []string{name, ".slop/tracks/" + name} {
		for _, suffix := range trackSuffixes {
			if path, err := workspacePath(root, filepath.FromSlash(base+suffix)); err == nil && isFile(root, path) {
				return path, oneTrack(root, path)
			}
		}
	}
	return "", fmt.Errorf("there is no track %s in %s: see `slop-ls track list`, or make one with `slop-ls track new %s`",
		name, root, filepath.Base(name))
}

// oneTrack refuses a document beside another one of the same id: two files never share state.
func oneTrack(root, path string) error {
	if other := twin(root, path); other != "" {
		return fmt.Errorf("%s and %s would be the same track: rename one of them", path, other)
	}
	return nil
}

// twin is another document that would be the same track, or "".
func twin(root, path string) string {
	for _, suffix := range trackSuffixes {
		other := trackfile.ID(path) + suffix
		if other != path && trackfile.IsTrackFile(path) && isFile(root, other) {
			return other
		}
	}
	return ""
}

// replan is what makes a document the plan: its state comes along first where its file got another name.
func replan(snap *engine.Snapshot, root string, track trackDoc) []engine.Command {
	plan := []engine.Command{engine.PlanTrack{Track: track.ID, Spec: track.Doc.Track}}
	if !snap.Untouched(track.ID) {
		return plan
	}
	gone := func(id engine.TrackID) bool {
		return !slices.ContainsFunc(trackSuffixes, func(suffix string) bool { return isFile(root, string(id)+suffix) })
	}
	if from, ok := snap.MovedFrom(track.Doc.Track, gone); ok && from != track.ID {
		return append([]engine.Command{engine.RenameTrack{Track: from, To: track.ID}}, plan...)
	}
	return plan
}

func isFile(root, path string) bool {
	info, err := os.Stat(filepath.Join(root, filepath.FromSlash(path)))
	return err == nil && info.Mode().IsRegular()
}

// trackPaths lists the track documents of a workspace, sorted; folders whose name starts with a dot are left out, but
// for .slop.
func trackPaths(root string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrPermission) {
				return fs.SkipDir
			}
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != root && name != ".slop" && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "vendor") {
				return fs.SkipDir
			}
			return nil
		}
		if trackfile.IsTrackFile(name) {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			found = append(found, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for tracks: %w", err)
	}
	slices.Sort(found)
	return found, nil
}

// trackNamed is the id of a track that has a document, or, with no doc, only state.
func trackNamed(ctx context.Context, root, name string) (id engine.TrackID, doc *trackDoc, err error) {
	found, err := loadTrack(root, name)
	if err == nil {
		return found.ID, &found, nil
	}
	snap, loadErr := snapshot(ctx, root)
	if loadErr != nil {
		return "", nil, loadErr
	}
	if _, ok := snap.Track(engine.TrackID(name)); ok {
		return engine.TrackID(name), nil, nil
	}
	return "", nil, err
}
