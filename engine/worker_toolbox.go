package engine

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// Toolbox has tools that come and go: those of other programs.
type Toolbox interface {
	// Tools gives the tools as they are now, and is asked once an attempt, after its spawn was approved. It gives back
	// what there is when ctx ends or something cannot be had: it has no error that would stop an attempt.
	Tools(ctx context.Context) []Tool
	// Missing says of what Tools could not give anything of why, a line each, safe to show.
	Missing() []string
	// Known is what Tools gave last, asked of nobody: for estimates.
	Known() []ToolSpec
}

// outfit gives an attempt the worker's tools, and those of the toolbox whose names are free.
func (a *attempt) outfit(ctx context.Context) {
	a.tools, a.specs = a.worker.tools, a.worker.specs
	if a.Toolbox == nil {
		return
	}
	a.tools, a.specs = maps.Clone(a.tools), slices.Clone(a.specs)
	tools := a.Toolbox.Tools(ctx)
	a.tellMissing(a.Toolbox.Missing())
	for _, t := range tools {
		spec := t.Spec()
		if slices.ContainsFunc(a.specs, func(s ToolSpec) bool { return s.Name == spec.Name }) {
			a.Log.Warn("a tool has the name of another one and is left out", "tool", spec.Name)
			continue
		}
		a.tools[spec.Name] = t
		a.specs = append(a.specs, spec)
	}
}

// tellMissing says in the system prompt, and so once, which tools there would be if what has them had come up.
func (a *attempt) tellMissing(missing []string) {
	if len(missing) == 0 || len(a.messages) == 0 || a.messages[0].Role != RoleSystem {
		return
	}
	opening := slices.Clone(a.messages)
	opening[0].Text = strings.TrimRight(opening[0].Text, "\n") + "\n\nThese servers of tools could not be started, so that their tools are not there. Go on without them, and say so where " +
		"the work needs them:\n- " + strings.Join(missing, "\n- ") + "\n"
	a.messages = opening
}
