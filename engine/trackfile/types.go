package trackfile

// Track is the intent a track document states: what a person writes, reviews and commits.
// It holds no state; state lives in the store under the track's id.
//
// The zero value is an empty track. A Track returned by this package is the caller's to keep; nothing here
// changes it afterwards.
type Track struct {
	Title   string   `json:"title,omitempty"`
	Goal    string   `json:"goal,omitempty"`
	Context []string `json:"context,omitempty"` // workspace-relative files that each worker gets whole
	Verify  string   `json:"verify,omitempty"`  // a shell command that must exit 0 before a ticket is completed
	Tickets []Ticket `json:"tickets"`           // in file order
}

// Ticket is one node of a track's DAG as its document states it.
type Ticket struct {
	ID                  string   `json:"id"`
	Description         string   `json:"description"`
	TargetFile          string   `json:"target_file,omitempty"`          // workspace-relative, slash-separated
	TargetSymbols       []string `json:"target_symbols,omitempty"`       // "Name" or "Type.Method"
	ContextRequirements []string `json:"context_requirements,omitempty"` // workspace-relative files
	Writes              []string `json:"writes,omitempty"`               // globs of what else it will change
	DependsOn           []string `json:"depends_on,omitempty"`           // ids within the same track
	Priority            Priority `json:"priority,omitempty"`             // empty means Medium
	StepMode            bool     `json:"step_mode,omitempty"`            // each tool call is approved by a person
	ModelOverride       string   `json:"model_override,omitempty"`       // pins the model: no escalation
	Verify              string   `json:"verify,omitempty"`               // overrides the track's
	AssignedTo          string   `json:"assigned_to,omitempty"`          // shown, never acted on
	Status              Status   `json:"status,omitempty"`               // counts only while the store has none
}

// Status is where a ticket stands. Its values are what documents, the journal and every wire say.
type Status string

// The five statuses; engine's transition table says which may follow which.
const (
	Todo       Status = "todo"
	InProgress Status = "in_progress"
	Completed  Status = "completed"
	Blocked    Status = "blocked"
	Killed     Status = "killed"
)

// Statuses lists every legal status in the order in which people read them.
var Statuses = []Status{Todo, InProgress, Completed, Blocked, Killed}

// Priority orders tickets that are ready at the same time; ties run in file order.
type Priority string

// The three priorities; an empty one counts as Medium.
const (
	High   Priority = "high"
	Medium Priority = "medium"
	Low    Priority = "low"
)

// Priorities lists every legal priority, the most urgent first.
var Priorities = []Priority{High, Medium, Low}

// Rank is 0 for High, 1 for Medium (and for an empty or unknown priority) and 2 for Low.
func (p Priority) Rank() int {
	switch p {
	case High:
		return 0
	case Low:
		return 2
	default:
		return 1
	}
}
