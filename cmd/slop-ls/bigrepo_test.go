package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/scripted"
	"github.com/slop-ls/slop-ls/store"
)

// bigModule is a public module that takes seconds to build, and bigLines how many lines of Go it must have at least.
const (
	bigModule = "golang.org/x/crypto@v0.58.0"
	bigLines  = 50_000
)

// TestBigRepository runs a track over a real repository as people would: the program itself, over HTTP to a scripted
// model, in a copy of a public module. Four tickets change six packages, one of them by a sloppy edit.
func TestBigRepository(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds a large module")
	}
	archive, err := txtar.ParseFile("testdata/bigrepo/scene.txtar")
	if err != nil {
		t.Fatal(err)
	}
	scene, err := txtar.FS(archive)
	if err != nil {
		t.Fatal(err)
	}
	b := newBigRepo(t, scene)
	begun := time.Now()
	lines := b.slop(t, "run", "keysizes", "--json", "--approve", "allow")
	t.Logf("the run took %v", time.Since(begun).Round(time.Millisecond))
	checkLines(t, lines)
	b.checkChanges(t, scene)
	b.command(t, "go", "build", "./...")
	b.command(t, "go", "test", "./xtea", "./blowfish", "./tea", "./cast5", "./keysize")

	begun = time.Now()
	if again := b.slop(t, "run", "keysizes", "--json", "--approve", "allow"); len(again) != 0 {
		t.Errorf("a second run printed %d lines", len(again))
	}
	t.Logf("a second run took %v", time.Since(begun).Round(time.Millisecond))
	b.logContext(t)
}

// bigRepo is the copied module, a repository of its own, and the program.
type bigRepo struct {
	dir    string
	binary string
	state  string
	env    []string
}

func newBigRepo(t *testing.T, scene fs.FS) *bigRepo {
	t.Helper()
	base := t.TempDir()
	b := &bigRepo{dir: filepath.Join(base, "crypto"), binary: filepath.Join(base, "slop-ls"), state: filepath.Join(base, "state")}
	copyWritable(t, moduleDir(t), b.dir)
	if n := goLines(t, b.dir); n < bigLines {
		t.Fatalf("%s has %d lines of Go, want %d", bigModule, n, bigLines)
	} else {
		t.Logf("%s: %d lines of Go", bigModule, n)
	}
	const doc = ".slop/tracks/keysizes.track.yaml"
	putFile(t, filepath.Join(b.dir, doc), readAll(t, scene, doc))
	commitAll(t, b.dir)
	server, err := scripted.Start(bigScript(t, scene))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	config := "[policy]\nallow_commands = [\"go build\", \"go test\"]\n" + modelConfig(server.URL())
	putFile(t, filepath.Join(base, "config", "slop-ls", "config.toml"), []byte(config))
	b.env = append(os.Environ(), "XDG_STATE_HOME="+b.state, "XDG_CONFIG_HOME="+filepath.Join(base, "config"),
		"GIT_CEILING_DIRECTORIES="+base)
	mustRun(t, b.dir, "go", "mod", "download")
	mustRun(t, ".", "go", "build", "-o", b.binary, ".")
	return b
}

// moduleDir is the module in the module cache.
func moduleDir(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", bigModule)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	var module struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &module); err == nil {
		err = jsonErr
	}
	if err != nil || module.Dir == "" {
		t.Skipf("%s is neither in the module cache nor to be had: %v %s", bigModule, err, module.Error)
	}
	return module.Dir
}

