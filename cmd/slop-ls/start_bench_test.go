//go:build unix

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// goplsVersion is what the start is measured against.
const goplsVersion = "v0.23.0"

// startPrograms are what BenchmarkStart compares, built once into a folder that withProgram removes.
var startPrograms = sync.OnceValues(func() (p struct{ gopls, own string }, err error) {
	path, err := program() // its folder takes the others too
	if err != nil {
		return p, err
	}
	dir := filepath.Dir(path)
	p.own = filepath.Join(dir, "slop-ls-plain")
	if output, err := exec.Command("go", "build", "-trimpath", "-o", p.own, ".").CombinedOutput(); err != nil {
		return p, fmt.Errorf("building slop-ls: %w: %s", err, output)
	}
	p.gopls = filepath.Join(dir, "gopls")
	install := exec.Command("go", "install", "golang.org/x/tools/gopls@"+goplsVersion)
	install.Dir, install.Env = dir, append(os.Environ(), "GOBIN="+dir, "GOFLAGS=-mod=mod")
	if output, err := install.CombinedOutput(); err != nil {
		return p, fmt.Errorf("gopls %s cannot be had here: %w: %s", goplsVersion, err, output)
	}
	return p, nil
})

// startBench is a workspace in which language servers are started.
type startBench struct {
	b    *testing.B
	repo string
	env  []string
}

func newStartBench(b *testing.B) *startBench {
	b.Helper()
	dir, err := filepath.EvalSymlinks(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	s := &startBench{b: b, repo: filepath.Join(dir, "repo")}
	for name, text := range map[string]string{"repo/go.mod": "module example.org/m\n", "repo/m.go": "package m\n", "run/mark": "", "home/mark": ""} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			b.Fatal(err)
		}
	}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GIT_") {
			s.env = append(s.env, kv)
		}
	}
	home := filepath.Join(dir, "home")
	s.env = append(s.env, "HOME="+home, "XDG_STATE_HOME="+filepath.Join(home, "state"), "XDG_CONFIG_HOME="+filepath.Join(home, "config"),
		"XDG_CACHE_HOME="+filepath.Join(home, "cache"), "XDG_RUNTIME_DIR="+filepath.Join(dir, "run"), "GOTELEMETRY=off")
	if output, err := exec.Command("git", "init", "-q", s.repo).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, output)
	}
	return s
}

func (s *startBench) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = s.repo, s.env
	return cmd
}

// start starts a language server, asks initialize and gives how long it took to answer.
func (s *startBench) start(program string) time.Duration {
	s.b.Helper()
	params := fmt.Sprintf(`{"processId":null,"rootUri":"file://%s","capabilities":{}}`, s.repo)
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":%s}`, params)
	cmd := s.command(program)
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr); err != nil {
		s.b.Fatal(err)
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		s.b.Fatal(err)
	}
	fmt.Fprintf(in, "Content-Length: %d\r\n\r\n%s", len(body), body)
	answer, err := firstFrame(out)
	took := time.Since(begun)
	if err != nil || !strings.Contains(string(answer), `"capabilities"`) {
		s.b.Fatalf("%s answers initialize with %s (%v)", program, answer, err)
	}
	_ = in.Close()
	_, _ = io.Copy(io.Discard, out)
	_ = cmd.Wait() // it ends as it likes when nobody speaks to it
	return took
}

func firstFrame(from io.Reader) ([]byte, error) {
	r := bufio.NewReader(from)
	length := 0
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if line == "\r\n" {
			break
		}
		_, _ = fmt.Sscanf(line, "Content-Length: %d", &length)
	}
	body := make([]byte, length)
	_, err := io.ReadFull(r, body)
	return body, err
}

// stop ends the daemon.
func (s *startBench) stop(program string) {
	s.b.Helper()
	if output, err := s.command(program, "daemon", "stop").CombinedOutput(); err != nil {
		s.b.Fatalf("%v: %s", err, output)
	}
}

// BenchmarkStart measures from the start of the process to the answer of initialize: gopls, slop-ls with no daemon
// running, and slop-ls with one. They take turns, so that whatever else the machine does they share.
func BenchmarkStart(b *testing.B) {
	programs, err := startPrograms()
	if programs.gopls != "" && err != nil {
		b.Skip(err)
	}
	if err != nil {
		b.Fatal(err)
	}
	s := newStartBench(b)
	s.start(programs.gopls) // fills what it caches
	s.start(programs.own)   // makes the store
	s.stop(programs.own)
	var gopls, cold, warm []float64
	for b.Loop() {
		gopls = append(gopls, milliseconds(s.start(programs.gopls)))
		cold = append(cold, milliseconds(s.start(programs.own)))
		warm = append(warm, milliseconds(s.start(programs.own)))
		s.stop(programs.own)
	}
	b.ReportMetric(0, "ns/op") // of three starts and a stop: it says nothing
	b.ReportMetric(median(gopls), "gopls-ms")
	b.ReportMetric(median(cold), "cold-ms")
	b.ReportMetric(median(warm), "warm-ms")
	b.ReportMetric(median(cold)/median(gopls), "cold/gopls")
	b.ReportMetric(median(warm)/median(gopls), "warm/gopls")
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}
