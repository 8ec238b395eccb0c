package main

import (
	"os"
	"slices"
	"strings"
	"sync"
)

// lent is what those who attach lend of their environment: PATH and the keys that the configuration names. It is kept
// in memory only. Who attached last counts; what that one does not have stays as an earlier one brought it. The zero
// value lends nothing, and any goroutine may use it.
type lent struct {
	mu   sync.Mutex
	vars map[string]string
}

// take keeps the variables of env whose names are known, and drops the others.
func (l *lent) take(env map[string]string, names []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.vars == nil {
		l.vars = map[string]string{}
	}
	for name, value := range env {
		if value != "" && (name == "PATH" || slices.Contains(names, name)) {
			l.vars[name] = value
		}
	}
}

// lookup is os.LookupEnv, with what was lent before what this process has.
func (l *lent) lookup(name string) (string, bool) {
	l.mu.Lock()
	value, ok := l.vars[name]
	l.mu.Unlock()
	if ok {
		return value, true
	}
	return os.LookupEnv(name)
}

// environ is os.Environ with the PATH that was lent. Keys are not in it beyond those of this process.
func (l *lent) environ() []string {
	path, ok := l.lookup("PATH")
	env := os.Environ()
	if !ok {
		return env
	}
	env = slices.DeleteFunc(env, func(kv string) bool { return strings.HasPrefix(kv, "PATH=") })
	return append(env, "PATH="+path)
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
