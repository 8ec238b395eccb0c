package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
)

// Undo is the taking back of a ticket's edits, on its way.
type Undo struct {
	ID       uint64   `json:"id"`  // the Seq of its UndoStarted: it names the undo also after its ticket was renamed
	Run      Run      `json:"run"` // under which it is delivered
	Delivery Delivery `json:"delivery"`
	By       Actor    `json:"by,omitempty"`
	Reason   string   `json:"reason,omitempty"`
}

// unmade is how an undo ended: delivered, or why not.
type unmade struct {
	id        uint64
	delivered Delivered
	refused   string
}

func (unmade) command() {}

func (s *State) decideUndo(c UndoTicket) ([]Body, error) {
	_, t, err := s.find(c.Ticket)
	if err != nil {
		return nil, err
	}
	if err := t.undoProblem(); err != nil {
		return nil, err
	}
	if last := t.Deliveries[len(t.Deliveries)-1]; c.Rests != last.After {
		return nil, fmt.Errorf("%s has delivered again meanwhile: undo it again", t.Key.ID)
	}
	if c.Delivery.Blob == "" {
		return undone(t, Delivered{Note: "everything was taken back by hand before"}, c.By, c.Reason), nil
	}
	return []Body{UndoStarted{Ticket: t.Key, Run: Run{t.Key, t.Attempt}, Delivery: c.Delivery, By: c.By, Reason: c.Reason}}, nil
}

// undone is how an undo ends well.
func undone(t *Ticket, d Delivered, by Actor, reason string) []Body {
	if d.Files == nil {
		d.Files = []DeliveredFile{}
	}
	return []Body{
		EditUndone{Ticket: t.Key, Files: d.Files, Note: d.Note},
		TicketRetried{Ticket: t.Key, Cause: CauseUndo, By: by, Reason: reason},
	}
}

func (s *State) decideUnmade(c unmade) ([]Body, error) {
	t := s.now.undoing(c.id)
	switch {
	case t == nil:
		return nil, fmt.Errorf("an undo that nobody waits for has ended: %d", c.id)
	case c.refused != "":
		return []Body{UndoRefused{Ticket: t.Key, Reason: c.refused}}, nil
	}
	c.delivered.Note = joined(c.delivered.Note, s.now.RestingOn(t.Key))
	return undone(t, c.delivered, t.Undo.By, t.Undo.Reason), nil
}

func joined(notes ...string) string {
	var out []string
	for _, n := range notes {
		if n != "" {
			out = append(out, n)
		}
	}
	return strings.Join(out, "; ")
}

// RestingOn names, for people, the running tickets that depend on one: they have begun with what an undo of it takes
// back. "" where there are none.
func (s *Snapshot) RestingOn(key TicketKey) string {
	tr, ok := s.Track(key.Track)
	if !ok {
		return ""
	}
	var ids []string
	for d := range tr.Tickets() {
		if d.Status != InProgress {
			continue
		}
		for _, id := range d.Spec.DependsOn {
			if id == key.ID {
				ids = append(ids, d.Key.ID)
			}
		}
	}
	switch len(ids) {
	case 0:
		return ""
	case 1:
		return ids[0] + " depends on it and is running: it rests on what was taken back"
	}
	return strings.Join(ids, ", ") + " depend on it and are running: they rest on what was taken back"
}

// anyUndone says whether a ticket waits for a run because it was undone.
func (t *Track) anyUndone() bool {
	for tk := range t.Tickets() {
		if tk.Undone {
			return true
		}
	}
	return false
}

// undoing finds the ticket of an undo that is under way; nil where there is none.
func (s *Snapshot) undoing(id uint64) *Ticket {
	for tr := range s.Tracks() {
		for t := range tr.Tickets() {
			if t.Undo != nil && t.Undo.ID == id {
				return t
			}
		}
	}
	return nil
}

func (s *State) applyUndo(body Body) error {
	switch b := body.(type) {
	case UndoStarted:
		return s.withTicket(b.Ticket, func(t *Ticket) error {
			if t.Status != Completed {
				return illegal(t, Todo)
			}
			t.Undo = &Undo{ID: s.now.seq + 1, Run: b.Run, Delivery: b.Delivery, By: b.By, Reason: b.Reason}
			t.Kept = ""
			return nil
		})
	case UndoRefused:
		return s.withTicket(b.Ticket, func(t *Ticket) error { t.Undo, t.Kept = nil, b.Reason; return nil })
	case EditUndone:
		return s.withTicket(b.Ticket, func(t *Ticket) error {
			set := DeliveredSet{Undo: true, After: s.now.seq}
			if t.Undo != nil {
				set.Blob = t.Undo.Delivery.Blob
			}
			t.Deliveries = append(t.Deliveries[:len(t.Deliveries):len(t.Deliveries)], set)
			t.Undo, t.Delivered, t.Kept = nil, nil, ""
			return nil
		})
	default:
		return fmt.Errorf("no rule for it")
	}
}

