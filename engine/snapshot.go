package engine

import (
	"iter"
	"time"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// Snapshot is the whole state as it was after one turn. It is immutable and may be kept and read by anyone; the
// Tracks, Tickets and Approvals it gives out must not be changed. It shares structure with its neighbours in time.
type Snapshot struct {
	seq        uint64
	tracks     table[Track]
	trackAt    map[TrackID]int // replaced, never changed in place
	approvals  table[Approval] // proposed and decided ones, at their number
	settled    table[Answer]   // how the last of those ended that are no longer there, at their number
	remembered []*Remembered   // answers given for good; replaced, never changed in place
	day        daySpent        // of the newest day with any use
	active     int             // tickets that hold a slot of the pool
	unspawned  int             // attempts whose spawn nobody has decided yet
	holders    []TicketKey     // tickets that have leased files; replaced, never changed in place
	leasing    bool            // tickets whose declared files overlap run one after the other

	// planning is what tiers 1 and 2 used for tracks that are not planned yet. It is replaced, never changed in place.
	planning map[TrackID]map[Tier]Usage

	// used is the newest attempt of every name that a ticket with attempts has left: one that gets the name later
	// counts on from there, so that a Run never names two attempts. It is replaced, never changed in place.
	used map[TicketKey]int
}

// Track is a track with its live state.
type Track struct {
	ID      TrackID        `json:"id"`
	Title   string         `json:"title,omitempty"`
	Goal    string         `json:"goal,omitempty"`
	Context []string       `json:"context,omitempty"`
	Verify  string         `json:"verify,omitempty"`
	Status  TrackStatus    `json:"status"`
	Reason  string         `json:"reason,omitempty"` // why it is paused, blocked or stopped
	Plans   int            `json:"plans,omitempty"`  // how often its document became the plan
	Usage   map[Tier]Usage `json:"usage,omitempty"`  // replaced, never changed in place
	Spent   Spent          `json:"spent,omitzero"`   // what its bounds are held against
	Was     TrackStatus    `json:"was,omitempty"`    // of a paused track: what it was before
	Over    *Overrun       `json:"over,omitempty"`   // of a paused track: the bound that paused it
	// Lost says that its document is gone: nothing new starts.
	Lost bool `json:"lost,omitempty"`

	tickets table[Ticket]
	at      map[string]int // ticket id → index; replaced, never changed in place
	counts  [5]int         // by statusIndex, orphaned ones left out
	epoch   uint64
}

// Ticket is a ticket with its live state.
type Ticket struct {
	Key         TicketKey         `json:"key"`
	Spec        *trackfile.Ticket `json:"spec"` // as the document states it now
	Status      Status            `json:"status"`
	Attempt     int               `json:"attempt,omitempty"`     // the newest one's number, 0 before the first
	RetryCount  int               `json:"retry_count,omitempty"` // failures that counted, since a person last stepped in
	Model       string            `json:"model,omitempty"`       // of the newest attempt
	Queued      bool              `json:"queued,omitempty"`      // a person asked for it by itself
	Stale       bool              `json:"stale,omitempty"`       // completed or running, but its text or a dependency changed since
	Begun       *trackfile.Ticket `json:"begun,omitempty"`       // what it began with, where its text is another one now
	Below       bool              `json:"below,omitempty"`       // a ticket below it was done anew or undone since
	Orphaned    bool              `json:"orphaned,omitempty"`    // no longer in the document
	Denied      bool              `json:"denied,omitempty"`      // waits for the next run, because nobody was there to ask
	Awaits      string            `json:"awaits,omitempty"`      // what is missing before it can run: "provider: no key: …"
	Spawned     bool              `json:"spawned,omitempty"`     // the spawn of this attempt was decided
	Parked      bool              `json:"parked,omitempty"`      // waits for a person and holds no slot
	Block       *Block            `json:"block,omitempty"`       // of a blocked or killed ticket
	Wrote       string            `json:"wrote,omitempty"`       // the first line of the instruction, where the description has none
	Instruction string            `json:"instruction,omitempty"` // a person's words for the next prompt
	Failure     string            `json:"failure,omitempty"`     // why the last attempt failed, for the next prompt
	Summary     string            `json:"summary,omitempty"`     // of a completed ticket
	Approval    ApprovalID        `json:"approval,omitempty"`    // proposed or decided, not consumed
	Asks        ApprovalKind      `json:"asks,omitempty"`        // what Approval is about
	Answers     []GivenAnswer     `json:"answers,omitempty"`     // consumed ones that an interrupted attempt keeps
	Tool        string            `json:"tool,omitempty"`        // the call that is running
	Lease       []string          `json:"lease,omitempty"`       // declared files that no other ticket may have meanwhile
	Delivery    *Delivery         `json:"delivery,omitempty"`    // on its way
	Refused     string            `json:"refused,omitempty"`     // names the newest attempt's change set that did not arrive
	Delivered   []DeliveredFile   `json:"delivered,omitempty"`   // by the newest attempt that delivered
	Deliveries  []DeliveredSet    `json:"deliveries,omitempty"`  // all that arrived, the oldest first
	Undo        *Undo             `json:"undo,omitempty"`        // what is being taken back, of a completed ticket
	Undone      bool              `json:"undone,omitempty"`      // back in todo by an undo: it waits for a person's run
	Kept        string            `json:"kept,omitempty"`        // why the last undo was not possible, until the next one
	Usage       Usage             `json:"usage,omitzero"`
	Spent       Spent             `json:"spent,omitzero"`   // since a person last stepped in
	Before      int               `json:"before,omitempty"` // tokens of the context's files before pruning
	After       int               `json:"after,omitempty"`  // and after
	Started     time.Time         `json:"started,omitzero"`
	Ended       time.Time         `json:"ended,omitzero"`
	Since       int               `json:"since,omitempty"`  // the first attempt under the name it has, 0 before that
	Former      []Former          `json:"former,omitempty"` // attempts under names that it had before, the oldest first

	epoch uint64
}

// Block says why a ticket is blocked or killed, and who did it.
type Block struct {
	By     Actor    `json:"by"`
	Reason string   `json:"reason,omitempty"`
	Over   *Overrun `json:"over,omitempty"` // the bound that was in the way
}

// GivenAnswer is an answer that was consumed. After an interruption the same question gets the same answer without
// asking again, once an attempt.
type GivenAnswer struct {
	Approval ApprovalID   `json:"approval"`
	Kind     ApprovalKind `json:"kind"`
	Hash     string       `json:"hash"`
	Attempt  int          `json:"attempt"` // that consumed it last
	Answer   Answer       `json:"answer"`
}

// Former says which attempts of a ticket began under a name that it has left.
type Former struct {
	Key  TicketKey `json:"key"`
	From int       `json:"from"`
	To   int       `json:"to"`
}

// Runs lists the ticket's attempts, the oldest first, by the names under which they began: what they stored and
// delivered goes by those, also after the ticket or its track was renamed. Numbers that other tickets of the same name
// had are left out.
func (t *Ticket) Runs() []Run {
	var out []Run
	for _, f := range append(t.Former[:len(t.Former):len(t.Former)], Former{t.Key, t.Since, t.Attempt}) {
		for n := f.From; 0 < n && n <= f.To; n++ {
			out = append(out, Run{Ticket: f.Key, Attempt: n})
		}
	}
	return out
}

// Began is the name under which the newest attempt began; zero before the first.
func (t *Ticket) Began() Run {
	if n := len(t.Former); t.Since == 0 && n > 0 {
		return Run{Ticket: t.Former[n-1].Key, Attempt: t.Former[n-1].To}
	}
	return Run{Ticket: t.Key, Attempt: t.Attempt}
}

// Run names the ticket's newest attempt.
func (t *Ticket) Run() Run { return Run{Ticket: t.Key, Attempt: t.Attempt} }

// Phase is what an in_progress ticket is doing, derived from what was journalled.
func (t *Ticket) Phase() Phase {
	switch {
	case t.Status != InProgress:
		return NoPhase
	case t.Delivery != nil:
		return AwaitingEdit
	case !t.Spawned || t.Approval != "" && t.Asks == KindSpawn:
		return AwaitingSpawn
	case t.Approval != "":
		return AwaitingStep
	case t.Tool == VerifyCall:
		return Verifying
	case t.Tool != "":
		return RunningTool
	default:
		return Thinking
	}
}

// VerifyCall is the name under which a ticket's verify command is journalled as a tool call.
const VerifyCall = "verify"

// Seq is the number of the last event that this snapshot contains.
func (s *Snapshot) Seq() uint64 { return s.seq }

// Active counts the tickets that hold a slot of the pool.
func (s *Snapshot) Active() int { return s.active }

// Tracks yields the tracks in the order in which they were first planned.
func (s *Snapshot) Tracks() iter.Seq[*Track] {
	return func(yield func(*Track) bool) {
		for _, t := range s.tracks.all() {
			if !yield(t) {
				return
			}
		}
	}
}

// Track finds a track by its id.
func (s *Snapshot) Track(id TrackID) (*Track, bool) {
	i, ok := s.trackAt[id]
	if !ok {
		return nil, false
	}
	return s.tracks.at(i), true
}

// Ticket finds a ticket by its key.
func (s *Snapshot) Ticket(key TicketKey) (*Ticket, bool) {
	tr, ok := s.Track(key.Track)
	if !ok {
		return nil, false
	}
	return tr.Ticket(key.ID)
}

// Approval finds one that is proposed, or decided and not yet consumed.
func (s *Snapshot) Approval(id ApprovalID) (*Approval, bool) {
	n, ok := approvalNumber(id)
	if !ok {
		return nil, false
	}
	a := s.approvals.at(int(n) - 1)
	return a, a != nil
}

// Pending yields the approvals that wait for an answer, the oldest first.
func (s *Snapshot) Pending() iter.Seq[*Approval] {
	return func(yield func(*Approval) bool) {
		for _, a := range s.approvals.all() {
			if a.Pending() && !yield(a) {
				return
			}
		}
	}
}

// Ticket finds a ticket of the track by its id.
func (t *Track) Ticket(id string) (*Ticket, bool) {
	i, ok := t.at[id]
	if !ok {
		return nil, false
	}
	return t.tickets.at(i), true
}

// Tickets yields the tickets in file order, orphaned ones last.
func (t *Track) Tickets() iter.Seq[*Ticket] {
	return func(yield func(*Ticket) bool) {
		for _, tk := range t.tickets.all() {
			if !yield(tk) {
				return
			}
		}
	}
}

// Len counts the track's tickets, orphaned ones included.
func (t *Track) Len() int { return t.tickets.n }

// Count counts the track's tickets of one status, orphaned ones left out.
func (t *Track) Count(s Status) int { return t.counts[statusIndex(s)] }

// Total counts the track's tickets, orphaned ones left out.
func (t *Track) Total() int {
	n := 0
	for _, c := range t.counts {
		n += c
	}
	return n
}
