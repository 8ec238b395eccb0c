package engine

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// ErrOrphaned refuses to run what no document asks for any more.
var ErrOrphaned = errors.New("it is not in its document any more")

// lostReason is why a track whose document is gone is blocked.
const lostReason = "its document is gone; it goes on when that is back"

// decidePlan compares a document with the plan there is and keeps what differs.
func (s *State) decidePlan(c PlanTrack) ([]Body, error) {
	if err := checkPlan(c); err != nil {
		return nil, err
	}
	b := TrackPlanned{
		Track: c.Track, Title: c.Spec.Title, Goal: c.Spec.Goal, Context: c.Spec.Context, Verify: c.Spec.Verify,
		Order: make([]string, len(c.Spec.Tickets)),
	}
	tr, known := s.now.Track(c.Track)
	if known {
		b.Renamed = renames(tr, c)
	}
	was := inverse(b.Renamed)
	var begun []Body
	for i, t := range c.Spec.Tickets {
		b.Order[i] = t.ID
		old := plannedAs(tr, b.Renamed, was, t.ID)
		if old == nil || !reflect.DeepEqual(*old.Spec, t) {
			b.Tickets = append(b.Tickets, t)
		}
		if old != nil && !sameWork(old.Spec, &t, b.Renamed, c.Moved) {
			begun = append(begun, s.askAnew(old, "its text was edited before it was spawned")...)
		}
	}
	if known && !tr.Lost && len(b.Tickets) == 0 && len(b.Renamed) == 0 && samePlan(tr, b) {
		return nil, nil
	}
	if len(b.Tickets) > 0 {
		b.Moved = c.Moved
	}
	return s.replan(tr, b, begun), nil
}

// replan is the events of a plan that differs, with what it means for attempts that nobody has spawned yet and for a
// track that waited for its document.
func (s *State) replan(tr *Track, b TrackPlanned, begun []Body) []Body {
	if tr == nil {
		return []Body{b}
	}
	planned := make(map[string]bool, len(b.Order))
	for _, id := range b.Order {
		planned[id] = true
	}
	for t := range tr.Tickets() {
		id := t.Key.ID
		if to, ok := b.Renamed[id]; ok {
			id = to
		}
		if !planned[id] {
			begun = append(begun, s.askAnew(t, "it vanished from its document before it was spawned")...)
		}
	}
	bodies := append(begun, b)
	if tr.Lost && tr.Status == TrackBlocked && tr.Reason == lostReason {
		bodies = append(bodies, TrackMoved{Track: tr.ID, To: TrackRunning, By: ByDocument})
	}
	return bodies
}

// askAnew ends an attempt that asks for its spawn and has no answer: what it asks is not what the document says any
// more.
func (s *State) askAnew(t *Ticket, why string) []Body {
	if t.Status != InProgress || t.Spawned || t.Approval == "" || t.Asks != KindSpawn {
		return nil
	}
	retried := TicketRetried{Ticket: t.Key, Cause: CauseInterrupted, By: ByDocument, Reason: why}
	return append(s.withdraw(t, why), retried)
}

// plannedAs is the ticket of the last plan that an id of the new one stands for, or nil.
func plannedAs(tr *Track, renamed, was map[string]string, id string) *Ticket {
	if tr == nil {
		return nil
	}
	if from, ok := was[id]; ok {
		id = from
	} else if _, left := renamed[id]; left {
		return nil // the ticket that had this id has another one now
	}
	t, _ := tr.Ticket(id)
	return t
}

func inverse(m map[string]string) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[v] = k
	}
	return out
}

// renames is where each ticket of the last plan goes that does not keep its id: as the command says, else as the
// texts say. One with state whose id another one takes is kept under an id that no document can have.
func renames(tr *Track, c PlanTrack) map[string]string {
	at := make(map[string]bool, len(c.Spec.Tickets))
	for i := range c.Spec.Tickets {
		at[c.Spec.Tickets[i].ID] = true
	}
	out, taken := map[string]string{}, map[string]bool{}
	take := func(found map[string]string) {
		for _, from := range slices.Sorted(maps.Keys(found)) {
			to := found[from]
			_, there := tr.Ticket(from)
			if _, twice := out[from]; there && !twice && at[to] && !taken[to] && from != to {
				out[from], taken[to] = to, true
			}
		}
	}
	take(c.Renamed)
	take(trackfile.Renames(specs(tr), c.Spec.Tickets))
	displace(tr, out)
	if len(out) == 0 {
		return nil
	}
	return out
}

// specs is the last plan as its document said it.
func specs(tr *Track) []trackfile.Ticket {
	out := make([]trackfile.Ticket, 0, tr.Len())
	for t := range tr.Tickets() {
		if !t.Orphaned {
			out = append(out, *t.Spec)
		}
	}
	return out
}

