package workspace

import (
	"context"
	"errors"
	"sync"
	"time"
)

// pool keeps scratch folders that drafts have left, for the next draft: most of what it needs is there already. It is
// safe for concurrent use; its lock is never held while a folder is worked on.
type pool struct {
	most int
	keep time.Duration

	mu      sync.Mutex
	idle    []*scratch // the one used last at the end
	timer   *time.Timer
	closed  bool
	working sync.WaitGroup // removals
}

// take gives a folder that was kept, or nil. It is the caller's.
func (p *pool) take() *scratch {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == 0 {
		return nil
	}
	s := p.idle[len(p.idle)-1]
	p.idle = p.idle[:len(p.idle)-1]
	return s
}

// give keeps a folder, or removes it where there are enough.
func (p *pool) give(s *scratch) error {
	p.mu.Lock()
	if p.closed || len(p.idle) >= p.most {
		p.mu.Unlock()
		return s.remove()
	}
	defer p.mu.Unlock()
	s.idle = time.Now()
	p.idle = append(p.idle, s)
	if p.timer == nil {
		p.timer = time.AfterFunc(p.keep, p.expire)
	}
	return nil
}

// expire removes what nobody has wanted for long enough.
func (p *pool) expire() {
	p.mu.Lock()
	p.timer = nil
	if p.closed {
		p.mu.Unlock()
		return
	}
	var old []*scratch
	for len(p.idle) > 0 {
		if left := p.keep - time.Since(p.idle[0].idle); left > 0 {
			p.timer = time.AfterFunc(left, p.expire)
			break
		}
		old, p.idle = append(old, p.idle[0]), p.idle[1:]
	}
	p.working.Add(1)
	p.mu.Unlock()
	defer p.working.Done()
	_ = removeScratches(old) // what stays is for the next sweep
}

// close removes what is kept and waits for it; what is given later is removed at once.
func (p *pool) close() error {
	p.mu.Lock()
	p.closed = true
	idle := p.idle
	p.idle = nil
	if p.timer != nil {
		p.timer.Stop()
	}
	p.mu.Unlock()
	err := removeScratches(idle)
	p.working.Wait()
	return err
}

func removeScratches(list []*scratch) error {
	var errs []error
	for _, s := range list {
		errs = append(errs, s.remove())
	}
	return errors.Join(errs...)
}

// scratch is a folder for a draft: one that was kept, else a new one.
func (b *Workbench) scratch(ctx context.Context) (*scratch, error) {
	if s := b.pool.take(); s != nil {
		ok, err := s.again(ctx, b.w)
		if ok {
			return s, nil
		}
		if ctx.Err() != nil {
			return nil, errors.Join(err, s.remove())
		}
		_ = s.remove() // whatever is wrong with it, a new one has none of it
	}
	return newScratch(ctx, b.w, b.opts)
}
