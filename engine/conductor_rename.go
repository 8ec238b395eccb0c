package engine

import "maps"

// What runs under a name that its document gives up goes on: its worker keeps speaking of itself as it began, and the
// owner takes its word for the ticket as it is named now.

// named is the name that an attempt has now.
func (c *Conductor) named(began Run) Run {
	if r := c.renamed[began]; r != nil {
		return r.run
	}
	return began
}

// names is what a publication says of renamed attempts.
func (c *Conductor) names() map[Run]Run {
	if len(c.renamed) == 0 {
		return nil
	}
	out := make(map[Run]Run, len(c.renamed))
	for began, r := range c.renamed {
		out[began] = r.run
	}
	return out
}

// follow gives workers, and those who wait, the names that a plan or a renamed track gives their tickets.
func (c *Conductor) follow(t *turn, b Body) {
	switch b := b.(type) {
	case TrackPlanned:
		if len(b.Renamed) > 0 {
			c.rename(t, func(k TicketKey) TicketKey {
				if to, ok := b.Renamed[k.ID]; ok && k.Track == b.Track {
					k.ID = to
				}
				return k
			})
		}
	case TrackRenamed:
		c.rename(t, func(k TicketKey) TicketKey {
			if k.Track == b.Track {
				k.Track = b.To
			}
			return k
		})
		for i := range c.quiets {
			if c.quiets[i].track == b.Track {
				c.quiets[i].track = b.To
			}
		}
	}
}

func (c *Conductor) rename(t *turn, to func(TicketKey) TicketKey) {
	t.renamed = true
	began := make(map[*runner]Run, len(c.renamed))
	for run, r := range c.renamed {
		began[r] = run
	}
	runners := make(map[TicketKey]*runner, len(c.runners))
	for key, r := range c.runners {
		next := to(key)
		runners[next] = r
		if _, before := began[r]; next != key && !before {
			c.renamed[r.run] = r
		}
		r.run.Ticket = next
	}
	c.runners = runners
	for i := range c.gates {
		c.gates[i].run.Ticket = to(c.gates[i].run.Ticket)
	}
	maps.DeleteFunc(c.renamed, func(run Run, r *runner) bool { return run == r.run })
}
