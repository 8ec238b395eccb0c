package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/slop-ls/slop-ls/engine"
)

// What a repository brings along (prompts, tracks that would start by themselves) does nothing before a person has run
// something there by a command of their own. That this has happened is remembered by root, in a file beside the
// workspace's store, where no repository can put one. Deleting the file takes the trust back.

// trustMark is that file.
type trustMark struct {
	Root  string    `json:"root"`
	Since time.Time `json:"since"`
}

// trustPath is where the mark of a workspace is.
func trustPath(root string) (string, error) {
	path, err := storePath(root)
	if err != nil {
		return "", err
	}
	return filepath.Join(filepath.Dir(path), "trusted.json"), nil
}

// trustOf is the mark of a workspace; false where there is none, or none that is whole.
func trustOf(root string) (trustMark, bool) {
	var mark trustMark
	path, err := trustPath(root)
	if err != nil {
		return mark, false
	}
	data, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(data, &mark) != nil || mark.Since.IsZero() {
		return trustMark{}, false
	}
	return mark, true
}

// trustNow remembers that a person trusts a workspace. It is said once and then kept.
func trustNow(root string) error {
	if _, given := trustOf(root); given {
		return nil
	}
	path, err := trustPath(root)
	if err != nil {
		return err
	}
	data, err := json.Marshal(trustMark{Root: root, Since: time.Now().UTC()})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("remembering that this workspace is trusted: %w", err)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "trusted-*.tmp")
	if err != nil {
		return fmt.Errorf("remembering that this workspace is trusted: %w", err)
	}
	_, err = temp.Write(append(data, '\n'))
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path) // two that do so say the same
	}
	if err != nil {
		return errors.Join(fmt.Errorf("remembering that this workspace is trusted: %w", err), os.Remove(temp.Name()))
	}
	return nil
}

// trust is what a house knows of it. Any goroutine may use it.
type trust struct {
	given  atomic.Bool
	passes bool // it is not remembered: of a house that is not in a store
}

// trusted reports whether what the repository brings along counts now: a person has run something here, and no attached
// editor says that it does not trust the workspace.
func (h *house) trusted() bool {
	return h.trust.given.Load() && (h.hub == nil || !h.hub.Restricted())
}

// trustBy takes a command that was carried out as the trust that it is. Where it cannot be remembered it still counts
// until this process ends.
func (h *house) trustBy(ctx context.Context, cmd engine.Command) {
	if _, starts := engine.Starts(cmd); !starts || h.trust.given.Swap(true) {
		return
	}
	if !h.trust.passes {
		if err := trustNow(h.root); err != nil {
			h.log.Warn("the trust in this workspace lasts until slop-ls ends", "err", err)
		}
	}
	h.trustChanged(ctx)
}

// trustChanged puts in force what depends on trust.
func (h *house) trustChanged(ctx context.Context) {
	h.live.mu.Lock()
	defer h.live.mu.Unlock()
	set := h.settingsOf(&h.live.inForce)
	if len(set.Models) == 0 {
		set.Models = h.live.set.Models
	}
	if err := h.configure(ctx, set); err != nil && ctx.Err() == nil && !errors.Is(err, engine.ErrStopped) {
		h.log.Warn("what depends on trust was not put in force", "err", err)
	}
}

// trustFinding is doctor's.
func trustFinding(root string) finding {
	mark, given := trustOf(root)
	path, err := trustPath(root)
	switch {
	case err != nil:
		return finding{"trust", false, err.Error()}
	case !given:
		if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return finding{"trust", false, "cannot be read: delete " + path + ", and run something here anew"}
		}
		return finding{"trust", true, "not given yet: prompts of the repository and auto_queue do nothing until you have run something here"}
	}
	return finding{"trust", true, "given by a command of yours on " + mark.Since.Local().Format(time.DateTime) + "; deleting " + path + " takes it back"}
}
