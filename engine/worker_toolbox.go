package engine

import (
	"context"
	"maps"
	"slices"
)

// Toolbox has tools that come and go: those of other programs.
type Toolbox interface {
	// Tools gives the tools as they are now, and is asked once an attempt, after its spawn was approved. It gives back
	// what there is when ctx ends or something cannot be had: it has no error that would stop an attempt.
	Tools(ctx context.Context) []Tool
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
	for _, t := range a.Toolbox.Tools(ctx) {
		spec := t.Spec()
		if slices.ContainsFunc(a.specs, func(s ToolSpec) bool { return s.Name == spec.Name }) {
			a.Log.Warn("a tool has the name of another one and is left out", "tool", spec.Name)
			continue
		}
		a.tools[spec.Name] = t
		a.specs = append(a.specs, spec)
	}
}
