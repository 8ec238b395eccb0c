package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/slop-ls/slop-ls/engine/scripted"
)

// commandScene is a repository with a track of one ticket, a scripted model and the real program.
type commandScene struct {
	*testing.T
	dir, repo, state string
	env              []string
}

// newCommandScene lets the model of T1 run a line and then write a file. between is what stands between the program
// and the model; nil: nothing.
func newCommandScene(t *testing.T, line string, between func(http.Handler) http.Handler) *commandScene {
	t.Helper()
	s := &commandScene{T: t, dir: t.TempDir()}
	s.repo, s.state = filepath.Join(s.dir, "repo"), filepath.Join(s.dir, "state")
	script := fmt.Sprintf(`{"models":["small"],"rules":[
		{"ticket":"T1","turn":0,"tools":true,"reply":{"calls":[{"name":"run_command","arguments":{"command":%q}}]}},
		{"ticket":"T1","turn":1,"tools":true,"reply":{"calls":[{"name":"write_file","arguments":{"path":"made.txt","content":"made\n"}}]}},
		{"ticket":"T1","turn":2,"tools":true,"reply":{"calls":[{"name":"finish","arguments":{"status":"done","summary":"made it"}}]}},
		{"ticket":"T1","tools":false,"reply":{"text":"it says what it says"}}]}`, line)
	parsed, err := scripted.LoadScript(strings.NewReader(script))
	s.must(err)
	server, err := scripted.Start(parsed)
	s.must(err)
	t.Cleanup(server.Close)
	target := server.URL()
	if between != nil {
		to, err := url.Parse(strings.TrimSuffix(target, "/v1"))
		s.must(err)
		proxy := httptest.NewServer(between(httputil.NewSingleHostReverseProxy(to)))
		t.Cleanup(proxy.Close)
		target = proxy.URL + strings.TrimPrefix(target, to.String())
	}
	s.file("home/config/slop-ls/config.toml", modelConfig(target)+"api_key_env = \"LOCAL_KEY\"\n")
	s.file("repo/a.txt", "a\n")
	s.file("repo/.slop/tracks/work.track.yaml", "title: work\ntickets:\n  - id: T1\n    description: make it\n")
	s.env = append(os.Environ(), "HOME="+filepath.Join(s.dir, "home"), "XDG_STATE_HOME="+s.state, "XDG_CONFIG_HOME="+filepath.Join(s.dir, "home", "config"),
		"XDG_RUNTIME_DIR="+filepath.Join(s.dir, "run"), "GIT_CEILING_DIRECTORIES="+s.dir, "GIT_CONFIG_NOSYSTEM=1", "LOCAL_KEY=sk-canary-local-0001")
	s.git("init", "-q")
	s.git("add", ".")
	s.git("-c", "user.name=P", "-c", "user.email=p@example.com", "commit", "-q", "-m", "first")
	return s
}

func (s *commandScene) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *commandScene) file(path, content string) {
	s.Helper()
	name := filepath.Join(s.dir, path)
	s.must(os.MkdirAll(filepath.Dir(name), 0o755))
	s.must(os.WriteFile(name, []byte(content), 0o600))
}

func (s *commandScene) git(args ...string) string {
	s.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = s.repo, s.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.Fatalf("git %v: %v: %s", args, err, out)
	}
	return string(out)
}

// slop is the program in the repository. What it prints goes to out.
func (s *commandScene) slop(out io.Writer, args ...string) *exec.Cmd {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), crashPatience)
	s.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, builtProgram(s.T), args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = s.repo, s.env, out, out
	return cmd
}

// scratches are the scratch folders that are there.
func (s *commandScene) scratches() []string {
	s.Helper()
	found, err := filepath.Glob(filepath.Join(s.state, "slop-ls", "*", "scratch", "slop-*"))
	s.must(err)
	return found
}

// processes are what ps says of those whose arguments hold a text.
func (s *commandScene) processes(holding string) []string {
	s.Helper()
	out, err := exec.Command("ps", "-eo", "pid,stat,args").Output()
	s.must(err)
	var found []string
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) > 2 && !strings.HasPrefix(fields[1], "Z") && strings.Contains(line, holding) {
			found = append(found, line)
		}
	}
	return found
}

// TestKilledDaemonLeavesNothing kills the program in the middle of a command that does what it can to outlive it: no
// process of it is left, and after the next start no scratch folder and no worktree.
func TestKilledDaemonLeavesNothing(t *testing.T) {
	t.Parallel()
	again := filepath.Join(t.TempDir(), "again")
	id := fmt.Sprintf("1%06d.25", os.Getpid())
	sleep := "sleep " + id
	s := newCommandScene(t, "test -e "+again+" || { "+sleep+" & nohup "+sleep+" & setsid "+sleep+" & (setsid sh -c 'trap \"\" TERM HUP INT; "+sleep+
		" & exec "+sleep+"' &) ; env -i "+sleep+" & set -m; "+sleep+" & wait; }", nil)
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("there is no setsid here")
	}
	before := s.git("worktree", "list")
	var said bytes.Buffer
	run := s.slop(&said, "run", "work", "--approve", "allow")
	s.must(run.Start())
	eventually(t, "the command", func() bool {
		n := 0
		for _, p := range s.processes(sleep) {
			if strings.Contains(p, " "+sleep+"\n") && !strings.Contains(p, "sh") {
				n++
			}
		}
		return n == 7
	})
	s.must(run.Process.Kill())
	_ = run.Wait()
	eventually(t, "the end of every process of it", func() bool { return len(s.processes(id)) == 0 })
	for _, p := range s.processes(s.dir) {
		t.Errorf("there is left %s", p)
	}
	if len(s.scratches()) == 0 {
		t.Error("the kill left no scratch folder: the test shows nothing")
	}
	if got := s.git("worktree", "list"); got != before {
		t.Errorf("after the kill there are the worktrees\n%s", got)
	}
	s.must(os.WriteFile(again, nil, 0o600))
	if err := s.slop(&said, "run", "work", "--approve", "allow").Run(); err != nil {
		t.Fatalf("the next start: %v\n%s", err, said.String())
	}
	if left := s.scratches(); len(left) > 0 {
		t.Errorf("there is left %v", left)
	}
	if got := s.git("worktree", "list"); got != before {
		t.Errorf("there are the worktrees\n%s", got)
	}
	if got, err := os.ReadFile(filepath.Join(s.repo, "made.txt")); string(got) != "made\n" {
		t.Errorf("the ticket made %q, %v", got, err)
	}
}

