package foreign

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// ConductorTrack is a track of Gemini's conductor extension: the files of conductor/tracks/ID.
type ConductorTrack struct {
	ID       string // the folder's name
	Plan     []byte // plan.md
	Spec     []byte // spec.md, may be missing
	Metadata []byte // metadata.json, may be missing
	SpecPath string // of spec.md in the workspace, where workers are to get it; "" to leave it out
}

// metadata is what metadata.json says.
type metadata struct {
	ID          string `json:"track_id"`
	Type        string `json:"type"`
	Status      string `json:"status"`
	Created     string `json:"created_at"`
	Updated     string `json:"updated_at"`
	Description string `json:"description"`
}

// ErrNotConductor says that a text has no task of the conductor's.
var ErrNotConductor = errors.New("it has no tasks, lines such as `- [ ] Task: …`: give the plan.md of a folder in conductor/tracks")

var (
	phaseLine = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^##+\s+(?:Phase\s+\d+\s*[:.-]\s*)?(.*?)\s*(\[checkpoint:[^\]]*\])?\s*$`)
	})
	taskLine  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\s*)(?:[-*+]|\d+[.)])\s+\[(.)\]\s+(.*)$`) })
	titleLine = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^#\s+(?:(?:Implementation|Track)?\s*Plan\s*[:–-]\s*)?(.*?)\s*$`)
	})
	shaAtEnd = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("\\s*(?:[\\[(`]+[0-9a-f]{7,40}[\\])`]+|\\b[0-9a-f]{7,40})\\s*$")
	})
	remarkHTML = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\s*<!--.*?-->`) })
	manualTask = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^Conductor\s+-\s+.*Verification\b`) })
)

// headSteps is the heading under which a task's sub-tasks stand in a ticket's description, and linePhase begins the line
// that names its phase.
const (
	headSteps = "Steps"
	linePhase = "Phase: "
)

// Conductor reads a track of the conductor's. Its tasks are done in order, so that each ticket depends on the one before
// it; sub-tasks stand in the description. The verification by hand at the end of a phase is left out: here a person
// reviews each ticket's edit. The error is ErrNotConductor.
func Conductor(c ConductorTrack) (trackfile.Track, []Note, error) {
	r := &conductorReader{}
	n := 0
	for line := range strings.SplitSeq(strings.ReplaceAll(string(c.Plan), "\r\n", "\n"), "\n") {
		n++
		r.line(n, strings.TrimRight(line, " \t"))
	}
	r.endTask()
	if len(r.track.Tickets) == 0 {
		return trackfile.Track{}, r.list, ErrNotConductor
	}
	var m metadata
	if len(c.Metadata) > 0 && json.Unmarshal(c.Metadata, &m) != nil {
		r.add(0, "metadata.json cannot be read and is left out")
	}
	title, _ := headline(m.Description)
	r.track.Title = firstOf(r.track.Title, title, c.ID)
	r.track.Goal = firstOf(m.Description, firstParagraph(c.Spec), r.track.Title)
	if c.SpecPath != "" && len(c.Spec) > 0 {
		r.track.Context = []string{c.SpecPath}
	}
	return r.track, r.list, nil
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			return v
		}
	}
	return ""
}

// firstParagraph is the first text of a Markdown file that is no heading.
func firstParagraph(src []byte) string {
	for p := range strings.SplitSeq(strings.ReplaceAll(string(src), "\r\n", "\n"), "\n\n") {
		p = strings.TrimSpace(p)
		for strings.HasPrefix(p, "#") {
			_, p, _ = strings.Cut(p, "\n")
			p = strings.TrimSpace(p)
		}
		if p != "" {
			return p
		}
	}
	return ""
}

type conductorReader struct {
	notes
	track  trackfile.Track
	phase  string
	phases int
	tasks  int // of the phase
	task   *trackfile.Ticket
	head   string   // the task's text
	more   []string // the lines below it
	indent int
}

func (r *conductorReader) line(n int, line string) {
	if m := taskLine().FindStringSubmatch(line); m != nil {
		r.item(n, len(strings.ReplaceAll(m[1], "\t", "    ")), m[2], m[3])
		return
	}
	if m := titleLine().FindStringSubmatch(line); m != nil && r.track.Title == "" && r.phases == 0 {
		r.track.Title = m[1]
		return
	}
	if m := phaseLine().FindStringSubmatch(line); m != nil {
		r.endTask()
		r.phase, r.tasks = m[1], 0
		r.phases++
		if m[2] != "" {
			r.count("checkpoints of phases are left out")
		}
		return
	}
	text := strings.TrimSpace(remarkHTML().ReplaceAllString(line, ""))
	switch {
	case text == "" || text == "---":
	case r.task != nil && strings.HasPrefix(line, " "):
		r.more = append(r.more, text)
	default:
		r.count("text between the tasks is left out")
	}
}

// item is a line with a box.
func (r *conductorReader) item(n, indent int, box, text string) {
	text = remarkHTML().ReplaceAllString(text, "")
	if sha := shaAtEnd().FindString(text); sha != "" && box != " " {
		text = strings.TrimSuffix(text, sha)
		r.count("commits of tasks are left out")
	}
	if r.task != nil && indent > r.indent {
		r.more = append(r.more, strings.Repeat(" ", max(indent-r.indent-4, 0))+"- ["+box+"] "+strings.TrimSpace(text))
		return
	}
	r.endTask()
	text = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), "Task:"))
	if manualTask().MatchString(text) {
		r.count("a phase's verification by hand is left out")
		return
	}
	if r.phases == 0 {
		r.phases = 1
	}
	r.tasks++
	r.indent, r.head, r.more = indent, text, nil
	r.task = &trackfile.Ticket{ID: fmt.Sprintf("P%d.%d", r.phases, r.tasks)}
	switch box {
	case "x", "X":
		r.task.Status = trackfile.Completed
	case " ":
	case "~":
		r.count("a task that is under way becomes todo")
	default:
		r.add(n, "the box [%s] is taken for an empty one", box)
	}
}

