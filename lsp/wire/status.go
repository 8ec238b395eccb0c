package wire

import "encoding/json"

// Status is the answer to slop.status and the payload of slop/state.
type Status struct {
	Seq    uint64  `json:"seq"` // of the last event in it
	Tracks []Track `json:"tracks"`
}

// Track is a track as `track show --json` prints it.
type Track struct {
	ID      string   `json:"id"`
	Status  string   `json:"status"` // idle, running, paused, done, blocked, stopped
	Reason  string   `json:"reason,omitempty"`
	Tickets []Ticket `json:"tickets"`
}

// Ticket is a ticket as `track show --json` prints it.
type Ticket struct {
	ID         string   `json:"id"`
	Status     string   `json:"status"`    // todo, in_progress, completed, blocked, killed
	Phase      string   `json:"phase"`     // empty unless in_progress
	Reason     string   `json:"reason"`    // why it is blocked or killed
	WaitsFor   []string `json:"waits_for"` // ids of the tickets that hold it up; track#id where they are of another track and have files that it needs
	RetryCount int      `json:"retry_count"`
	Attempt    int      `json:"attempt"`
	Stale      bool     `json:"stale,omitempty"`    // its text, or what it depends on, changed since it ran
	Orphaned   bool     `json:"orphaned,omitempty"` // it is not in its document any more; its state is kept
	Usage      Usage    `json:"usage"`
	// What it is to do comes last: programs that read what stood here before read on as they did.
	Title     string   `json:"title"` // the first line of its description, safe to show
	DependsOn []string `json:"depends_on,omitempty"`
}

// Usage is the tokens of a ticket's model calls, and what they cost.
type Usage struct {
	Input       int64 `json:"input"`
	CachedInput int64 `json:"cached_input"`
	Output      int64 `json:"output"`
	Reasoning   int64 `json:"reasoning"`
	Cost        Cost  `json:"cost"`
}

// Cost is money in US dollars. As JSON it is a number, or "unknown" where the price of a call is not known: never 0
// for what is not known.
type Cost struct {
	USD     float64 // not set where Unknown
	Unknown bool
}

const unknownCost = `"unknown"`

// MarshalJSON implements json.Marshaler.
func (c Cost) MarshalJSON() ([]byte, error) {
	if c.Unknown {
		return []byte(unknownCost), nil
	}
	return json.Marshal(c.USD)
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *Cost) UnmarshalJSON(data []byte) error {
	if string(data) == unknownCost {
		*c = Cost{Unknown: true}
		return nil
	}
	*c = Cost{}
	return json.Unmarshal(data, &c.USD)
}

// Approval is one element of the answer to slop.approval.list.
type Approval struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"` // spawn, step, edit, command, question
	Track  string `json:"track"`
	Ticket string `json:"ticket"`
	Title  string `json:"title"` // one line, safe to show
	Since  string `json:"since"` // RFC 3339
}

// Remembered is one element of the answer to slop.approval.rules: an answer that holds for good.
type Remembered struct {
	ID     string `json:"id"`    // of the approval that was answered so
	Scope  string `json:"scope"` // ticket, track or workspace
	Track  string `json:"track"` // that asked
	Ticket string `json:"ticket"`
	Covers string `json:"covers"` // the tool, and exactly what it may do; one line, safe to show
	By     string `json:"by"`
	Since  string `json:"since"` // RFC 3339
}
