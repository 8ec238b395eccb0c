package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/slop-ls/slop-ls/engine"
)

// lent is what those who attach lend of their environment: PATH and the keys that the configuration names. It is kept
// in memory only. A track uses what came with whoever started it; what that one did not have, and tracks that nobody has
// started since this process did, use what came last. The zero value lends nothing, and any goroutine may use it.
type lent struct {
	mu     sync.Mutex
	last   map[string]string
	tracks map[engine.TrackID]map[string]string
}

// take keeps the variables of env whose names are known, drops the others, and gives what it keeps.
func (l *lent) take(env map[string]string, names []string) map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		l.last = map[string]string{}
	}
	kept := map[string]string{}
	for name, value := range env {
		if value != "" && (name == "PATH" || slices.Contains(names, name)) {
			l.last[name], kept[name] = value, value
		}
	}
	return kept
}

// started notes whose variables a track uses.
func (l *lent) started(track engine.TrackID, vars map[string]string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tracks == nil {
		l.tracks = map[engine.TrackID]map[string]string{}
	}
	l.tracks[track] = vars
}

// value is a variable for the attempt that ctx is of; empty where nobody has lent it.
func (l *lent) value(ctx context.Context, name string) string {
	run, _ := engine.RunOf(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if value := l.tracks[run.Ticket.Track][name]; value != "" {
		return value
	}
	return l.last[name]
}

// environ is os.Environ with the PATH that was lent. Keys are not in it beyond those of this process.
func (l *lent) environ(ctx context.Context) []string {
	env := os.Environ()
	path := l.value(ctx, "PATH")
	if path == "" {
		return env
	}
	env = slices.DeleteFunc(env, func(kv string) bool { return strings.HasPrefix(kv, "PATH=") })
	return append(env, "PATH="+path)
}

// with is an environment with those of the named variables that were lent.
func (l *lent) with(ctx context.Context, env, names []string) []string {
	for _, name := range names {
		if value := l.value(ctx, name); value != "" {
			env = slices.DeleteFunc(env, func(kv string) bool { return strings.HasPrefix(kv, name+"=") })
			env = append(env, name+"="+value)
		}
	}
	return env
}

// keysArrived lets tickets go on that wait for a key, where somebody has brought any.
func (h *house) keysArrived(ctx context.Context, vars map[string]string) {
	for name := range vars {
		if name == "PATH" {
			continue
		}
		if err := h.conductor.Do(ctx, engine.KeysArrived{}); err != nil && ctx.Err() == nil && !errors.Is(err, engine.ErrStopped) {
			h.log.Warn("tickets that wait for a key were not told of one", "err", err)
		}
		return
	}
}

// lendable is what this process lends to a daemon.
func lendable(names []string) map[string]string {
	env := map[string]string{}
	for _, name := range append([]string{"PATH"}, names...) {
		if value := os.Getenv(name); value != "" {
			env[name] = value
		}
	}
	return env
}

// lender is the conductor for one who attached: what that one starts uses what came with them.
type lender struct {
	*engine.Conductor
	house *house
	vars  map[string]string
}

// Do submits a command, as Conductor.Do.
func (l lender) Do(ctx context.Context, cmd engine.Command) error {
	if track, _ := engine.Starts(cmd); track != "" {
		l.house.lent.started(track, l.vars)
	}
	err := l.Conductor.Do(ctx, cmd)
	if err == nil {
		l.house.trustBy(ctx, cmd)
	}
	return err
}