// copyWritable copies a folder of the module cache, where nothing may be written, to be worked on.
func copyWritable(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil || e.IsDir() {
			return errors.Join(err, os.MkdirAll(filepath.Join(to, rel), 0o755))
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), data, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func goLines(t *testing.T, dir string) (lines int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".go" {
			return err
		}
		data, err := os.ReadFile(name)
		lines += strings.Count(string(data), "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// slop runs the program, wants exit status 0 and nothing on standard error, and returns the lines that it printed.
func (b *bigRepo) slop(t *testing.T, args ...string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.binary, args...)
	cmd.Dir, cmd.Env = b.dir, b.env
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil || errs.Len() > 0 {
		t.Fatalf("slop-ls %v: %v\n%s%s", args, err, errs.String(), out)
	}
	var lines []string
	scanner := bufio.NewScanner(strings.NewReader(string(out)))
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

func (b *bigRepo) command(t *testing.T, name string, args ...string) {
	t.Helper()
	begun := time.Now()
	mustRun(t, b.dir, name, args...)
	t.Logf("%s %s took %v", name, strings.Join(args, " "), time.Since(begun).Round(time.Millisecond))
}

// eventTypes are those that programs may rely on.
var eventTypes = []string{
	"track_started", "track_paused", "track_done", "track_blocked", "ticket_started", "ticket_phase", "ticket_retried",
	"ticket_completed", "ticket_blocked", "ticket_killed", "approval_requested", "approval_decided", "edit_delivered",
	"usage", "tool_call", "tool_result",
}

// checkLines wants one object a line, each with what all have, and a run in which everything went as scripted.
func checkLines(t *testing.T, lines []string) {
	t.Helper()
	seen, last := map[string]int{}, 0.0
	for _, line := range lines {
		var l map[string]any
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		seq, _ := l["seq"].(float64)
		typ, _ := l["type"].(string)
		at, _ := l["time"].(string)
		_, timeErr := time.Parse(time.RFC3339Nano, at)
		if seq < max(last, 1) || timeErr != nil || !slices.Contains(eventTypes, typ) || l["track"] != ".slop/tracks/keysizes" {
			t.Errorf("an odd line: %s", line)
		}
		last = seq
		seen[typ]++
		if typ == "tool_result" && l["ok"] != true {
			t.Errorf("a tool failed: %s", line)
		}
	}
	for typ, want := range map[string]int{
		"track_started": 1, "track_done": 1, "ticket_started": 4, "ticket_completed": 4, "edit_delivered": 4, "ticket_retried": 0,
		"tool_call": 22, "tool_result": 22,
	} {
		if seen[typ] != want {
			t.Errorf("%d lines of type %s, want %d", seen[typ], typ, want)
		}
	}
}

// checkChanges wants what the tickets changed to be there, and nothing else.
func (b *bigRepo) checkChanges(t *testing.T, scene fs.FS) {
	t.Helper()
	status := mustRun(t, b.dir, "git", "status", "--porcelain", "--untracked-files=all")
	if diff := cmp.Diff(string(readAll(t, scene, "status.txt")), status); diff != "" {
		t.Errorf("git status (-want +got):\n%s", diff)
	}
	changes := ""
	for line := range strings.Lines(mustRun(t, b.dir, "git", "-c", "core.pager=", "diff", "--no-ext-diff", "--no-color", "--no-prefix", "-U0")) {
		if !strings.HasPrefix(line, "index ") {
			changes += line
		}
	}
	if diff := cmp.Diff(string(readAll(t, scene, "diff.txt")), changes); diff != "" {
		t.Errorf("git diff (-want +got):\n%s", diff)
	}
	for _, name := range bigNewFiles {
		got, err := os.ReadFile(filepath.Join(b.dir, filepath.FromSlash(name)))
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(string(readAll(t, scene, "want/"+name)), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if trees := mustRun(t, b.dir, "git", "worktree", "list"); strings.Count(trees, "\n") != 1 {
		t.Errorf("worktrees are left:\n%s", trees)
	}
}

// logContext tells what pruning saved.
func (b *bigRepo) logContext(t *testing.T) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(b.state, "slop-ls", "*", "state.db"))
	if err != nil || len(found) != 1 {
		t.Fatalf("want one store, found %v (%v)", found, err)
	}
	s, err := store.Open(found[0], store.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it was only read
	for e, err := range s.Events(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := e.Body.(engine.ContextPacked); ok {
			t.Logf("%s: %d tokens of files, %d after pruning", c.Run.Ticket.ID, c.Before, c.After)
			if c.After == 0 || c.After >= c.Before {
				t.Errorf("%s: the context of %d tokens was pruned to %d", c.Run.Ticket.ID, c.Before, c.After)
			}
		}
	}
}