// displace adds to renames the tickets with state whose id is taken over.
func displace(tr *Track, renamed map[string]string) {
	for _, from := range slices.Sorted(maps.Keys(renamed)) {
		to := renamed[from]
		holder, ok := tr.Ticket(to)
		if _, moves := renamed[to]; !ok || moves || !hasState(holder) {
			continue
		}
		for n := 1; ; n++ {
			free := to + "~" + strconv.Itoa(n)
			if _, taken := tr.Ticket(free); !taken {
				renamed[to] = free
				break
			}
		}
	}
}

// hasState reports whether a ticket has anything worth keeping when its document drops it.
func hasState(t *Ticket) bool { return t.Status != Todo || t.Attempt > 0 || t.Queued }

// sameWork compares what a ticket asks for, leaving out what is only shown, and what only followed ids and files that
// were renamed.
func sameWork(old, new *trackfile.Ticket, renamed, moved map[string]string) bool {
	x, y := *old, *new
	x.ID, y.ID, x.Status, y.Status = "", "", "", ""
	x.AssignedTo, y.AssignedTo, x.Priority, y.Priority = "", "", "", ""
	x.DependsOn, y.DependsOn = sortedAs(x.DependsOn, renamed), sortedAs(y.DependsOn, nil)
	if to, ok := moved[x.TargetFile]; ok && x.TargetFile != y.TargetFile {
		x.TargetFile = to
	}
	x.ContextRequirements = follow(x.ContextRequirements, y.ContextRequirements, moved)
	x.Writes = follow(x.Writes, y.Writes, moved)
	for _, lists := range [][2]*[]string{{&x.TargetSymbols, &y.TargetSymbols}, {&x.ContextRequirements, &y.ContextRequirements}, {&x.Writes, &y.Writes}} {
		if !slices.Equal(*lists[0], *lists[1]) { // an empty list is as good as none
			return false
		}
		*lists[0] = *lists[1]
	}
	return reflect.DeepEqual(x, y)
}

// sortedAs is a list of ids under the names they have now, sorted; nil for an empty one.
func sortedAs(ids []string, renamed map[string]string) []string {
	var out []string
	for _, id := range ids {
		if to, ok := renamed[id]; ok {
			id = to
		}
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// follow is a list of paths after files were renamed; unchanged where the new list does not follow.
func follow(old, new []string, moved map[string]string) []string {
	if len(old) != len(new) || len(moved) == 0 {
		return old
	}
	out := slices.Clone(old)
	for i, p := range out {
		if to, ok := moved[p]; ok && p != new[i] {
			out[i] = to
		}
	}
	return out
}

// samePlan compares header and order.
func samePlan(tr *Track, b TrackPlanned) bool {
	order := make([]string, 0, len(b.Order))
	for t := range tr.Tickets() {
		if !t.Orphaned {
			order = append(order, t.Key.ID)
		}
	}
	return tr.Title == b.Title && tr.Goal == b.Goal && tr.Verify == b.Verify &&
		slices.Equal(tr.Context, b.Context) && slices.Equal(order, b.Order)
}

// decideRename moves a track; what runs goes on under the new name.
func (s *State) decideRename(c RenameTrack) ([]Body, error) {
	if _, ok := s.now.Track(c.Track); !ok {
		return nil, fmt.Errorf("%w: %s", ErrNoTrack, c.Track)
	}
	if c.To == "" || c.To == c.Track {
		return nil, fmt.Errorf("track %s cannot be renamed to %q", c.Track, c.To)
	}
	if to, taken := s.now.Track(c.To); taken && !pristine(to) {
		return nil, fmt.Errorf("track %s has state of its own; %s keeps its name", c.To, c.Track)
	}
	return []Body{TrackRenamed(c)}, nil
}

// pristine reports whether a track has no state but what its document gave it.
func pristine(tr *Track) bool {
	if tr.Status != TrackIdle && tr.Status != TrackDone {
		return false
	}
	for t := range tr.Tickets() {
		if t.Attempt > 0 || t.Queued || t.Orphaned || t.Status != newTicket(t.Key, t.Spec, 0).Status {
			return false
		}
	}
	return true
}

func (s *State) decideLose(c LoseTrack) ([]Body, error) {
	tr, ok := s.now.Track(c.Track)
	switch {
	case !ok:
		return nil, fmt.Errorf("%w: %s", ErrNoTrack, c.Track)
	case tr.Lost:
		return nil, nil
	}
	var bodies []Body
	for t := range tr.Tickets() {
		bodies = append(bodies, s.askAnew(t, "its document vanished before it was spawned")...)
	}
	return append(bodies, TrackLost(c)), nil
}

// runnable refuses a person's run of what could never start.
func runnable(tr *Track, t *Ticket) error {
	switch {
	case t.Orphaned:
		return fmt.Errorf("ticket %s: %w: put it back to run it", t.Key.ID, ErrOrphaned)
	case tr.Lost:
		return fmt.Errorf("track %s: %s", tr.ID, lostReason)
	}
	return nil
}
