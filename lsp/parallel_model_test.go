package lsp_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// chore is one thing that a ticket of a bout does to one file. Its mark is in the text that it puts there.
type chore struct {
	kind string // "slot", "whole", "new", "delete"
	path string
	mark string
}

// job is what a ticket of a bout does.
type job struct {
	id     string
	chores []chore
	runs   bool // it runs a test itself before it finishes
	secret int  // how many of its files, the last ones, it does not declare
	verify string
}

// delivered is the mark of a ticket in a file.
func deliveredMark(id string, n int) string { return fmt.Sprintf("{%s@%d}", id, n) }

// slot is the line of a shared file that is a ticket's to edit.
func slotLine(id, path string) string { return "slot of " + id + " in " + path }

// shellTest looks for a job's first mark with a shell line.
func shellTest(j job) string {
	return fmt.Sprintf("grep -q '%s' %s", j.chores[0].mark, j.chores[0].path)
}

// goTest looks for it with a package of its own.
func goTest(j job) string { return "go test ./tests/" + j.id }

// goTestSource is the source of that package.
func goTestSource(j job) string {
	return fmt.Sprintf(`package %s

import (
	"os"
	"strings"
	"testing"
)

func TestMark(t *testing.T) {
	data, err := os.ReadFile("../../%s")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), %q+%q) { // not in one piece, or the mark would be here, too
		t.Error("the mark is not there")
	}
}
`, strings.ToLower(j.id), j.chores[0].path, j.chores[0].mark[:2], j.chores[0].mark[2:])
}

// randomJobs are the tickets of a bout. Processes are dear, so that where everyTest is false only some run their tests.
func randomJobs(rng *rand.Rand, tickets, shared int, everyTest bool, test func(job) string) []job {
	jobs := make([]job, tickets)
	for i := range jobs {
		j := job{id: fmt.Sprintf("T%d", i+1), runs: rng.IntN(4) == 0}
		add := func(kind, path string) {
			j.chores = append(j.chores, chore{kind, path, deliveredMark(j.id, len(j.chores))})
		}
		own := "own/" + j.id + ".txt"
		if rng.IntN(3) == 0 {
			add("whole", own)
		} else {
			add("slot", own)
		}
		for _, k := range rng.Perm(shared)[:1+rng.IntN(2)] {
			add("slot", fmt.Sprintf("shared/%d.txt", k))
		}
		if rng.IntN(3) == 0 {
			add("new", "made/"+j.id+".txt")
		}
		if rng.IntN(6) == 0 {
			add("delete", "doomed/"+j.id+".txt")
		}
		if rng.IntN(3) == 0 {
			j.secret = 1
		}
		if !everyTest && rng.IntN(4) > 0 {
			j.runs = false
			jobs[i] = j
			continue
		}
		j.verify = test(j)
		jobs[i] = j
	}
	return jobs
}

// ticket is a job as a track document has it.
func (j job) ticket() trackfile.Ticket {
	t := trackfile.Ticket{ID: j.id, Description: "Do the chores of " + j.id, Verify: j.verify}
	for _, c := range j.chores[:len(j.chores)-j.secret] {
		t.Writes = append(t.Writes, c.path)
	}
	return t
}

// choreModel answers for all tickets of a bout. It holds nothing: where a conversation stands is read from it.
func choreModel(jobs []job) engine.Provider {
	byID := map[string]job{}
	for _, j := range jobs {
		byID[j.id] = j
	}
	return enginetest.NewFakeProvider(func(req engine.Request) enginetest.ProviderReply {
		_, rest, _ := strings.Cut(req.Messages[1].Text, "Ticket ")
		id, _, _ := strings.Cut(rest, "\n")
		s := newShift(byID[id])
		var calls []engine.ToolCall
		for _, m := range req.Messages[2:] {
			if m.Role == engine.RoleAssistant {
				calls = append(calls, m.Calls...)
			}
			if m.Role == engine.RoleTool {
				s.heard(calls[len(calls)-1], m.Text)
			}
		}
		return enginetest.ProviderReply{Calls: []engine.ToolCall{s.next()}}
	})
}

// shift is a worker's way through its chores: what is still to be called, and for which of them.
type shift struct {
	job  job
	todo []step
	last map[string]string // by path, what it was shown
	bad  int               // edits that did not fit
}

type step struct {
	tool  string
	chore chore
}

func newShift(j job) *shift {
	s := &shift{job: j, last: map[string]string{}}
	s.all()
	if j.runs {
		s.todo = append(s.todo, step{"run_command", j.chores[0]})
	}
	return s
}

// all is every chore from its beginning.
func (s *shift) all() {
	s.todo = nil
	for _, c := range s.job.chores {
		s.todo = append(s.todo, s.steps(c)...)
	}
}

func (s *shift) steps(c chore) []step {
	switch c.kind {
	case "slot":
		return []step{{"read_file", c}, {"edit_file", c}}
	case "whole":
		return []step{{"read_file", c}, {"write_file", c}}
	case "new":
		return []step{{"write_file", c}}
	default:
		return []step{{"delete_file", c}}
	}
}

// heard takes the result of a call.
func (s *shift) heard(call engine.ToolCall, result string) {
	if call.Name == "finish" { // it came back: do what is not there any more
		s.all()
		return
	}
	at := s.todo[0]
	s.todo = s.todo[1:]
	switch {
	case at.tool == "read_file" && strings.Contains(result, at.chore.mark):
		s.todo = s.todo[1:] // it is done already
	case at.tool == "read_file":
		s.last[at.chore.path] = shown(result)
	case strings.HasPrefix(result, "error:") && at.tool == "edit_file":
		if s.bad++; s.bad > 3 {
			s.todo = []step{{"give up", at.chore}}
			return
		}
		s.todo = append(s.steps(at.chore), s.todo...)
	}
}

// shown is the text of a file in what read_file says.
func shown(result string) string {
	_, body, _ := strings.Cut(result, "\n\n")
	return body
}

func (s *shift) next() engine.ToolCall {
	if len(s.todo) == 0 {
		return call("finish", map[string]any{"status": "done", "summary": "the chores are done"})
	}
	at := s.todo[0]
	c := at.chore
	switch at.tool {
	case "read_file":
		return call("read_file", map[string]any{"path": c.path})
	case "edit_file":
		line := slotLine(s.job.id, c.path)
		return call("edit_file", map[string]any{"path": c.path, "search": line, "replace": line + "\n" + c.mark})
	case "write_file":
		return call("write_file", map[string]any{"path": c.path, "content": s.last[c.path] + c.mark + "\n"})
	case "delete_file":
		return call("delete_file", map[string]any{"path": c.path})
	case "run_command":
		return call("run_command", map[string]any{"command": s.job.verify})
	default:
		return call("finish", map[string]any{"status": "blocked", "summary": "the line of " + s.job.id + " in " + c.path + " cannot be found"})
	}
}

func call(name string, args map[string]any) engine.ToolCall {
	raw, err := json.Marshal(args)
	if err != nil {
		panic(err) // strings only
	}
	return engine.ToolCall{Name: name, Arguments: string(raw)}
}
