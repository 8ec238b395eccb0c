package foreign

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// issue is a line of Beads' JSON: what of it has a place here, and what is named when it has none.
type issue struct {
	ID          string       `json:"id"`
	Title       string       `json:"title"`
	Description string       `json:"description"`
	Design      string       `json:"design,omitempty"`
	Acceptance  string       `json:"acceptance_criteria,omitempty"`
	Notes       string       `json:"notes,omitempty"`
	Status      string       `json:"status"`
	Priority    *int         `json:"priority"`
	Type        string       `json:"issue_type"`
	Assignee    string       `json:"assignee,omitempty"`
	Created     string       `json:"created_at,omitempty"`
	Updated     string       `json:"updated_at,omitempty"`
	Closed      string       `json:"closed_at,omitempty"`
	External    string       `json:"external_ref,omitempty"`
	Labels      []string     `json:"labels,omitempty"`
	Deps        []dependency `json:"dependencies,omitempty"`
	Comments    []any        `json:"comments,omitempty"`
}

type dependency struct {
	Issue     string `json:"issue_id"`
	DependsOn string `json:"depends_on_id"`
	Type      string `json:"type"`
	Created   string `json:"created_at,omitempty"`
	By        string `json:"created_by,omitempty"`
}

// The kinds of dependency that Beads knows and that mean something here.
const (
	depBlocks = "blocks"
	depParent = "parent-child"
)

// The headings under which an issue's other texts stand in a ticket's description.
const (
	headDesign     = "Design"
	headAcceptance = "Acceptance"
	headNotes      = "Notes"
)

// ErrNotBeads says that no line of a text is an issue of Beads.
var ErrNotBeads = errors.New("no line of it is a Beads issue, a JSON object with id and title: give the file .beads/issues.jsonl")

// maxLine bounds a line, in bytes.
const maxLine = 16 << 20

// Beads reads issues as a track. Open ones are tickets to do, closed ones are completed; issues that were deleted are left
// out. An epic is no work of its own: it becomes a ticket that depends on its children where it has any. A line that cannot
// be read is a note. The error is ErrNotBeads.
func Beads(title string, src []byte) (trackfile.Track, []Note, error) {
	r := &beadsReader{known: map[string]string{}}
	lines := bufio.NewScanner(bytes.NewReader(src))
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		r.line(n, lines.Bytes())
	}
	if err := lines.Err(); err != nil {
		r.add(0, "what follows a line of more than %d MiB is left out", maxLine>>20)
	}
	if len(r.issues) == 0 {
		return trackfile.Track{}, r.list, ErrNotBeads
	}
	t := trackfile.Track{Title: title, Goal: fmt.Sprintf("Imported from Beads: %d issues.", len(r.issues))}
	for _, i := range r.issues {
		t.Tickets = append(t.Tickets, r.ticket(i))
	}
	r.children(t.Tickets)
	breakCycles(&r.notes, t.Tickets)
	return t, r.list, nil
}

type beadsReader struct {
	notes
	issues []issue
	known  map[string]string // id there → id here
}

func (r *beadsReader) line(n int, line []byte) {
	line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff")))
	if len(line) == 0 {
		return
	}
	var i issue
	var wrong *json.UnmarshalTypeError
	if err := json.Unmarshal(line, &i); err != nil && !errors.As(err, &wrong) || i.ID == "" || i.Title == "" {
		r.add(n, "it is no issue, a JSON object with id and title, and is left out")
		return
	}
	if wrong != nil {
		r.add(n, "%s of %s is of another type than it should be", wrong.Field, i.ID)
		if wrong.Field == "priority" {
			i.Priority = nil
		}
	}
	id := legalID(i.ID)
	switch {
	case i.Status == "tombstone":
		r.count("a deleted issue is left out")
		return
	case id == "" || slices.ContainsFunc(r.issues, func(o issue) bool { return r.known[o.ID] == id }):
		r.add(n, "%s is there already, or is no id: it is left out", i.ID)
		return
	}
	r.known[i.ID] = id
	r.issues = append(r.issues, i)
}

func (r *beadsReader) ticket(i issue) trackfile.Ticket {
	t := trackfile.Ticket{
		ID: r.known[i.ID], Priority: priorityOf(i.Priority), AssignedTo: i.Assignee, Status: r.status(i),
	}
	t.Description = paragraphs([2]string{"", i.Title}, [2]string{"", inside(&t, i.Description)}, [2]string{headDesign, i.Design},
		[2]string{headAcceptance, i.Acceptance}, [2]string{headNotes, i.Notes})
	for _, d := range i.Deps {
		to, there := r.known[d.DependsOn]
		switch {
		case d.Type == depParent: // the parent waits for it, see children
		case d.Type != depBlocks && d.Type != "":
			r.count(fmt.Sprintf("dependencies of the type %q are left out", d.Type))
		case !there:
			r.add(0, "%s depends on %s, which is not here: that is left out", i.ID, d.DependsOn)
		case !slices.Contains(t.DependsOn, to):
			t.DependsOn = append(t.DependsOn, to)
		}
	}
	r.lost(i)
	return t
}

