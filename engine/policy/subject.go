package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
)

// subject is an action with what can be read out of it.
type subject struct {
	action engine.Action
	line   line     // of an action that runs a command
	paths  []string // what it names, or, of a command, may name
	twice  string   // an argument that stands there more than once
}

func newSubject(a engine.Action) *subject {
	s := &subject{action: a, paths: a.Paths, twice: doubled(a.Arguments)}
	if s.hasLine() {
		s.line = readLine(a.Command)
		s.paths = append(s.line.paths(), a.Paths...)
	}
	return s
}

// name is what people call the action: its tool, else its kind.
func (s *subject) name() string {
	if s.action.Tool != "" {
		return s.action.Tool
	}
	return string(s.action.Kind)
}

// hasLine says whether there is a shell line to look at. A tool that runs something else has none.
func (s *subject) hasLine() bool {
	return s.action.Effect == engine.EffectRun && s.action.Command != ""
}

// onFiles says whether the action's paths are files of the workspace, and not, say, of a service far away.
func (s *subject) onFiles() bool {
	return s.action.Effect == engine.EffectRead || s.action.Effect == engine.EffectEdit
}

// leaves gives a path that leads out of the workspace.
func (s *subject) leaves() (string, bool) {
	if !s.onFiles() {
		return "", false
	}
	for _, p := range s.action.Paths {
		if outside(p) {
			return p, true
		}
	}
	return "", false
}

// guarded gives a path that always asks, and why it does.
func (s *subject) guarded() (why, path string, ok bool) {
	for _, p := range s.paths {
		if why := guardOf(p, s.action.Effect == engine.EffectRead); why != "" {
			return why, p, true
		}
	}
	return "", "", false
}

// touches gives a path that r covers in a way that is good enough to ask or deny.
func (s *subject) touches(r pathRule) (string, bool) {
	for _, p := range s.paths {
		if r.covers(p) {
			return p, true
		}
	}
	return "", false
}

// hides says why an action cannot be judged by what it shows.
func (s *subject) hides() string {
	if s.twice != "" {
		return fmt.Sprintf("arguments: %q stands there twice", s.twice)
	}
	if s.line.hides != "" {
		return "shell: " + s.line.hides
	}
	return ""
}

// doubled names an argument that a JSON object has twice, whatever its case: two decoders could then read two
// different calls, and the one that was judged need not be the one that runs.
func doubled(arguments json.RawMessage) string {
	dec := json.NewDecoder(bytes.NewReader(arguments))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return ""
	}
	seen := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			return ""
		}
		folded := strings.Map(fold, key)
		if seen[folded] {
			return key
		}
		seen[folded] = true
		var skipped json.RawMessage
		if dec.Decode(&skipped) != nil {
			return ""
		}
	}
	return ""
}
