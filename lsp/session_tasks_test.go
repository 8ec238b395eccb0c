package lsp

import (
	"context"
	"sync"
	"testing"
)

// Tasks may be started while a session waits for its last ones: each runs, and what was started before the end is waited for.
func TestTasksStartedAtTheEnd(t *testing.T) {
	t.Parallel()
	for range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var own tasks
		var ran sync.WaitGroup
		ran.Add(9)
		inner := false
		own.start(ctx, func(ctx context.Context) {
			own.start(ctx, func(context.Context) { inner = true; ran.Done() })
		})
		var outside sync.WaitGroup
		for range 8 {
			outside.Go(func() { own.start(ctx, func(context.Context) { ran.Done() }) })
		}
		own.wait()
		if !inner {
			t.Fatal("a task of a task was not waited for")
		}
		outside.Wait()
		ran.Wait()
	}
}