// lost names what an issue has and a ticket cannot.
func (r *beadsReader) lost(i issue) {
	for _, part := range []struct {
		there bool
		what  string
	}{
		{len(i.Labels) > 0, "labels are left out"},
		{len(i.Comments) > 0, "comments are left out"},
		{i.External != "", "external references are left out"},
	} {
		if part.there {
			r.count(part.what)
		}
	}
	if r.known[i.ID] != i.ID {
		r.add(0, "%s is called %s here", i.ID, r.known[i.ID])
	}
}

func (r *beadsReader) status(i issue) trackfile.Status {
	switch i.Status {
	case "closed":
		return trackfile.Completed
	case "blocked":
		return trackfile.Blocked
	case "open", "in_progress", "":
		return ""
	}
	r.count(fmt.Sprintf("the status %q becomes todo", i.Status))
	return ""
}

// children makes parents wait for what belongs to them.
func (r *beadsReader) children(tickets []trackfile.Ticket) {
	at := map[string]int{}
	for n, t := range tickets {
		at[t.ID] = n
	}
	for _, i := range r.issues {
		for _, d := range i.Deps {
			parent, there := r.known[d.DependsOn]
			if d.Type != depParent || !there {
				continue
			}
			p := &tickets[at[parent]]
			if child := r.known[i.ID]; child != parent && !slices.Contains(p.DependsOn, child) {
				p.DependsOn = append(p.DependsOn, child)
			}
		}
	}
}

func priorityOf(p *int) trackfile.Priority {
	switch {
	case p == nil || *p == 2:
		return ""
	case *p < 2:
		return trackfile.High
	}
	return trackfile.Low
}

// breakCycles leaves out the dependencies that close a cycle, and says so: Beads takes them, a track does not.
func breakCycles(n *notes, tickets []trackfile.Ticket) {
	at := map[string]int{}
	for i, t := range tickets {
		at[t.ID] = i
	}
	const open, done = 1, 2
	state := make([]int, len(tickets))
	type step struct{ ticket, dep int }
	for root := range tickets {
		if state[root] != 0 {
			continue
		}
		state[root] = open
		for stack := []step{{ticket: root}}; len(stack) > 0; {
			top := &stack[len(stack)-1]
			t := &tickets[top.ticket]
			if top.dep == len(t.DependsOn) {
				state[top.ticket] = done
				stack = stack[:len(stack)-1]
				continue
			}
			to := at[t.DependsOn[top.dep]]
			switch state[to] {
			case open:
				n.add(0, "%s cannot depend on %s as well, that would be a cycle: it is left out", t.ID, t.DependsOn[top.dep])
				t.DependsOn = slices.Delete(t.DependsOn, top.dep, top.dep+1)
			case done:
				top.dep++
			default:
				top.dep++
				state[to] = open
				stack = append(stack, step{ticket: to})
			}
		}
	}
}

// WriteBeads is a track as Beads' JSON lines, one issue for each ticket. at is the time of issues, which Beads wants.
func WriteBeads(t trackfile.Track, at time.Time) ([]byte, []Note, error) {
	var out bytes.Buffer
	var n notes
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	for _, ticket := range t.Tickets {
		if err := enc.Encode(issueOf(&n, ticket, at.UTC().Format(time.RFC3339))); err != nil {
			return nil, nil, fmt.Errorf("writing %s: %w", ticket.ID, err)
		}
	}
	if t.Goal != "" || t.Verify != "" || len(t.Context) > 0 {
		n.add(0, "the track's own goal, context and verify have no place in Beads")
	}
	return out.Bytes(), n.list, nil
}

func issueOf(n *notes, t trackfile.Ticket, now string) issue {
	description, notesOf := cutSection(t.Description, headNotes)
	description, acceptance := cutSection(description, headAcceptance)
	description, design := cutSection(description, headDesign)
	title, rest := headline(description)
	const most = 500
	if runes := []rune(title); len(runes) > most {
		title, rest = string(runes[:most]), strings.TrimSpace(string(runes[most:])+"\n"+rest)
	}
	priority := map[trackfile.Priority]int{trackfile.High: 1, trackfile.Low: 3}[t.Priority]
	if priority == 0 {
		priority = 2
	}
	i := issue{
		ID: t.ID, Title: title, Description: paragraphs([2]string{"", rest}, [2]string{"", outside(n, t)}), Design: design, Acceptance: acceptance,
		Notes: notesOf, Status: "open", Priority: &priority, Type: "task", Assignee: t.AssignedTo, Created: now, Updated: now,
	}
	if i.Assignee == "unassigned" {
		i.Assignee = ""
	}
	switch t.Status {
	case trackfile.Completed:
		i.Status, i.Closed = "closed", now
	case trackfile.Blocked:
		i.Status = "blocked"
	case trackfile.Killed:
		i.Status, i.Closed = "closed", now
		n.count("a killed ticket becomes a closed issue")
	case trackfile.InProgress:
		i.Status = "in_progress"
	case trackfile.Todo:
	}
	for _, d := range t.DependsOn {
		i.Deps = append(i.Deps, dependency{Issue: t.ID, DependsOn: d, Type: depBlocks, Created: now, By: "slop-ls"})
	}
	return i
}
