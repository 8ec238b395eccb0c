package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

var errDuration = errors.New(`expected a length of time in quotes, such as "90s", "5m" or "30d"`)

// Layer names where a value comes from.
type Layer string

// The layers, from the weakest to the strongest; a preset fills what none of them says.
const (
	Defaults  Layer = "default"
	FromEnv   Layer = "preset"
	User      Layer = "your config file"
	Workspace Layer = "the workspace's config file"
	Settings  Layer = "editor setting"
	Flags     Layer = "flag"
)

// Origin says who set a value. Line and Column count from 1, the column in bytes; they are 0 outside of files.
type Origin struct {
	Layer        Layer
	File         string // of a file its path, of a setting or a flag its name
	Line, Column int
}

// String is the origin for people: "your config file (path:3)".
func (o Origin) String() string {
	switch {
	case o.Line > 0:
		return fmt.Sprintf("%s (%s:%d)", o.Layer, o.File, o.Line)
	case o.File != "":
		return fmt.Sprintf("%s (%s)", o.Layer, o.File)
	}
	return string(o.Layer)
}

// Problem is one thing that is wrong with the configuration.
type Problem struct {
	Origin  Origin
	Key     string // dotted
	Message string // says what to do
}

// String is "file:line:col: error: message", or "editor setting slop.x: error: message".
func (p Problem) String() string {
	if p.Origin.Line > 0 {
		return fmt.Sprintf("%s:%d:%d: error: %s", p.Origin.File, p.Origin.Line, p.Origin.Column, p.Message)
	}
	return fmt.Sprintf("%s %s: error: %s", p.Origin.Layer, p.Origin.File, p.Message)
}

// ProblemsError is every problem of a configuration, in the order of the layers and within a file by place. It
// is what Load returns where the configuration is wrong.
type ProblemsError struct{ Problems []Problem }

// Error is one problem a line.
func (e *ProblemsError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// NoProviderError says that no model can be asked: nothing is configured and no key is set.
type NoProviderError struct {
	Variables []string // any of which would do
}

func (e *NoProviderError) Error() string {
	return "no model provider is configured and no key is set: set one of " + strings.Join(e.Variables, ", ") +
		", or name a provider in the file that `slop-ls init` writes"
}

func sortProblems(ps []Problem) {
	order := []Layer{Defaults, FromEnv, User, Workspace, Settings, Flags}
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.Origin.Layer), slices.Index(order, b.Origin.Layer)),
			cmp.Compare(a.Origin.Line, b.Origin.Line), cmp.Compare(a.Origin.Column, b.Origin.Column),
		)
	})
}
