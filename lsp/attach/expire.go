package attach

import (
	"context"
	"time"
)

// expire ends a daemon that nobody needs: no session for the time of grace, in which nothing could run.
func (d *daemon) expire(ctx context.Context) {
	if d.opts.Grace < 0 {
		return
	}
	for ctx.Err() == nil {
		if d.attached() > 0 {
			d.awaitMove(ctx)
			continue
		}
		if d.rested(ctx) && d.graceOver(ctx) && d.leaveIdle() {
			return
		}
	}
}

func (d *daemon) attached() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sessions
}

func (d *daemon) awaitMove(ctx context.Context) {
	select {
	case <-d.moved:
	case <-ctx.Done():
	}
}

// rested waits until nothing can run; false says that a session came first, or the end.
func (d *daemon) rested(ctx context.Context) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1) // room for the one result
	go func() { done <- d.ws.Rest(ctx) }()
	select {
	case err := <-done:
		if err != nil && ctx.Err() == nil {
			d.opts.Log.Warn("waiting for rest", "err", err)
			d.awaitMove(ctx) // without an answer the daemon stays, until something changes
		}
		return err == nil
	case <-d.moved:
	case <-ctx.Done():
	}
	cancel()
	<-done
	return false
}

// graceOver waits for the time of grace; false says that a session came first, or the end.
func (d *daemon) graceOver(ctx context.Context) bool {
	timer := time.NewTimer(d.opts.Grace)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-d.moved:
	case <-ctx.Done():
	}
	return false
}

// leaveIdle ends the daemon if it is still idle.
func (d *daemon) leaveIdle() bool {
	running := d.ws.Running()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sessions > 0 || running > 0 {
		return false
	}
	d.leave(errIdle)
	return true
}
