//go:build unix

package workspace_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/workspace"
)

// alive reports whether a process runs. One that is dead and waited for by nobody does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return os.IsNotExist(err) && !hasProc()
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func hasProc() bool {
	_, err := os.Stat("/proc/self/stat")
	return err == nil
}

func (f *folder) run(ctx context.Context, line string, timeout time.Duration, output func([]byte)) (engine.CommandResult, error) {
	f.Helper()
	return f.bench.Run(ctx, f.draft(), engine.ShellCommand{Line: line, Timeout: timeout}, output)
}

func TestExitStatus(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	for line, want := range map[string]engine.CommandResult{
		"true":                        {},
		"echo out; echo err >&2":      {Output: "out\nerr\n"},
		"exit 7":                      {ExitCode: 7},
		"kill -9 $$":                  {ExitCode: -1},
		"kill 0":                      {ExitCode: -1},
		"cat":                         {},
		"printf 'a\\377b'":            {Output: "a\ufffdb"},
		"(sleep 0.5; echo late)& :":   {},
		"nohup sleep 1000 >/dev/null": {ExitCode: -1, TimedOut: true},
	} {
		timeout := time.Minute
		if want.TimedOut {
			timeout = 100 * time.Millisecond
		}
		got, err := f.run(t.Context(), line, timeout, nil)
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if got.Took <= 0 || got.Took > 20*time.Second {
			t.Errorf("%s took %v", line, got.Took)
		}
		got.Took, want.Line = 0, line
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// TestNoProcessIsLeft ends commands in each way, with children of children in the background.
func TestNoProcessIsLeft(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	const brood = "sleep 1000 & echo $!; (trap '' TERM HUP INT; sh -c 'echo $$; sleep 1000; sleep 1000') & "
	for name, c := range map[string]struct {
		line    string
		timeout time.Duration
		cancel  bool
	}{
		"exit":    {line: brood + "sleep 0.2; exit 3", timeout: time.Minute},
		"timeout": {line: brood + "wait", timeout: 500 * time.Millisecond},
		"cancel":  {line: brood + "wait", timeout: time.Minute, cancel: true},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			stop := errors.New("killed by a person")
			var said strings.Builder
			begun := time.Now()
			res, err := f.run(ctx, c.line, c.timeout, func(p []byte) {
				said.Write(p)
				if c.cancel && strings.Count(said.String(), "\n") == 2 {
					cancel(stop)
				}
			})
			if c.cancel != errors.Is(err, stop) {
				t.Errorf("got %v", err)
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			if res.TimedOut != (name == "timeout") {
				t.Errorf("got %+v", res)
			}
			pids := strings.Fields(said.String())
			if len(pids) != 2 {
				t.Fatalf("the command said %q", said.String())
			}
			for _, p := range pids {
				var pid int
				_, err := fmt.Sscan(p, &pid)
				must(t, err)
				waitDead(t, pid)
			}
		})
	}
}

// TestPipeHeldElsewhere has a process leave the group with the output in its hand: nobody waits for it for long, and
// where the system knows what came from the command, it is gone.
func TestPipeHeldElsewhere(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	begun := time.Now()
	line := "command -v setsid >/dev/null || exit 0; setsid sh -c 'setsid sleep 1015 & echo $! >pid; sleep 1015' & sleep 0.3; cat pid"
	res, err := f.run(t.Context(), line, time.Minute, nil)
	must(t, err)
	var pid int
	if n, _ := fmt.Sscan(res.Output, &pid); n == 1 && runtime.GOOS == "linux" {
		waitDead(t, pid)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	if !res.OK() {
		t.Errorf("got %+v", res)
	}
}

func TestOutputIsBounded(t *testing.T) {
	t.Parallel()
	f := openFolder(t, func(o *workspace.Options) { o.MaxOutput = 3000 })
	streamed := 0
	res, err := f.run(t.Context(), "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done", time.Minute, func(p []byte) { streamed += len(p) })
	must(t, err)
	if streamed < 200_000 {
		t.Errorf("%d bytes were streamed", streamed)
	}
	if len(res.Output) > 3100 || !strings.HasPrefix(res.Output, "line 0\nline 1\n") || !strings.HasSuffix(res.Output, "\nline 19998\nline 19999\n") {
		t.Errorf("%d bytes were kept: %s", len(res.Output), res.Output)
	}
	var missing int
	_, rest, _ := strings.Cut(res.Output, "[… ")
	if _, err := fmt.Sscanf(rest, "%d bytes of output left out …]", &missing); err != nil {
		t.Errorf("what is missing is not said: %v\n%s", err, res.Output)
	}
	_, end, _ := strings.Cut(rest, "…]\n")
	begin, _, _ := strings.Cut(res.Output, "[… ")
	if len(begin)+missing+len(end) != streamed {
		t.Errorf("%d + %d + %d are not the %d bytes streamed", len(begin), missing, len(end), streamed)
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	var root string
	f := openFolder(t, func(o *workspace.Options) {
		o.Secrets = []string{"GO_MY_MODEL", "XDG_SPECIAL"}
		o.Environ = func(context.Context) []string {
			return []string{
				"PATH=" + os.Getenv("PATH"), "HOME=/home/p", "LANG=C", "LC_TIME=de", "TMPDIR=/theirs", "XDG_CACHE_HOME=/c", "GOFLAGS=-x",
				"GOPROXY=off", "GO_MY_MODEL=s", "XDG_SPECIAL=s", "GOOGLE_API_KEY=s", "GEMINI_API_KEY=s", "AWS_SECRET=s", "GOTOKEN=s",
				"GIT_DIR=/elsewhere", "LD_PRELOAD=x", "BASH_ENV=x", "ENV=x", "SSH_AUTH_SOCK=s", "EDITOR=vi",
			}
		}
	})
	root = f.dir
	d := f.draft()
	got := f.sh(d, "unset _ SHLVL OLDPWD; env | sort")
	tree := strings.TrimSuffix(f.sh(d, "pwd"), "\n")
	got = strings.ReplaceAll(got, tree, "TREE")
	got = strings.ReplaceAll(got, os.Getenv("PATH"), "path")
	got = strings.ReplaceAll(got, tree[:strings.LastIndex(tree, "/")], "SCRATCH")
	want := `GIT_CEILING_DIRECTORIES=SCRATCH
GIT_CONFIG_COUNT=2
GIT_CONFIG_KEY_0=core.hooksPath
GIT_CONFIG_KEY_1=core.fsmonitor
GIT_CONFIG_VALUE_0=/dev/null
GIT_CONFIG_VALUE_1=false
GIT_TERMINAL_PROMPT=0
GOFLAGS=-x
GOPROXY=off
HOME=/home/p
LANG=C
LC_TIME=de
PATH=path
PWD=TREE
SLOP_LS_SCRATCH=TREE
TMPDIR=TREE.tmp
XDG_CACHE_HOME=/c
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if strings.HasPrefix(tree, root) {
		t.Errorf("the scratch %s is in the workspace", tree)
	}
}

func TestGoWorkFollows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := openAt(t, dir, func(o *workspace.Options) {
		w, err := workspace.Open(dir)
		must(t, err)
		defer w.Close()
		environ := []string{"PATH=" + os.Getenv("PATH"), "GOWORK=" + w.System("sub/go.work")}
		o.Environ = func(context.Context) []string { return environ }
	})
	f.wantOutput(f.draft(), `test "$GOWORK" = "$PWD/sub/go.work" && echo moved`, "moved\n")
}

func TestWorkbenchRefuses(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	for _, scratch := range []string{"", f.dir, f.w.System("scratch")} {
		if _, err := workspace.NewWorkbench(f.w, f.w, workspace.Options{Scratch: scratch}); err == nil {
			t.Errorf("scratch %q was taken", scratch)
		}
	}
	other := openFolder(t)
	if _, err := f.bench.Run(t.Context(), other.draft(), engine.ShellCommand{Line: "true"}, nil); err == nil {
		t.Error("a draft of another workspace was taken")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.bench.Run(ctx, f.draft(), engine.ShellCommand{Line: "touch ran"}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestNotSandboxed: a result says that nothing held its command, and where a sandbox is required no command runs without.
func TestNotSandboxed(t *testing.T) {
	t.Parallel()
	off := openFolder(t, func(o *workspace.Options) { o.Sandbox.Mode = workspace.SandboxOff })
	res, err := off.run(t.Context(), "true", time.Minute, nil)
	must(t, err)
	if res.Unheld != "switched off by commands.sandbox" || off.bench.Unheld() != res.Unheld {
		t.Errorf("got %+v, and the workbench says %q", res, off.bench.Unheld())
	}
	on := openFolder(t, func(o *workspace.Options) { o.Sandbox.Mode = workspace.SandboxRequire })
	res, err = on.run(t.Context(), "echo ran", time.Minute, nil)
	if why := on.bench.Unheld(); why == "" && (err != nil || res.Unheld != "") || why != "" && (err == nil || res.Output != "") {
		t.Errorf("got %+v, %v, and the workbench says %q", res, err, why)
	}
}
