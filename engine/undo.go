package engine

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine/text"
)

// ErrNothingToUndo refuses to undo a ticket that has delivered nothing, or whose edits were taken back already.
var ErrNothingToUndo = errors.New("there is nothing to undo")

// UndoConflictError says what stands in the way of an undo. Nothing was changed.
type UndoConflictError struct {
	Ticket    TicketKey
	Obstacles []Obstacle // by path; at least one
}

// Obstacle is one place that cannot be taken back.
type Obstacle struct {
	Path        string
	Line, Lines int    // of the file as it is now, from 1; 0 where it is about the whole file
	Whose       string // who changed it since: tickets, or "" for a person or a program
	Why         string // "was changed since"
}

func (o Obstacle) String() string {
	where := o.Path
	if o.Line > 0 {
		where += fmt.Sprintf(":%d", o.Line)
		if o.Lines > 1 {
			where += fmt.Sprintf("-%d", o.Line+o.Lines-1)
		}
	}
	by := o.Whose
	if by == "" {
		by = "a person or another program"
	}
	return where + " " + o.Why + " by " + by
}

func (e *UndoConflictError) Error() string {
	const shown = 6
	parts := make([]string, 0, shown)
	for i, o := range e.Obstacles {
		if i == shown {
			parts = append(parts, fmt.Sprintf("and %d more", len(e.Obstacles)-shown))
			break
		}
		parts = append(parts, o.String())
	}
	return fmt.Sprintf("%s cannot be undone, and nothing was changed: %s; %s", e.Ticket.ID, strings.Join(parts, "; "), e.advice())
}

// advice is what a person can do about it.
func (e *UndoConflictError) advice() string {
	var tickets []string
	for _, o := range e.Obstacles {
		if o.Whose != "" && !slices.Contains(tickets, o.Whose) {
			tickets = append(tickets, o.Whose)
		}
	}
	if len(tickets) > 0 {
		return "undo " + strings.Join(tickets, " and ") + " first, or edit these places by hand and undo again"
	}
	return "edit these places by hand and undo again, or leave it as it is"
}

// standing lists the deliveries of a ticket that are in the workspace: those since it was last undone.
func (t *Ticket) standing() []DeliveredSet {
	for i, d := range slices.Backward(t.Deliveries) {
		if d.Undo {
			return t.Deliveries[i+1:]
		}
	}
	return t.Deliveries
}

// CanUndo reports whether a ticket has edits in the workspace that could be taken back, and is not about to be undone.
func (t *Ticket) CanUndo() bool {
	return t.Status == Completed && t.Undo == nil && len(t.standing()) > 0
}

// PrepareUndo makes an undo of a ticket ready for Conductor.Do: it merges the reverse of what the ticket delivered into
// the files as they are now, newest delivery first, and stores what that comes to. The set is returned to be looked at;
// it may be empty, where everything was taken back by hand. It changes nothing in the workspace.
//
// Errors: one that wraps ErrNoTrack, ErrNoTicket or ErrNothingToUndo, a *TransitionError, ErrUndoing, an
// *UndoConflictError that lists all that stands in the way, or that of reading.
func PrepareUndo(ctx context.Context, blobs Blobs, files Files, snap *Snapshot, cmd UndoTicket) (UndoTicket, ChangeSet, error) {
	t, err := snap.undoable(cmd.Ticket)
	if err != nil {
		return cmd, ChangeSet{}, err
	}
	u := &unmaking{files: files, ticket: t, was: map[string]*File{}, now: map[string]*File{}, moved: map[string]string{}}
	for _, d := range slices.Backward(t.standing()) {
		set, err := LoadChanges(ctx, blobs, d.Blob)
		if err != nil {
			return cmd, ChangeSet{}, err
		}
		if err := u.reverse(ctx, set, d.After); err != nil {
			return cmd, ChangeSet{}, err
		}
	}
	if len(u.obstacles) > 0 {
		return cmd, ChangeSet{}, u.conflict(ctx, blobs, snap)
	}
	set := u.set()
	cmd.Rests = t.Deliveries[len(t.Deliveries)-1].After
	if set.Empty() {
		return cmd, set, nil
	}
	data := set.Encode()
	cmd.Delivery = Delivery{Blob: "changes/" + ContentHash(data), Paths: paths(set)}
	if err := blobs.PutBlob(ctx, cmd.Delivery.Blob, data); err != nil {
		return cmd, set, fmt.Errorf("storing what is to be taken back: %w", err)
	}
	return cmd, set, nil
}

// undoable finds a ticket that can be undone.
func (s *Snapshot) undoable(key TicketKey) (*Ticket, error) {
	tr, ok := s.Track(key.Track)
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNoTrack, key.Track)
	}
	t, ok := tr.Ticket(key.ID)
	if !ok {
		return nil, fmt.Errorf("%w: %s in %s", ErrNoTicket, key.ID, key.Track)
	}
	return t, t.undoProblem()
}

