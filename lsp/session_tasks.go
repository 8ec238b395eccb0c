package lsp

import (
	"context"
	"sync"
)

// tasks are what a session does beside reading its requests. A WaitGroup would not do: a delivery starts some from outside,
// also while the session ends.
type tasks struct {
	mu      sync.Mutex
	running int
	idle    chan struct{} // closed when none runs any more; nil until somebody waits
	over    bool
}

// start runs do in a goroutine that wait waits for. After that has returned nobody waits for it, and ctx has ended.
func (t *tasks) start(ctx context.Context, do func(context.Context)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		go do(ctx)
		return
	}
	t.running++
	go func() {
		defer t.ended()
		do(ctx)
	}()
}

func (t *tasks) ended() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running--
	t.settle()
}

// wait returns when none runs. It is called once.
func (t *tasks) wait() {
	t.mu.Lock()
	t.idle = make(chan struct{})
	t.settle()
	t.mu.Unlock()
	<-t.idle
}

// settle ends it where somebody waits and none runs. The lock is held.
func (t *tasks) settle() {
	if t.idle != nil && t.running == 0 && !t.over {
		t.over = true
		close(t.idle)
	}
}
