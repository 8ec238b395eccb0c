package engine

import "context"

type runKey struct{}

// withRun notes for which attempt a port is called.
func withRun(ctx context.Context, run Run) context.Context {
	return context.WithValue(ctx, runKey{}, run)
}

// RunOf is the attempt for which a port is called with ctx: whatever a worker asks of a Provider, a Workbench or another
// port says so. ok is false elsewhere.
func RunOf(ctx context.Context) (run Run, ok bool) {
	run, ok = ctx.Value(runKey{}).(Run)
	return run, ok
}