func (t *Ticket) undoProblem() error {
	last := len(t.Deliveries) - 1
	switch {
	case t.Undo != nil:
		return fmt.Errorf("%s: %w", t.Key.ID, ErrUndoing)
	case t.Status != Completed && last >= 0 && t.Deliveries[last].Undo:
		return fmt.Errorf("%w: the edits of %s were taken back already", ErrNothingToUndo, t.Key.ID)
	case t.Status != Completed:
		return illegal(t, Todo)
	case last < 0:
		return fmt.Errorf("%w: %s has delivered no edit; to run it again, retry it", ErrNothingToUndo, t.Key.ID)
	case len(t.standing()) == 0:
		return fmt.Errorf("%w: the edits of %s were taken back, and it has delivered none since", ErrNothingToUndo, t.Key.ID)
	}
	return nil
}

// unmaking collects what the files would be once a ticket's deliveries are taken back, the newest first.
type unmaking struct {
	files     Files
	ticket    *Ticket
	was, now  map[string]*File  // by path, as read and as they are to be; nil: there is none
	moved     map[string]string // new path → the one it is moved back from
	obstacles []obstacle
}

// obstacle is an Obstacle with what its cause is looked for by.
type obstacle struct {
	Obstacle
	change FileChange
	after  uint64
}

// read is a file as it would be now; nil: there is none.
func (u *unmaking) read(ctx context.Context, path string) (*File, error) {
	if f, known := u.now[path]; known {
		return f, nil
	}
	f, err := u.files.Read(ctx, path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		u.was[path], u.now[path] = nil, nil
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	first := f
	u.was[path], u.now[path] = &first, &f
	return &f, nil
}

func (u *unmaking) reverse(ctx context.Context, set ChangeSet, after uint64) error {
	for _, f := range set.Files {
		now, err := u.read(ctx, f.Path)
		if err != nil {
			return err
		}
		switch f.Op {
		case OpCreate:
			u.unmake(f, now, after)
		case OpModify:
			u.restore(f, f.Path, now, after)
		case OpDelete:
			u.bringBack(f, now, after)
		case OpRename:
			if err := u.moveBack(ctx, f, now, after); err != nil {
				return err
			}
		}
	}
	return nil
}

func (u *unmaking) stands(f FileChange, after uint64, at *text.Side, why string) {
	o := obstacle{Obstacle{Path: f.Path, Why: why}, f, after}
	if at != nil {
		o.Line, o.Lines = at.Line, at.Lines
	}
	u.obstacles = append(u.obstacles, o)
}

// unmake takes away a file that was made; one that was edited since is somebody's.
func (u *unmaking) unmake(f FileChange, now *File, after uint64) {
	switch {
	case now == nil:
	case sameText(now.Data, f.After), essence(string(bytes.TrimPrefix(now.Data, bom))) == essence(string(bytes.TrimPrefix(f.After, bom))):
		u.now[f.Path] = nil // also where a formatter has been over it
	default:
		u.stands(f, after, nil, "was made by it, and edited since")
	}
}

// restore merges the reverse of a change into the file at path.
func (u *unmaking) restore(f FileChange, path string, now *File, after uint64) {
	if now == nil {
		u.stands(f, after, nil, "is gone: deleted or renamed since")
		return
	}
	back, conflicts := Rebase(f.After, now.Data, f.Base)
	if len(conflicts) > 0 { // a formatter may have been over the very lines
		if again, left := Rebase(f.After, unshaped(f.After, now.Data, f.Base), f.Base); len(left) == 0 {
			back, conflicts = again, nil
		}
	}
	for _, c := range conflicts {
		f := f
		f.Path = path
		u.stands(f, after, &c.Ours, "was changed since")
	}
	next := *now
	next.Data = back
	if f.Mode != 0 && f.Was != 0 && now.Mode == f.Mode {
		next.Mode = f.Was
	}
	u.now[path] = &next
}

func (u *unmaking) bringBack(f FileChange, now *File, after uint64) {
	switch {
	case now == nil:
		u.now[f.Path] = &File{Path: f.Path, Data: f.Base, Mode: f.Was}
	case sameText(now.Data, f.Base):
	default:
		u.stands(f, after, nil, "was deleted by it, and is there again, made")
	}
}

func (u *unmaking) moveBack(ctx context.Context, f FileChange, now *File, after uint64) error {
	from, err := u.read(ctx, f.From)
	switch {
	case err != nil:
		return err
	case now == nil && from != nil: // somebody has moved it back
		u.restore(f, f.From, from, after)
	case now == nil:
		u.stands(f, after, nil, "is gone: deleted or renamed since")
	case from != nil:
		f.Path = f.From
		u.stands(f, after, nil, "was renamed by it, and is there again, made")
	default:
		u.restore(f, f.Path, now, after)
		if back := u.now[f.Path]; back != nil {
			back.Path = f.From
			u.now[f.From], u.now[f.Path] = back, nil
			u.moved[f.From] = cmp.Or(u.moved[f.Path], f.Path)
		}
	}
	return nil
}

// set is what the workspace has to go through, from what it is now.
func (u *unmaking) set() ChangeSet {
	set := ChangeSet{Label: oneLine("undo " + u.ticket.Key.ID + ": " + u.ticket.Task())}
	taken := map[string]bool{} // moved from here
	for _, path := range slices.Sorted(maps.Keys(u.now)) {
		was, now, from := u.was[path], u.now[path], u.moved[path]
		switch {
		case was == nil && now == nil:
		case was == nil && from != "" && u.was[from] != nil && u.now[from] == nil:
			taken[from] = true
			set.Files = append(set.Files, FileChange{Path: path, Op: OpRename, From: from, Base: u.was[from].Data, After: now.Data})
		case was == nil:
			set.Files = append(set.Files, FileChange{Path: path, Op: OpCreate, After: now.Data, Mode: now.Mode})
		case now == nil:
			set.Files = append(set.Files, FileChange{Path: path, Op: OpDelete, Base: was.Data, Was: was.Mode})
		case !bytes.Equal(was.Data, now.Data) || was.Mode != now.Mode:
			c := FileChange{Path: path, Op: OpModify, Base: was.Data, After: now.Data}
			if was.Mode != now.Mode {
				c.Was, c.Mode = was.Mode, now.Mode
			}
			set.Files = append(set.Files, c)
		}
	}
	set.Files = slices.DeleteFunc(set.Files, func(c FileChange) bool { return c.Op == OpDelete && taken[c.Path] })
	return set
}

// conflict is what stands in the way, with whose it is.
func (u *unmaking) conflict(ctx context.Context, blobs Blobs, snap *Snapshot) error {
	e := &UndoConflictError{Ticket: u.ticket.Key}
	for _, o := range u.obstacles {
		whose, err := u.whose(ctx, blobs, snap, o)
		if err != nil {
			return err
		}
		o.Whose = whose
		e.Obstacles = append(e.Obstacles, o.Obstacle)
	}
	slices.SortStableFunc(e.Obstacles, func(a, b Obstacle) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), a.Line-b.Line)
	})
	return e
}