// TestCommandCannotAnswer: a command that finds the program and the socket gets nothing from the daemon that runs it.
func TestCommandCannotAnswer(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out")
	self := builtProgram(t)
	s := newCommandScene(t, "(root=$(cat ../../../../root); "+self+" approve list --root $root; "+self+" daemon stop --root $root; "+
		"setsid sh -c '"+self+" daemon status --root '$root) >"+out+" 2>&1; exit 0", nil)
	s.file("state/root", s.repo)
	config := filepath.Join(s.dir, "home", "config", "slop-ls", "config.toml")
	text, err := os.ReadFile(config)
	s.must(err)
	s.must(os.WriteFile(config, append(text, "[commands]\nsandbox = \"off\"\n"...), 0o600)) // which closes all of this by itself
	var said bytes.Buffer
	if err := s.slop(&said, "run", "work", "--approve", "allow").Run(); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	got, err := os.ReadFile(out)
	s.must(err)
	if n := strings.Count(string(got), "a worker's command cannot attach"); n != 3 {
		t.Errorf("three were refused %d times:\n%s", n, got)
	}
}

// canaries are keys in the environment of the program, under names by which they are known and by which they are not.
var canaries = []string{
	"OPENAI_API_KEY=sk-canary-openai-0002", "GEMINI_API_KEY=canary-gemini-0003", "ANTHROPIC_API_KEY=sk-ant-canary-0004", "AWS_SECRET_ACCESS_KEY=canary-aws-0005",
	"GITHUB_TOKEN=ghp_canary0006", "GOOGLE_API_KEY=canary-google-0007", "XDG_MY_PASSWORD=canary-xdg-0008", "DATABASE_URL=postgres://u:canary-db-0009@h/d", "GONOSUCH_TOKEN=canary-go-0010",
}

// TestKeysGoNowhere runs a track with keys in the environment, a provider that repeats its key in an error, and a command
// that prints whatever it can find: afterwards no file and no output has one, nor was one told to the model.
func TestKeysGoNowhere(t *testing.T) {
	t.Parallel()
	const mark = "canary"
	var mu sync.Mutex
	var s *commandScene
	calls, found := 0, []string{}
	line := "env; cat /proc/$PPID/environ /proc/*/environ 2>/dev/null | tr '\\0' '\\n'; env >env.txt; git var -l >/dev/null; exit 3"
	s = newCommandScene(t, line, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			if bytes.Contains(body, []byte(mark)) {
				found = append(found, "the model was told")
			}
			if calls++; calls <= 2 { // each error in another of its shapes
				w.Header().Set("Retry-After", "0")
				w.WriteHeader([]int{500, 429}[calls-1])
				fmt.Fprintf(w, `{"error":{"message":"Incorrect API key provided: %s","type":"x","code":"%s"}}`, r.Header.Get("Authorization"), r.Header.Get("Authorization"))
				return
			}
			found = append(found, grep(s.dir, mark)...) // the scratch folder is there
			next.ServeHTTP(w, r)
		})
	})
	s.env = append(s.env, canaries...)
	wrapped, err := exec.LookPath("git")
	s.must(err)
	s.file("bin/git", "#!/bin/sh\nenv >>"+s.dir+"/git-environment\nexec "+wrapped+" \"$@\"\n")
	s.must(os.Chmod(filepath.Join(s.dir, "bin", "git"), 0o755))
	s.env = append(s.env, "PATH="+filepath.Join(s.dir, "bin")+":"+os.Getenv("PATH"))
	var said bytes.Buffer
	if err := s.slop(&said, "run", "work", "--approve", "allow", "--json").Run(); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	for _, args := range [][]string{{"log", "--json"}, {"log", "work", "T1"}, {"export"}, {"ticket", "show", "work", "T1"}, {"doctor"}, {"track", "show", "work", "--json"}} {
		if err := s.slop(&said, args...).Run(); err != nil && args[0] != "doctor" {
			t.Errorf("%v: %v", args, err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if calls < 5 {
		t.Errorf("the model was asked %d times: the test shows nothing", calls)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "git-environment")); err != nil {
		t.Error("no git was started: the test shows nothing: ", err)
	}
	for _, f := range append(found, grep(s.dir, mark)...) {
		t.Error("a key is in ", f)
	}
	for line := range strings.Lines(said.String()) {
		if strings.Contains(line, mark) {
			t.Error("it said ", line)
		}
	}
}

// grep names the files below dir that hold a text.
func grep(dir, text string) []string {
	var found []string
	_ = filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil
		}
		if data, err := os.ReadFile(p); err == nil && bytes.Contains(data, []byte(text)) {
			found = append(found, p)
		}
		return nil
	})
	return found
}
