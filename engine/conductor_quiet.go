package engine

import "context"

// quiet is somebody who waits until a track's workers stand still.
type quiet struct {
	track TrackID
	still chan struct{} // closed by the owner
}

func (quiet) command() {}

// Quiet returns when no worker of a track is in the middle of a step: each waits for a person, stands at the gate of
// the paused track, or has ended. Unless the track was paused or stopped before, the next step may begin at once. It
// returns ctx's error when that ends first, and ErrStopped when the Conductor has stopped.
func (c *Conductor) Quiet(ctx context.Context, id TrackID) error {
	q := quiet{track: id, still: make(chan struct{})}
	if err := c.send(ctx, letter{cmd: q}); err != nil {
		return err
	}
	select {
	case <-q.still:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.ended:
		return ErrStopped
	}
}

// tellQuiet lets those go whose track stands still. It costs nothing while nobody waits.
func (c *Conductor) tellQuiet() {
	waiting := c.quiets[:0]
	for _, q := range c.quiets {
		if c.still(q.track) {
			close(q.still)
			continue
		}
		waiting = append(waiting, q)
	}
	c.quiets = waiting
}

func (c *Conductor) still(id TrackID) bool {
	for key, r := range c.runners {
		if key.Track != id {
			continue
		}
		if t, ok := c.state.now.Ticket(key); r.ended || !ok || !t.Parked && !c.gated(r.run) {
			return false
		}
	}
	return true
}

func (c *Conductor) gated(run Run) bool {
	for _, g := range c.gates {
		if g.run == run {
			return true
		}
	}
	return false
}
