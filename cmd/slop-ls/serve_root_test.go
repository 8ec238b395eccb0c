//go:build linux

package main

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// fileURI is a path as clients that encode everything write it.
func fileURI(path string) string {
	var b strings.Builder
	b.WriteString("file://")
	for _, c := range []byte(path) {
		if c == '/' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte("0123456789ABCDEF"[c>>4])
		b.WriteByte("0123456789ABCDEF"[c&15])
	}
	return b.String()
}

// rootCase is an editor that was started somewhere and says where it is at work.
type rootCase struct {
	name string
	repo string   // the workspace's folder, below the place; empty: repo
	in   string   // where the server is started, below the place; empty: away
	args []string // of the server
	says func(p *daemonPlace) map[string]any
	told string // a part of a message to the person; empty: none comes
}

func folders(uris ...string) []map[string]string {
	list := []map[string]string{}
	for _, u := range uris {
		list = append(list, map[string]string{"uri": u, "name": "n"})
	}
	return list
}

var rootCases = []rootCase{
	{name: "its first folder", says: func(p *daemonPlace) map[string]any {
		return map[string]any{"workspaceFolders": folders(fileURI(p.repo)), "rootUri": fileURI(p.dir)}
	}},
	{name: "rootUri", says: func(p *daemonPlace) map[string]any {
		return map[string]any{"workspaceFolders": nil, "rootUri": fileURI(p.repo), "rootPath": p.dir}
	}},
	{name: "rootPath", says: func(p *daemonPlace) map[string]any {
		return map[string]any{"workspaceFolders": nil, "rootUri": nil, "rootPath": p.repo}
	}},
	{name: "spaces and umlauts", repo: "mein Überblick 100%/grün #1", says: func(p *daemonPlace) map[string]any {
		return map[string]any{"rootUri": fileURI(p.repo)}
	}},
	{name: "spaces that are not encoded", repo: "my work", says: func(p *daemonPlace) map[string]any {
		return map[string]any{"rootUri": "file://localhost" + p.repo + "/"}
	}},
	{name: "through a link", says: func(p *daemonPlace) map[string]any {
		link := filepath.Join(p.dir, "link")
		mustNot(p.t, os.Symlink(p.repo, link))
		return map[string]any{"rootUri": fileURI(link)}
	}},
	{name: "a folder of a repository, through a link", says: func(p *daemonPlace) map[string]any {
		p.file("repo/a/b/c.txt", "")
		mustRun(p.t, p.repo, "git", "init", "-q")
		link := filepath.Join(p.dir, "link")
		mustNot(p.t, os.Symlink(filepath.Join(p.repo, "a"), link))
		return map[string]any{"rootUri": fileURI(filepath.Join(link, "b"))}
	}},
	{name: "nothing", in: "repo", says: func(*daemonPlace) map[string]any {
		return map[string]any{"workspaceFolders": []string{}, "rootUri": nil, "rootPath": nil}
	}},
	{name: "no folder of this machine, and one that is", says: func(p *daemonPlace) map[string]any {
		return map[string]any{"workspaceFolders": folders("vscode-vfs://github/a/b", "file://far/share"), "rootUri": fileURI(p.repo)}
	}, told: "none of 2 other folders"},
	{name: "what cannot be opened", in: "repo", says: func(p *daemonPlace) map[string]any {
		return map[string]any{"workspaceFolders": folders("file://%zz"), "rootUri": fileURI(filepath.Join(p.dir, "missing")), "rootPath": filepath.Join(p.repo, ".slop/tracks/work.track.yaml")}
	}, told: "file://%zz is no folder here"},
	{name: "--root", args: []string{"--root", "ROOT"}, says: func(p *daemonPlace) map[string]any {
		return map[string]any{"rootUri": fileURI(filepath.Join(p.dir, "away"))}
	}},
	{name: "several folders", says: func(p *daemonPlace) map[string]any {
		return map[string]any{"workspaceFolders": folders(fileURI(p.repo), fileURI(filepath.Join(p.dir, "away")), fileURI(filepath.Join(p.repo, ".slop")))}
	}, told: "slop-ls serves repo, none of 1 other folders"},
}

// TestRootFromInitialize: an editor that was started in another folder than that of its work is attached to the workspace
// of its work, through the daemon and without, and no other becomes one by it.
func TestRootFromInitialize(t *testing.T) {
	t.Parallel()
	for _, c := range rootCases {
		for mode, args := range map[string][]string{"daemon": {"--stdio"}, "standalone": {"--standalone"}} {
			t.Run(c.name+", "+mode, func(t *testing.T) {
				t.Parallel()
				checkRoot(t, &c, args, mode == "daemon")
			})
		}
	}
}