// endTask adds the task that was read.
func (r *conductorReader) endTask() {
	if r.task == nil {
		return
	}
	t := *r.task
	r.task = nil
	phase := ""
	if r.phase != "" {
		phase = linePhase + r.phase
	}
	var text, fields, steps []string
	for _, line := range r.more {
		switch {
		case strings.Contains(line, "- ["):
			steps = append(steps, line)
		case inside(&trackfile.Ticket{}, line) == "":
			fields = append(fields, line)
		default:
			text = append(text, line)
		}
	}
	inside(&t, strings.Join(fields, "\n"))
	t.Description = paragraphs([2]string{"", r.head}, [2]string{"", strings.Join(text, "\n")}, [2]string{headSteps, strings.Join(steps, "\n")}, [2]string{"", phase})
	if n := len(r.track.Tickets); n > 0 {
		t.DependsOn = []string{r.track.Tickets[n-1].ID}
	}
	r.track.Tickets = append(r.track.Tickets, t)
}

// WriteConductor is a track as the files of a track of the conductor's. at is the time in its metadata.
func WriteConductor(t trackfile.Track, id string, at time.Time) (ConductorTrack, []Note, error) {
	var n notes
	var plan strings.Builder
	fmt.Fprintf(&plan, "# Implementation Plan: %s\n", firstOf(t.Title, id))
	phase, count := "\x00", 0
	for _, ticket := range ordered(&n, t.Tickets) {
		text, own := phaseOf(ticket.Description)
		if own != phase {
			count++
			phase = own
			fmt.Fprintf(&plan, "\n## Phase %d: %s\n\n", count, firstOf(own, "Tickets"))
		}
		writeTask(&plan, &n, ticket, text)
	}
	now := at.UTC().Format(time.RFC3339)
	m := metadata{ID: id, Type: "feature", Status: trackStatus(t), Created: now, Updated: now, Description: firstOf(t.Goal, t.Title, id)}
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return ConductorTrack{}, nil, fmt.Errorf("writing metadata.json: %w", err)
	}
	spec := "# " + firstOf(t.Title, id) + "\n\n## Overview\n\n" + firstOf(t.Goal, t.Title, id) + "\n"
	if t.Verify != "" {
		spec += "\n## Acceptance Criteria\n\n- `" + t.Verify + "` exits 0\n"
	}
	if len(t.Context) > 0 {
		spec += "\n## Context\n\n- " + strings.Join(t.Context, "\n- ") + "\n"
	}
	return ConductorTrack{ID: id, Plan: []byte(plan.String()), Spec: []byte(spec), Metadata: append(raw, '\n')}, n.list, nil
}

func trackStatus(t trackfile.Track) string {
	done := 0
	for _, ticket := range t.Tickets {
		if ticket.Status == trackfile.Completed {
			done++
		}
	}
	switch {
	case done == 0:
		return "new"
	case done < len(t.Tickets):
		return "in_progress"
	}
	return "completed"
}

// phaseOf takes the phase off a description.
func phaseOf(description string) (text, phase string) {
	i := strings.LastIndex("\n\n"+description, "\n\n"+linePhase)
	if i < 0 || strings.Contains(description[i:], "\n") {
		return description, ""
	}
	return strings.TrimSpace(description[:i]), strings.TrimPrefix(description[i:], linePhase)
}

// writeTask writes one ticket: its first line as the task, its steps as sub-tasks, the rest below it.
func writeTask(b *strings.Builder, n *notes, t trackfile.Ticket, text string) {
	text, steps := cutSection(text, headSteps)
	first, rest := headline(text)
	box := " "
	switch t.Status {
	case trackfile.Completed:
		box = "x"
	case trackfile.InProgress:
		box = "~"
	case trackfile.Blocked, trackfile.Killed:
		n.count("a blocked or killed ticket becomes an open task")
	case trackfile.Todo:
	}
	if t.Priority != "" {
		n.count("priorities are left out")
	}
	fmt.Fprintf(b, "- [%s] Task: %s\n", box, first)
	for line := range strings.SplitSeq(paragraphs([2]string{"", rest}, [2]string{"", outside(n, t)}), "\n") {
		if line != "" {
			fmt.Fprintf(b, "    %s\n", line)
		}
	}
	for line := range strings.SplitSeq(steps, "\n") {
		if line != "" {
			fmt.Fprintf(b, "    %s\n", line)
		}
	}
}

// ordered are tickets behind what they depend on, in file order where nothing else decides.
func ordered(n *notes, tickets []trackfile.Ticket) []trackfile.Ticket {
	var out []trackfile.Ticket
	placed := map[string]bool{}
	for len(out) < len(tickets) {
		before := len(out)
		for _, t := range tickets {
			if !placed[t.ID] && !slices.ContainsFunc(t.DependsOn, func(d string) bool { return !placed[d] }) {
				placed[t.ID] = true
				out = append(out, t)
				break
			}
		}
		if len(out) == before {
			break // the rest is a cycle, which a document without errors does not have
		}
	}
	for i, t := range out {
		if chain := i > 0 && len(t.DependsOn) == 1 && t.DependsOn[0] == out[i-1].ID; !chain && (i > 0 || len(t.DependsOn) > 0) {
			n.count("tickets that could run side by side are in one order")
		}
	}
	return out
}
