package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/slop-ls/slop-ls/engine/scripted"
	"github.com/slop-ls/slop-ls/engine/workspace"
)

// serverPlace is a place with an MCP server, a real program, and a model that makes one call of its tools a turn; HOME in
// that is the person's.
func serverPlace(t *testing.T, table string, calls ...string) *daemonPlace {
	t.Helper()
	p := newDaemonPlace(t, "")
	p.models.say(func(q scripted.Request) scripted.Reply {
		if q.Turn >= len(calls) {
			return scripted.Reply{Calls: []scripted.Call{{Name: "finish", Arguments: `{"status":"done","summary":"asked"}`}}}
		}
		tool, text, _ := strings.Cut(strings.ReplaceAll(calls[q.Turn], "HOME", p.dir), " ")
		return scripted.Reply{Calls: []scripted.Call{{Name: "near__" + tool, Arguments: fmt.Sprintf(`{"text":%q}`, text)}}}
	})
	p.file("config/slop-ls/config.toml", modelConfig(p.models.server.URL())+"\n[mcp.near]\n"+table)
	return p
}

// results are what the last request gives back to the model, a call each.
func (p *daemonPlace) results() []string {
	records := p.models.server.Records()
	var out []string
	for _, m := range records[len(records)-1].Messages {
		if m.Role == "tool" {
			out = append(out, m.Text)
		}
	}
	return out
}

// An MCP server is held as a worker's command is: it sees the workspace, writes to its temporary folder and to what its table
// opens, and to nothing else; private files are closed to it.
func TestAnMCPServerIsHeld(t *testing.T) {
	t.Parallel()
	if why := workspace.Unheld(workspace.SandboxAuto); why != "" {
		t.Skip("commands are not held here: " + why)
	}
	p := serverPlace(t, "command = [\"slop-mcp\"]\nwrite = [\"~/opened\"]\n",
		"read HOME/repo/a.txt", "write HOME/repo/made.txt", "write HOME/opened/made.txt", "read HOME/.ssh/id", "environ")
	for _, name := range []string{"repo/a.txt", "opened/x", ".ssh/id"} {
		p.file(name, "seen\n")
	}
	p.want(exitDone, "run", "work", "--approve", "allow")
	got := p.results()
	if len(got) != 5 {
		t.Fatalf("%q", got)
	}
	for i, want := range []string{"seen", "permission denied", "written", "permission denied", "TMPDIR=" + filepath.Join(p.dir, "state")} {
		if !strings.Contains(got[i], want) {
			t.Errorf("call %d: %s", i, got[i])
		}
	}
	if _, err := os.Stat(filepath.Join(p.repo, "made.txt")); err == nil {
		t.Error("a server wrote to the workspace")
	}
	if left, _ := filepath.Glob(filepath.Join(p.dir, "state", "slop-ls", "*", "scratch", "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// A server goes with all that it started, also what left its group, when the daemon is killed.
func TestAKilledDaemonLeavesNoServer(t *testing.T) {
	t.Parallel()
	mark := fmt.Sprintf("left-%d", os.Getpid())
	p := serverPlace(t, "command = [\"slop-mcp\"]\n", "spawn "+mark, "hang")
	run, ended := p.begin("run", "work", "--approve", "allow")
	p.models.await("T1", 1)
	eventually(t, "the server's child", func() bool { return len(withArgument(mark)) > 0 })
	if err := syscall.Kill(run.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-ended
	eventually(t, "nothing of the server", func() bool { return len(withArgument(mark)) == 0 })
	p.models.say(nil)
	p.want(exitDone, "run", "work", "--approve", "allow")
	if left, _ := filepath.Glob(filepath.Join(p.dir, "state", "slop-ls", "*", "scratch", "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// withArgument lists the processes that have a text among their arguments.
func withArgument(text string) []string {
	var found []string
	names, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range names {
		if line, _ := os.ReadFile(name); strings.Contains(string(line), text) {
			found = append(found, name)
		}
	}
	return found
}

// A worker is told, once, of a server that never came up.
func TestAWorkerIsToldOfAServerThatNeverCameUp(t *testing.T) {
	t.Parallel()
	p := serverPlace(t, "command = [\"no-such-program-anywhere\"]\n", "echo x")
	p.want(exitDone, "run", "work", "--approve", "allow")
	records := p.models.server.Records()
	last := records[len(records)-1]
	if n := strings.Count(string(last.Body), "no-such-program-anywhere"); n != 1 || !strings.Contains(last.Messages[0].Text, "near: there is no program") {
		t.Errorf("told %d times: %s", n, last.Messages[0].Text)
	}
	if got := p.results(); len(got) != 1 || !strings.Contains(got[0], "there is no tool near__echo") {
		t.Errorf("%q", got)
	}
	if out, _ := p.call("doctor"); !strings.Contains(out, "✗ mcp.near") {
		t.Errorf("doctor says %s", out)
	}
}