// whose names the tickets that changed a place after it was delivered, "" where none did: those before whose delivery
// the reverse would have fitted, and after it not.
func (u *unmaking) whose(ctx context.Context, blobs Blobs, snap *Snapshot, o obstacle) (string, error) {
	var names []string
	for tr := range snap.Tracks() {
		for t := range tr.Tickets() {
			if t.Key == u.ticket.Key || !t.touched(o.Path) {
				continue
			}
			guilty, err := blocks(ctx, blobs, t, o)
			if err != nil {
				return "", err
			}
			if guilty {
				name := t.Key.ID
				if t.Key.Track != u.ticket.Key.Track {
					name = t.Key.String()
				}
				names = append(names, name)
			}
		}
	}
	return strings.Join(names, " and "), nil
}

// touched says whether the ticket's newest delivery had to do with a path.
func (t *Ticket) touched(path string) bool {
	return len(t.standing()) > 0 && slices.ContainsFunc(t.Delivered, func(f DeliveredFile) bool { return f.Path == path || f.Op == OpRename })
}

func blocks(ctx context.Context, blobs Blobs, t *Ticket, o obstacle) (bool, error) {
	for _, d := range t.standing() {
		if d.After <= o.after {
			continue
		}
		set, err := LoadChanges(ctx, blobs, d.Blob)
		if errors.Is(err, ErrNoBlob) {
			continue // it cannot be asked any more
		}
		if err != nil {
			return false, err
		}
		for _, f := range set.Files {
			if f.hinders(o) {
				return true, nil
			}
		}
	}
	return false, nil
}

// hinders says whether a later change is why an earlier one cannot be taken back.
func (f FileChange) hinders(o obstacle) bool {
	was := f.Path
	if f.Op == OpRename {
		was = f.From
	}
	switch {
	case f.Path != o.Path && was != o.Path:
		return false
	case f.Op != OpModify || o.change.Op == OpCreate || o.Line == 0:
		return true
	}
	_, before := Rebase(o.change.After, f.Base, o.change.Base)
	_, since := Rebase(o.change.After, f.After, o.change.Base)
	return len(since) > len(before)
}
