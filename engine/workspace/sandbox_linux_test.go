package workspace_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/workspace"
)

// held is a workspace whose commands the kernel holds, of a person with a home of their own.
type held struct {
	*folder
	home string
}

func newHeld(t *testing.T, set ...func(*workspace.Options, string)) held {
	t.Helper()
	if workspace.Landlock() < 1 {
		t.Skip("this kernel has no Landlock: nothing to see")
	}
	home := t.TempDir()
	h := held{home: home}
	h.folder = openFolder(t, func(o *workspace.Options) {
		o.Sandbox = workspace.Sandbox{Mode: workspace.SandboxRequire, Caches: workspace.DefaultCaches}
		o.Environ = func(context.Context) []string { return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home} }
		for _, s := range set {
			s(o, home)
		}
	})
	return h
}

func (h held) file(path, content string) string {
	h.Helper()
	name := filepath.Join(h.home, path)
	must(h, os.MkdirAll(filepath.Dir(name), 0o755))
	must(h, os.WriteFile(name, []byte(content), 0o644))
	return name
}

// TestSandboxHolds tries to get out of the sandbox: each line must fail, and leave what it aims at as it was.
func TestSandboxHolds(t *testing.T) {
	t.Parallel()
	h := newHeld(t)
	h.git("init", "-q")
	h.put("a", "1\n")
	h.put(".gitignore", ".env\n")
	h.put(".env", "TOKEN=the secret\n")
	h.git("add", ".")
	h.git("commit", "-q", "-m", "first")
	aim := h.file("aim", "the secret\n")
	for _, p := range []string{".ssh/id_rsa", ".aws/credentials", ".netrc", ".cargo/credentials.toml", ".local/share/keyrings/login.keyring", ".config/gh/hosts.yml", "other/project"} {
		h.file(p, "the secret\n")
	}
	d := h.draft()
	h.sh(d, "true")
	listener, err := net.Listen("unix", "@slop-ls-test-"+filepath.Base(h.home))
	must(t, err)
	defer listener.Close()
	outside := exec.Command("sleep", "1000")
	outside.Env = []string{"API_KEY=the secret"}
	must(t, outside.Start())
	defer func() { _ = outside.Process.Kill(); _ = outside.Wait() }()
	before := everyFile(t, h.dir, h.home)
	for name, line := range map[string]string{
		"write a file of the workspace": "echo x >" + h.w.System("a"),
		"write beside it":               "echo x >" + h.w.System("new"),
		"remove it":                     "rm -f " + h.w.System("a"),
		"read what git ignores":         "cat " + h.w.System(".env"),
		"read the workspace":            "ls " + h.dir,
		"write a git hook":              "echo x >" + h.w.System(".git/hooks/pre-commit"),
		"write git's settings":          "git config -f " + h.w.System(".git/config") + " core.pager x",
		"read git's settings":           "cat " + h.w.System(".git/config"),
		"write git's objects":           "touch " + h.w.System(".git/objects/x"),
		"write the home":                "echo x >~/x",
		"write /tmp":                    "touch /tmp/slop-ls-sandbox-test",
		"append":                        "echo x >>" + aim,
		"truncate":                      "truncate -s 0 " + aim,
		"read":                          "cat " + aim,
		"read by a link":                "ln -s " + aim + " l; cat l",
		"write by a link":               "ln -s " + aim + " m; echo x >m",
		"write by a hard link":          "ln " + aim + " n && echo x >n",
		"take away by a rename":         "mv " + aim + " o && test ! -e " + aim,
		"put by a rename":               "echo x >p; mv p " + aim,
		"make executable":               "cat " + aim + " && chmod +x " + aim,
		"ssh":                           "cat ~/.ssh/id_rsa",
		"aws":                           "cat ~/.aws/credentials",
		"netrc":                         "cat ~/.netrc",
		"cargo":                         "cat ~/.cargo/credentials.toml",
		"keyring":                       "cat ~/.local/share/keyrings/login.keyring",
		"gh":                            "cat ~/.config/gh/hosts.yml",
		"another project":               "cat ~/other/project",
		"another scratch folder":        "ls ..",
		"the daemon's environment":      fmt.Sprintf("cat /proc/%d/environ", os.Getpid()),
		"a neighbour's environment":     fmt.Sprintf("cat /proc/%d/environ", outside.Process.Pid),
		"a child in a session":          "setsid cat ~/.ssh/id_rsa",
		"a mount":                       "mount -t tmpfs x .",
		"a device":                      "mknod d b 8 0 && head -c 1 d",
	} {
		res, err := h.bench.Run(t.Context(), d, engine.ShellCommand{Line: line}, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if res.OK() || strings.Contains(res.Output, "the secret") || res.Unheld != "" {
			t.Errorf("%s: %s: %+v", name, line, res)
		}
	}
	if diff := cmp.Diff(before, everyFile(t, h.dir, h.home)); diff != "" {
		t.Errorf("something has changed (-before +after):\n%s", diff)
	}
	if v := workspace.Landlock(); v < 6 {
		t.Logf("signals are not looked at: Landlock %d", v)
		return
	}
	for name, pid := range map[string]int{"the daemon": os.Getpid(), "a neighbour": outside.Process.Pid} {
		if res, err := h.bench.Run(t.Context(), d, engine.ShellCommand{Line: fmt.Sprintf("kill -CONT %d", pid)}, nil); err != nil || res.OK() {
			t.Errorf("a signal to %s: %+v, %v", name, res, err)
		}
	}
	if res, err := h.bench.Run(t.Context(), d, engine.ShellCommand{Line: "kill -9 $PPID; echo on"}, nil); err != nil || !strings.HasPrefix(res.Output, "/bin/sh: 1: kill:") && !strings.Contains(res.Output, "on\n") {
		t.Errorf("a signal to the guard: %+v, %v", res, err)
	}
}

// TestSandboxLets does what workers' commands really do.
func TestSandboxLets(t *testing.T) {
	t.Parallel()
	extra := t.TempDir()
	h := newHeld(t, func(o *workspace.Options, home string) {
		o.Sandbox.Caches = append([]string{filepath.Join(home, "cache")}, "go")
		o.Sandbox.Read = []string{extra, "~/shared"}
	})
	h.git("init", "-q")
	h.put("go.mod", "module example.com/x\n\ngo 1.22\n")
	h.put("x.go", "package x\n")
	h.put("x_test.go", "package x\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestX(t *testing.T) {\n\tif err := os.WriteFile(t.TempDir()+\"/f\", nil, 0o600); err != nil {\n\t\tt.Fatal(err)\n\t}\n}\n")
	h.git("add", ".")
	h.git("commit", "-q", "-m", "first")
	h.file("shared/x", "shared\n")
	h.file("shared/.env", "open, since the person named its folder\n")
	must(t, os.WriteFile(filepath.Join(extra, "x"), []byte("extra\n"), 0o644))
	d := h.draft()
	for line, want := range map[string]string{
		"cat ~/shared/x " + extra + "/x":                       "shared\nextra\n",
		"echo x >~/cache/x && cat ~/cache/x":                   "x\n",
		"echo x >$TMPDIR/x && mv $TMPDIR/x here && cat here":   "x\n",
		"mkdir -p a/b && echo y >a/b/c && mv a/b/c . && cat c": "y\n",
		"printf 'z\\n' | tee /dev/null":                        "z\n",
		"git status --porcelain x.go && git log --format=%s":   "first\n",
		"cat <<E\nheredoc\nE":                                  "heredoc\n",
		"ln -s x.go l && test -L l && ln x.go h && cat h l":    "package x\npackage x\n",
		"sleep 1000 & kill $! && echo killed":                  "killed\n",
	} {
		h.wantOutput(d, line, want)
	}
	if out := h.sh(d, "go test ./... && test -d ~/.cache/go-build && test ! -e ~/go/bin"); !strings.HasPrefix(out, "ok") {
		t.Errorf("go test said %q", out)
	}
}

// TestSandboxNote: who reads a refusal is told what refused.
func TestSandboxNote(t *testing.T) {
	t.Parallel()
	h := newHeld(t)
	res, err := h.bench.Run(t.Context(), h.draft(), engine.ShellCommand{Line: "touch /usr/x"}, nil)
	must(t, err)
	if res.OK() || !strings.Contains(res.Output, "[slop-ls: the command ran in a sandbox.") {
		t.Errorf("got %+v", res)
	}
}

// TestGuardKilled takes the guard away from its command, which no sandbox keeps from doing so: nothing is left of it.
func TestGuardKilled(t *testing.T) {
	t.Parallel()
	f := openFolder(t, func(o *workspace.Options) { o.Sandbox.Mode = workspace.SandboxOff })
	var said strings.Builder
	res, err := f.run(t.Context(), "setsid sleep 1016 & echo $!; sleep 0.2; kill -9 $PPID; sleep 1017", time.Minute, func(p []byte) { said.Write(p) })
	must(t, err)
	if res.ExitCode != -1 || res.TimedOut {
		t.Errorf("got %+v", res)
	}
	var pid int
	_, err = fmt.Sscan(said.String(), &pid)
	must(t, err)
	waitDead(t, pid)
}

// TestLimits: what a command may take is bounded, each bound by itself.
func TestLimits(t *testing.T) {
	t.Parallel()
	f := openFolder(t, func(o *workspace.Options) { o.Limits = workspace.Limits{File: 1 << 20, Memory: 512 << 20} })
	res, err := f.run(t.Context(), "ulimit -c; ulimit -v; dd if=/dev/zero of=big bs=1M count=3 2>/dev/null; wc -c <big", time.Minute, nil)
	must(t, err)
	if want := "0\n524288\n1048576\n"; !strings.HasPrefix(res.Output, want) {
		t.Errorf("got %q, want %q", res.Output, want)
	}
}