func checkRoot(t *testing.T, c *rootCase, args []string, daemon bool) {
	p := newDaemonPlace(t, "")
	p.file("away/x.txt", "")
	if c.repo != "" {
		moved := filepath.Join(p.dir, filepath.FromSlash(c.repo))
		mustNot(t, os.MkdirAll(filepath.Dir(moved), 0o700))
		mustNot(t, os.Rename(p.repo, moved))
		p.repo = moved
	}
	says := c.says(p)
	says["processId"], says["capabilities"] = nil, map[string]any{}
	params, err := json.Marshal(says)
	mustNot(t, err)
	in := "away"
	if c.in != "" {
		in = c.in
	}
	for _, arg := range c.args {
		args = append(args[:len(args):len(args)], strings.ReplaceAll(arg, "ROOT", p.repo))
	}
	e := lsptest.Open(t, p.repo, lsptest.Child(func() *exec.Cmd {
		cmd := p.command()
		cmd.Args, cmd.Dir = append([]string{cmd.Args[0]}, args...), filepath.Join(p.dir, in)
		return cmd
	}, nil), lsptest.WithConfig(func(k *client.Config) { k.Initialize = params }))
	var status wire.Status
	mustNot(t, e.Command(t.Context(), wire.StatusShow, nil, &status)) // what was told before has come
	if list, err := os.ReadDir(filepath.Dir(stateOf(t, p))); err != nil || len(list) != 1 {
		t.Errorf("there are %d workspaces (%v), want one", len(list), err)
	}
	if daemon {
		if line := p.status(); line.Sessions != 1 {
			t.Errorf("the workspace's daemon says %+v, want a session", line)
		}
	} else if out, _ := p.call("daemon", "status"); !strings.Contains(out, "no daemon runs") {
		t.Errorf("alone, the daemon's status is %s", out)
	}
	messages := e.Seen().Messages
	if c.told == "" && len(messages) > 0 || c.told != "" && (len(messages) != 1 || !strings.Contains(messages[0].Message, c.told)) {
		t.Errorf("told %v, want %q", messages, c.told)
	}
}

// stateOf is the folder of a place's state.
func stateOf(t *testing.T, p *daemonPlace) string {
	t.Helper()
	var found string
	mustNot(t, filepath.WalkDir(filepath.Join(p.dir, "state"), func(path string, e os.DirEntry, err error) error {
		if err == nil && e.Name() == "state.db" {
			found = filepath.Dir(path)
		}
		return err
	}))
	if found == "" {
		t.Fatal("no workspace has a state")
	}
	return found
}

// TestRootOutlivesDaemon: the next daemon of an editor that was started elsewhere is that of the same workspace.
func TestRootOutlivesDaemon(t *testing.T) {
	t.Parallel()
	p := newDaemonPlace(t, "")
	p.file("away/x.txt", "")
	e := lsptest.Open(t, p.repo, lsptest.Child(func() *exec.Cmd {
		cmd := p.command()
		cmd.Args, cmd.Dir = []string{cmd.Args[0]}, filepath.Join(p.dir, "away")
		return cmd
	}, nil))
	mustNot(t, syscall.Kill(p.status().PID, syscall.SIGKILL))
	e.Await(lsptest.Message("another one has taken over"))
	if line := p.status(); line.Sessions != 1 || line.Root != p.repo {
		t.Errorf("after the kill the daemon is %+v, want the editor attached to it", line)
	}
}

// TestLeftBeforeInitialize: an editor that leaves before it has said where it is at work starts nothing.
func TestLeftBeforeInitialize(t *testing.T) {
	t.Parallel()
	p := newDaemonPlace(t, "")
	frame := func(body string) string { return "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body }
	for name, c := range map[string]struct {
		says, answered string
		code           int
	}{
		"nothing":           {"", "", exitDone},
		"half a message":    {"Content-Length: 100\r\n\r\n{", "", exitDone},
		"no message":        {"hello\r\n\r\n", "", exitFailed},
		"exit":              {frame(`{"jsonrpc":"2.0","method":"exit"}`), "", exitFailed},
		"a request":         {frame(`{"jsonrpc":"2.0","id":"a","method":"shutdown"}`), `"id":"a","error":{"code":-32002`, exitDone},
		"no JSON":           {frame(`{`), `"id":null,"error":{"code":-32700`, exitDone},
		"no message of RPC": {frame(`[]`), `"id":null,"error":{"code":-32600`, exitDone},
		"a notification":    {frame(`{"jsonrpc":"2.0","method":"initialized"}`), "", exitDone},
	} {
		for _, flag := range []string{"--stdio", "--standalone"} {
			cmd := exec.CommandContext(t.Context(), p.binary, flag)
			cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stderr = p.repo, p.env, strings.NewReader(c.says), io.Discard
			out, _ := cmd.Output()
			if code := cmd.ProcessState.ExitCode(); code != c.code || c.answered == "" && len(out) > 0 || !strings.Contains(string(out), c.answered) {
				t.Errorf("%s, %s: exit status %d, want %d; it says %q, want %q in it", name, flag, code, c.code, out, c.answered)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(p.dir, "state")); err == nil {
		t.Error("a workspace was made")
	}
}
