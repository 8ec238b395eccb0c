//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/policy"
	"github.com/slop-ls/slop-ls/engine/tool"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/engine/workspace"
	"github.com/slop-ls/slop-ls/treesitter"
)

// farWord is what the file outside of the workspace says. No door may let it in.
const farWord = "told_outside"

// doorScene is a workspace with every way out of it, and what is outside.
type doorScene struct {
	t       *testing.T
	dir     string // of everything below
	root    string
	outside string
	disk    *workspace.Workspace
	bench   *workspace.Workbench
	tools   map[string]engine.Tool
	before  map[string]string

	failpoint string // of the programs that are started
}

func newDoorScene(t *testing.T) *doorScene {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	mustNot(t, err)
	s := &doorScene{t: t, dir: dir, root: filepath.Join(dir, "repo"), outside: filepath.Join(dir, "outside")}
	for name, text := range map[string]string{
		"repo/mine": "mine\n", "repo/dir/a.go": "package dir\n", "outside/note": farWord + "\n", "outside/note.go": "package outside\n\nfunc " + farWord + "() {}\n",
		"repo/.slop/tracks/none": "", "home/config/slop-ls/none": "",
	} {
		mustNot(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		mustNot(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	commitAll(t, s.root)
	for name, target := range map[string]string{
		"link": filepath.Join(s.outside, "note"), "up": "../outside/note", "folder": s.outside, "hop": "folder", "null": "/dev/null", "proc": "/proc/self/environ",
		"self": ".", "link.go": filepath.Join(s.outside, "note.go"),
	} {
		mustNot(t, os.Symlink(target, filepath.Join(s.root, name)))
	}
	mustNot(t, syscall.Mkfifo(filepath.Join(s.root, "pipe"), 0o600))
	s.open()
	s.before = s.everything()
	return s
}

func mustNot(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// open opens the real adapters on the workspace, as a house has them.
func (s *doorScene) open() {
	disk, err := workspace.Open(s.root)
	mustNot(s.t, err)
	bench, err := workspace.NewWorkbench(disk, disk, workspace.Options{Scratch: filepath.Join(s.dir, "scratch")})
	mustNot(s.t, err)
	viewer := treesitter.New(treesitter.Options{})
	index := treesitter.NewIndex(viewer, treesitter.IndexOptions{Files: disk})
	s.t.Cleanup(func() {
		index.Close()
		viewer.Close()
		mustNot(s.t, errors.Join(bench.Close(), disk.Close()))
	})
	s.disk, s.bench, s.tools = disk, bench, map[string]engine.Tool{}
	for _, b := range tool.Builtin(tool.Ports{Viewer: viewer, Finder: index, Bench: bench, Secret: policy.Secret}) {
		s.tools[b.Spec().Name] = b
	}
}

// everything is each file of the workspace, git's own too, and of what is outside.
func (s *doorScene) everything() map[string]string {
	found := map[string]string{}
	for _, top := range []string{s.root, s.outside} {
		mustNot(s.t, filepath.WalkDir(top, func(p string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			found[p] = e.Type().String()
			if e.Type().IsRegular() {
				data, err := os.ReadFile(p)
				found[p] += string(data)
				return err
			}
			return nil
		}))
	}
	return found
}

// wayOut is a path of a model's or of a track's that must not lead anywhere.
type wayOut struct {
	name, path string
	written    bool // it may be looked at, and must not be written
}

func (s *doorScene) waysOut() []wayOut {
	return []wayOut{
		{name: "up", path: "../outside/note"},
		{name: "up from below", path: "dir/../../outside/note"},
		{name: "up and down again", path: "../repo/mine"},
		{name: "absolute", path: filepath.Join(s.outside, "note")},
		{name: "absolute, in the root", path: filepath.Join(s.root, "mine")},
		{name: "a link", path: "link"},
		{name: "a link of a source file", path: "link.go"},
		{name: "a link up", path: "up"},
		{name: "through a linked folder", path: "folder/note"},
		{name: "through two links", path: "hop/note"},
		{name: "a link to itself and up", path: "self/../outside/note"},
		{name: "into /proc", path: "proc"},
		{name: "a device by a link", path: "null"},
		{name: "a device", path: "../../../../../../../../dev/null"},
		{name: "a pipe", path: "pipe"},
		{name: "a NUL", path: "mine\x00.go"},
		{name: "a NUL and a way up", path: "mine\x00/../../outside/note"},
		{name: "a very long name", path: strings.Repeat("n", 300)},
		{name: "a very long path", path: strings.Repeat("d/", 5000) + "x"},
		{name: "git's hooks", path: ".git/hooks/pre-commit", written: true},
		{name: "git's settings", path: ".git/config", written: true},
		{name: "git, in capitals", path: ".GIT/hooks/pre-commit", written: true},
		{name: "git, its short name", path: "GIT~1/hooks/pre-commit", written: true},
		{name: "git, with a dot", path: ".git./config", written: true},
		{name: "git, with a character that HFS drops", path: ".g\u200cit/config", written: true},
		{name: "git, of a repository inside", path: "dir/.Git/config", written: true},
		{name: "git, through a link", path: "self/.git/config", written: true},
	}
}

// toolDoor is an argument of a tool that is a path, or selects some.
type toolDoor struct {
	tool, argument string
	others         map[string]any
	writes         bool
}

func (d toolDoor) name() string { return d.tool + " " + d.argument }

func (d toolDoor) arguments(p string) json.RawMessage {
	all := map[string]any{d.argument: p}
	for k, v := range d.others {
		all[k] = v
	}
	raw, _ := json.Marshal(all)
	return raw
}

// toolDoors are all arguments of the built-in tools that have to do with paths. TestDoors holds that none is forgotten.
var toolDoors = []toolDoor{
	{tool: "read_file", argument: "path"},
	{tool: "list_directory", argument: "path"},
	{tool: "search_files", argument: "path_glob", others: map[string]any{"pattern": "outside"}},
	{tool: "get_view", argument: "path", others: map[string]any{"kind": "skeleton"}},
	{tool: "find_symbol", argument: "path_glob", others: map[string]any{"name": farWord}},
	{tool: "find_references", argument: "path_glob", others: map[string]any{"name": farWord}},
	{tool: "get_diff", argument: "path"},
	{tool: "get_diagnostics", argument: "path"},
	{tool: "edit_file", argument: "path", others: map[string]any{"search": farWord, "replace": "escaped"}, writes: true},
	{tool: "write_file", argument: "path", others: map[string]any{"content": "escaped\n"}, writes: true},
	{tool: "delete_file", argument: "path", writes: true},
	{tool: "rename_file", argument: "from", others: map[string]any{"to": "new"}, writes: true},
	{tool: "rename_file", argument: "to", others: map[string]any{"from": "mine"}, writes: true},
	{tool: "run_command", argument: "cwd", others: map[string]any{"command": "cat note; echo escaped >note"}, writes: true},
	{tool: "run_command", argument: "path", others: map[string]any{"command": "true"}, writes: true},
}

// TestDoors tries each way out by each door through which a path of a model's, of a track's, of a patch's or of a
// person's edit of a call comes in. Nothing of what is outside comes in, and neither that nor git's own is changed.
func TestDoors(t *testing.T) {
	t.Parallel()
	s := newDoorScene(t)
	s.allArguments()
	for _, way := range s.waysOut() {
		for _, door := range toolDoors {
			s.knock(way, door, door.arguments(way.path))
			if edited, ok := s.reviewed(way, door); ok {
				s.knock(way, door, edited)
			}
		}
		s.deliveries(way)
		s.fromCommand(way)
	}
	s.intact()
}

// allArguments holds that toolDoors has every argument that is a path.
func (s *doorScene) allArguments() {
	known := map[string]bool{}
	for _, d := range toolDoors {
		known[d.name()] = true
	}
	for name, b := range s.tools {
		var schema struct{ Properties map[string]any }
		mustNot(s.t, json.Unmarshal(b.Spec().Schema, &schema))
		for argument := range schema.Properties {
			path := strings.Contains(argument, "path") || argument == "from" || argument == "to" || argument == "cwd" || argument == "file"
			if path && !known[name+" "+argument] {
				s.t.Errorf("%s has the argument %s, and no door of that name is tried", name, argument)
			}
		}
	}
}

// knock calls a tool. A door that writes must not open; one that reads may find nothing.
func (s *doorScene) knock(way wayOut, door toolDoor, arguments json.RawMessage) {
	s.t.Helper()
	draft, release, err := s.bench.Draft(s.t.Context(), engine.Run{})
	mustNot(s.t, err)
	defer release()
	result, err := s.tools[door.tool].Call(s.t.Context(), draft, arguments)
	if err == nil && strings.Contains(result.Text, farWord) && !strings.Contains(result.Text, "no code uses") {
		s.t.Errorf("%s, by %s: what is outside came in: %s", way.name, door.name(), result.Text)
	}
	if err == nil && door.writes {
		s.t.Errorf("%s, by %s: let through: %s", way.name, door.name(), result.Text)
	}
	if set, err := draft.Changes(s.t.Context()); err != nil || !set.Empty() {
		s.t.Errorf("%s, by %s: the draft has %d changes, %v", way.name, door.name(), len(set.Files), err)
	}
}

// reviewed is what a call is after a person has typed the path into it, in the document in which calls are reviewed.
func (s *doorScene) reviewed(way wayOut, door toolDoor) (json.RawMessage, bool) {
	s.t.Helper()
	content := engine.Content{Tool: door.tool, Arguments: string(door.arguments("a_harmless_path"))}
	approval := &engine.Approval{ID: "A1", Kind: engine.KindStep, Hash: "h"}
	typed, err := json.Marshal(way.path)
	mustNot(s.t, err)
	document := strings.Replace(page.Review(approval, content), `"a_harmless_path"`, string(typed), 1)
	out, err := page.ParseReview(approval, content, document)
	if err != nil {
		return nil, false // not even readable
	}
	if !out.Changed {
		s.t.Fatalf("%s, %s: the review does not have what was typed:\n%s", way.name, door.name(), document)
	}
	return json.RawMessage(out.Content.Arguments), true
}

// deliveries are change sets that no draft makes.
func (s *doorScene) deliveries(way wayOut) {
	s.t.Helper()
	base, after := []byte(farWord+"\n"), []byte("escaped\n")
	for _, c := range []engine.FileChange{
		{Path: way.path, Op: engine.OpCreate, After: after},
		{Path: way.path, Op: engine.OpModify, Base: base, After: after},
		{Path: way.path, Op: engine.OpDelete, Base: base},
		{Path: way.path, From: "mine", Op: engine.OpRename, Base: []byte("mine\n"), After: after},
		{Path: "new", From: way.path, Op: engine.OpRename, Base: base, After: base},
	} {
		if _, err := s.disk.Deliver(s.t.Context(), engine.Run{Attempt: 1}, engine.ChangeSet{Files: []engine.FileChange{c}}); err == nil {
			s.t.Errorf("%s: delivered by %s", way.name, c.Op)
		}
	}
}

// fromCommand reads and writes a path from within a command, where a sandbox holds it.
func (s *doorScene) fromCommand(way wayOut) {
	s.t.Helper()
	if s.bench.Unheld() != "" || way.written || way.name == "a pipe" {
		return // git's own is the scratch folder's own there
	}
	quoted := "'" + strings.ReplaceAll(way.path, "'", `'\''`) + "'"
	draft, release, err := s.bench.Draft(s.t.Context(), engine.Run{})
	mustNot(s.t, err)
	defer release()
	raw, _ := json.Marshal(map[string]any{"command": "cat <" + quoted + "; echo escaped >" + quoted})
	result, err := s.tools["run_command"].Call(s.t.Context(), draft, raw)
	if err == nil && strings.Contains(result.Text, farWord) {
		s.t.Errorf("%s, from a command: %s", way.name, result.Text)
	}
}

func (s *doorScene) intact() {
	s.t.Helper()
	if diff := cmp.Diff(s.before, s.everything()); diff != "" {
		s.t.Errorf("something has changed (-before +after):\n%s", diff)
	}
}

// TestDoorsApply tries each way out by patches in every form that `slop-ls apply` takes, to change, to make and to
// delete.
func TestDoorsApply(t *testing.T) {
	t.Parallel()
	s := newDoorScene(t)
	for _, way := range s.waysOut() {
		p := way.path
		for name, patch := range map[string]string{
			"a block":                  p + "\n<<<<<<< SEARCH\n" + farWord + "\n=======\nescaped\n>>>>>>> REPLACE\n",
			"a block for a new file":   p + "\n<<<<<<< SEARCH\n=======\nescaped\n>>>>>>> REPLACE\n",
			"a diff":                   "--- a/" + p + "\n+++ b/" + p + "\n@@ -1 +1 @@\n-" + farWord + "\n+escaped\n",
			"a quoted diff":            "--- " + strconv.Quote("a/"+p) + "\n+++ " + strconv.Quote("b/"+p) + "\n@@ -1 +1 @@\n-" + farWord + "\n+escaped\n",
			"a diff of a new file":     "--- /dev/null\n+++ b/" + p + "\n@@ -0,0 +1 @@\n+escaped\n",
			"a diff of a deleted file": "--- a/" + p + "\n+++ /dev/null\n@@ -1 +0,0 @@\n-" + farWord + "\n",
			"a renaming diff":          "diff --git a/mine b/" + p + "\nrename from mine\nrename to " + p + "\n",
			"an update":                "*** Begin Patch\n*** Update File: " + p + "\n@@\n-" + farWord + "\n+escaped\n*** End Patch\n",
			"an addition":              "*** Begin Patch\n*** Add File: " + p + "\n+escaped\n*** End Patch\n",
			"a deletion":               "*** Begin Patch\n*** Delete File: " + p + "\n*** End Patch\n",
			"a move":                   "*** Begin Patch\n*** Update File: mine\n*** Move to: " + p + "\n@@\n-mine\n+escaped\n*** End Patch\n",
		} {
			if out, err := s.program(patch, "apply", "--root", s.root); err == nil {
				t.Errorf("%s, by %s: applied: %s", way.name, name, out)
			} else if strings.Contains(out, "panic") {
				t.Errorf("%s, by %s: %s", way.name, name, out)
			}
		}
	}
	s.intact()
}

// program runs slop-ls with a home of its own.
func (s *doorScene) program(in string, args ...string) (string, error) {
	var out bytes.Buffer
	cmd := s.command(in, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

func (s *doorScene) command(in string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(s.t.Context(), builtProgram(s.t), args...)
	home := filepath.Join(s.dir, "home")
	cmd.Dir, cmd.Stdin = s.root, strings.NewReader(in)
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_STATE_HOME="+filepath.Join(home, "state"), "XDG_CONFIG_HOME="+filepath.Join(home, "config"),
		"XDG_RUNTIME_DIR="+filepath.Join(home, "run"), "GIT_CEILING_DIRECTORIES="+s.dir, "GIT_CONFIG_NOSYSTEM=1", "SLOP_LS_FAILPOINT="+s.failpoint)
	return cmd
}

// TestDoorsTracks names each way out as the target, as a context file of the ticket and of the track, and as what is
// written, in a document and in imported plans: the check refuses it, or the worker's context says that it cannot be
// read.
func TestDoorsTracks(t *testing.T) {
	t.Parallel()
	s := newDoorScene(t)
	models := startModelPuppet(t)
	mustNot(t, os.WriteFile(filepath.Join(s.dir, "home", "config", "slop-ls", "config.toml"), []byte(modelConfig(models.server.URL())), 0o600))
	track := trackfile.Track{Title: "Ways out", Goal: "none"}
	for i, way := range s.waysOut() {
		if way.written {
			continue
		}
		one := trackfile.Ticket{
			ID: fmt.Sprintf("T%d", i), Description: way.name, TargetFile: way.path, ContextRequirements: []string{"mine", way.path}, Writes: []string{way.path},
		}
		doc := trackfile.Write(trackfile.Track{Title: "One", Goal: "none", Context: []string{way.path}, Tickets: []trackfile.Ticket{one}})
		if trackfile.Parse("one.track.yaml", doc).Errors() {
			continue // it never comes to run
		}
		track.Tickets, track.Context = append(track.Tickets, one), append(track.Context, way.path)
	}
	if len(track.Tickets) < 8 {
		t.Fatalf("only %d tickets", len(track.Tickets))
	}
	mustNot(t, os.WriteFile(filepath.Join(s.root, ".slop", "tracks", "ways.track.yaml"), trackfile.Write(track), 0o644))
	s.before = s.everything()
	if out, err := s.program("", "run", ".slop/tracks/ways.track.yaml", "--approve", "allow"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, ticket := range track.Tickets {
		body := models.await(ticket.ID, 0)
		if strings.Contains(body, farWord) || strings.Contains(body, "XDG_STATE_HOME") {
			t.Errorf("%s: what is outside came in: %s", ticket.Description, body)
		}
		if !strings.Contains(body, "cannot be read") {
			t.Errorf("%s: the context does not say that it cannot be read: %s", ticket.Description, body)
		}
	}
	s.intact()
}

// TestDoorsImport imports plans under names and with paths that lead out.
func TestDoorsImport(t *testing.T) {
	t.Parallel()
	s := newDoorScene(t)
	for _, way := range s.waysOut() {
		if !strings.Contains(way.path, "/") && !strings.Contains(way.path, "\x00") && len(way.path) < 255 {
			continue // a name like any other: it becomes one of .slop/tracks
		}
		issue, err := json.Marshal(map[string]any{"id": "a-1", "title": "One", "description": "Does it.\n\nTarget: " + way.path, "status": "open", "issue_type": "task"})
		mustNot(t, err)
		if out, err := s.program(string(append(issue, '\n')), "track", "import", "-", "--name="+way.path); err == nil {
			t.Errorf("%s: imported: %s", way.name, out)
		}
	}
	s.intact()
}

// TestDoorsWhileLinksAreMade makes a folder a link to outside and back, again and again, while each door is tried.
func TestDoorsWhileLinksAreMade(t *testing.T) {
	t.Parallel()
	s := newDoorScene(t)
	swap, away := filepath.Join(s.root, "swap"), filepath.Join(s.root, "away")
	mustNot(t, os.Mkdir(swap, 0o755))
	mustNot(t, os.WriteFile(filepath.Join(swap, "note"), []byte("mine\n"), 0o644))
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			_ = os.Rename(swap, away)
			_ = os.Symlink(s.outside, swap)
			_ = os.Remove(swap)
			_ = os.Rename(away, swap)
		}
	}()
	for range 15 {
		for _, door := range toolDoors {
			draft, release, err := s.bench.Draft(t.Context(), engine.Run{})
			mustNot(t, err)
			result, err := s.tools[door.tool].Call(t.Context(), draft, door.arguments("swap/note"))
			if err == nil && strings.Contains(result.Text, farWord) && !strings.Contains(result.Text, "no code uses") {
				t.Errorf("%s: what is outside came in: %s", door.name(), result.Text)
			}
			if set, err := draft.Changes(t.Context()); err == nil && !set.Empty() {
				_, _ = s.disk.Deliver(t.Context(), engine.Run{Attempt: 1}, set)
			}
			release()
		}
		_, _ = s.program("swap/note\n<<<<<<< SEARCH\n"+farWord+"\n=======\nescaped\n>>>>>>> REPLACE\nswap/new\n<<<<<<< SEARCH\n=======\nescaped\n>>>>>>> REPLACE\n",
			"apply", "--root", s.root)
	}
	close(stop)
	<-done
	for p, was := range s.before {
		if !strings.HasPrefix(p, s.outside) {
			continue
		}
		if now, err := os.ReadFile(p); err != nil || len(now) == 0 || !bytes.HasSuffix([]byte(was), now) {
			t.Errorf("%s is now %q, %v", p, now, err)
		}
	}
	if left, err := os.ReadDir(s.outside); err != nil || len(left) != 2 {
		t.Errorf("outside there is %v, %v", left, err)
	}
}

// TestDoorsHardLink: that a file has a second name outside cannot be told from inside, so that it is read and written
// like any other. Every door that writes makes a new file of it, and the one outside stays as it was.
func TestDoorsHardLink(t *testing.T) {
	t.Parallel()
	s := newDoorScene(t)
	hard := filepath.Join(s.root, "hard")
	link := func() {
		_ = os.Remove(hard)
		mustNot(t, os.Link(filepath.Join(s.outside, "note"), hard))
	}
	written := func(door string) {
		t.Helper()
		if got, err := os.ReadFile(filepath.Join(s.outside, "note")); err != nil || string(got) != farWord+"\n" {
			t.Fatalf("%s: outside is now %q, %v", door, got, err)
		}
		if got, err := os.ReadFile(hard); err == nil && strings.Contains(string(got), farWord) {
			t.Errorf("%s: nothing was written: %q", door, got)
		}
	}
	for _, door := range toolDoors {
		if !door.writes || door.tool == "run_command" || door.argument == "to" {
			continue
		}
		link()
		draft, release, err := s.bench.Draft(t.Context(), engine.Run{})
		mustNot(t, err)
		if door.tool == "write_file" { // what was not read is not written over
			_, err = draft.Read(t.Context(), "hard")
			mustNot(t, err)
		}
		_, err = s.tools[door.tool].Call(t.Context(), draft, door.arguments("hard"))
		mustNot(t, err)
		set, err := draft.Changes(t.Context())
		mustNot(t, err)
		_, err = s.disk.Deliver(t.Context(), engine.Run{Attempt: 1}, set)
		mustNot(t, err)
		release()
		written(door.name())
		_ = os.Remove(filepath.Join(s.root, "new"))
	}
	for name, patch := range map[string]string{
		"a block":   "hard\n<<<<<<< SEARCH\n" + farWord + "\n=======\nescaped\n>>>>>>> REPLACE\n",
		"a diff":    "--- a/hard\n+++ b/hard\n@@ -1 +1 @@\n-" + farWord + "\n+escaped\n",
		"an update": "*** Begin Patch\n*** Update File: hard\n@@\n-" + farWord + "\n+escaped\n*** End Patch\n",
	} {
		link()
		if out, err := s.program(patch, "apply", "--root", s.root); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		written(name)
	}
	link()
	draft, release, err := s.bench.Draft(t.Context(), engine.Run{})
	mustNot(t, err)
	defer release()
	_, err = s.tools["run_command"].Call(t.Context(), draft, json.RawMessage(`{"command":"echo escaped >hard"}`))
	mustNot(t, err)
	if got, err := os.ReadFile(filepath.Join(s.outside, "note")); err != nil || string(got) != farWord+"\n" {
		t.Errorf("a command: outside is now %q, %v", got, err)
	}
}