// resumeUndos takes up what was being taken back when the journal ended. To deliver what is there already changes nothing.
func (c *Conductor) resumeUndos(workers context.Context) {
	for tr := range c.state.now.Tracks() {
		for t := range tr.Tickets() {
			if t.Undo != nil {
				c.unmake(workers, t.Key)
			}
		}
	}
}

// unmake delivers an undo in a goroutine of its own and tells the owner how that ended. Where the Conductor ends under
// it, the next one takes it up.
func (c *Conductor) unmake(workers context.Context, key TicketKey) {
	t, ok := c.state.now.Ticket(key)
	if !ok || t.Undo == nil {
		return
	}
	u := *t.Undo
	c.undos.Go(func() {
		d, err := c.deliverUndo(withRun(workers, u.Run), u)
		if workers.Err() != nil {
			return
		}
		end := unmade{id: u.ID, delivered: d}
		if err != nil {
			end.refused = undoReason(err)
			c.cfg.Log.Info("an undo was not possible", "ticket", key.String(), "err", err)
		}
		_ = c.send(workers, letter{cmd: end}) // the owner takes it, or has ended
	})
}

func (c *Conductor) deliverUndo(ctx context.Context, u Undo) (d Delivered, err error) {
	defer func() {
		if p := recover(); p != nil { // as with workers: one undo must not take the others down
			c.cfg.Log.Error("an undo panicked", "run", u.Run.String(), "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("slop-ls has a bug: %v", p)
		}
	}()
	if c.cfg.Applier == nil {
		return Delivered{}, errors.New("nothing here can write to the workspace")
	}
	return carryUndo(ctx, c.cfg.Blobs, c.cfg.Applier, u)
}

func carryUndo(ctx context.Context, blobs Blobs, to Applier, u Undo) (Delivered, error) {
	set, err := LoadChanges(ctx, blobs, u.Delivery.Blob)
	if err != nil {
		return Delivered{}, err
	}
	return to.Deliver(ctx, u.Run, set)
}

// FinishUndo delivers the undo of a ticket that is under way, where no Conductor runs, and gives the events to append:
// also beside an error, which is an *UndoRefusedError where the undo was not possible. It gives none where ctx ended.
func FinishUndo(ctx context.Context, snap *Snapshot, blobs Blobs, to Applier, key TicketKey) ([]Body, error) {
	t, ok := snap.Ticket(key)
	if !ok || t.Undo == nil {
		return nil, fmt.Errorf("%w: %s is not being undone", ErrNothingToUndo, key.ID)
	}
	d, err := carryUndo(ctx, blobs, to, *t.Undo)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		reason := undoReason(err)
		return []Body{UndoRefused{Ticket: key, Reason: reason}}, &UndoRefusedError{key, reason}
	}
	d.Note = joined(d.Note, snap.RestingOn(key))
	return undone(t, d, t.Undo.By, t.Undo.Reason), nil
}

// undoReason says, on one line, why an undo that had been possible was not.
func undoReason(err error) string {
	var conflict *ConflictError
	if !errors.As(err, &conflict) {
		return oneLine(err.Error())
	}
	paths := make([]string, len(conflict.Conflicts))
	for i, c := range conflict.Conflicts {
		paths[i] = c.Path
	}
	return "the same lines were changed meanwhile in " + strings.Join(paths, ", ") + "; nothing was changed: look at what is left by undoing again"
}

// UndoRefusedError is what AwaitUndo returns where an undo that had been possible was not any more.
type UndoRefusedError struct {
	Ticket TicketKey
	Reason string
}

func (e *UndoRefusedError) Error() string { return e.Ticket.ID + " was not undone: " + e.Reason }

// AwaitUndo returns when the undo of a ticket that Conductor.Do has taken is over: nil when its edits were seen to be
// taken back, an *UndoRefusedError when that was not possible, or what wait returns, which is Conductor.Wait or the like.
func AwaitUndo(ctx context.Context, snap *Snapshot, wait func(ctx context.Context, after uint64) (*Snapshot, error), key TicketKey) error {
	t, ok := snap.Ticket(key)
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoTicket, key)
	}
	id := uint64(0)
	if t.Undo != nil {
		id = t.Undo.ID
	}
	for id > 0 {
		if t, ok := snap.Ticket(key); !ok || t.Undo == nil || t.Undo.ID != id {
			renamed := snap.undoing(id)
			if renamed == nil {
				break
			}
			key = renamed.Key
		}
		var err error
		if snap, err = wait(ctx, snap.seq); err != nil {
			return err
		}
	}
	if t, ok := snap.Ticket(key); ok && t.Kept != "" {
		return &UndoRefusedError{key, t.Kept}
	}
	return nil
}
