package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/policy"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// blocked is a worker whose attempts end with their context.
type blocked struct{}

func (blocked) Work(ctx context.Context, _ *engine.Desk, _ engine.Job) engine.Outcome {
	<-ctx.Done()
	return engine.Outcome{Kind: engine.OutcomeAborted}
}

// liveHouse is a house of which only the configuration and the conductor are there; ten tickets want to run.
type liveHouse struct {
	*house
	t    *testing.T
	user string
}

func newLiveHouse(t *testing.T, user string) *liveHouse {
	t.Helper()
	h := &liveHouse{house: &house{root: t.TempDir()}, t: t, user: filepath.Join(t.TempDir(), "config.toml")}
	h.write(h.user, user)
	a := &app{configFlag: h.user}
	c, _, err := loadConfig(a, h.root)
	if err != nil {
		t.Fatal(err)
	}
	h.live.app, h.live.inForce, h.live.rules = a, c, c.Policy
	rules, err := policy.New(policy.Rules(c.Policy))
	if err != nil {
		t.Fatal(err)
	}
	h.live.policy.now.Store(rules)
	h.conductor, err = engine.NewConductor(t.Context(), engine.Config{
		Journal: enginetest.NewJournal(), Blobs: enginetest.NewBlobs(), Worker: blocked{}, Settings: settingsOf(&c),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.conductor.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	spec := trackfile.Track{}
	for i := range 10 {
		spec.Tickets = append(spec.Tickets, trackfile.Ticket{ID: fmt.Sprint("T", i), Description: "wait"})
	}
	for _, cmd := range []engine.Command{engine.PlanTrack{Track: "a", Spec: spec}, engine.StartTrack{Track: "a", By: engine.ByPerson}} {
		if err := h.conductor.Do(t.Context(), cmd); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func (h *liveHouse) write(path, content string) {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// run waits until so many tickets run.
func (h *liveHouse) run(want int) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 20*time.Second)
	defer cancel()
	for snap := h.conductor.Snapshot(); snap.Active() != want; {
		next, err := h.conductor.Wait(ctx, snap.Seq())
		if err != nil {
			h.t.Fatalf("%d run, want %d: %v", snap.Active(), want, err)
		}
		snap = next
	}
}

func (h *liveHouse) says(lines []string, parts ...string) {
	h.t.Helper()
	all := strings.Join(lines, "\n")
	for _, part := range parts {
		if !strings.Contains(all, part) {
			h.t.Errorf("%q does not say %q", all, part)
		}
	}
	if len(parts) == 0 && all != "" {
		h.t.Errorf("it says %q", all)
	}
}

func TestConfigurationChangesLive(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	h := newLiveHouse(t, "[mma]\nmax_workers = 1\n")
	h.run(1)
	h.write(h.user, "[mma]\nmax_workers = 3\n")
	h.says(h.configChanged(ctx))
	h.run(3)
	h.says(h.takeSettings(ctx, json.RawMessage(`{"mma":{"max_workers":5}}`)))
	h.run(5)
	h.says(h.takeSettings(ctx, json.RawMessage(`{"mma":{"max_worker":7}}`)), `did you mean "max_workers"?`, "goes on with the settings")
	h.says(h.takeSettings(ctx, json.RawMessage(`{"mma":{"max_worker":7}}`))) // said once
	h.says(h.takeSettings(ctx, json.RawMessage(`{"mma":{"max_workers":7},"providers":{"x":{"base_url":"http://evil.example"}}}`)), "own config file")
	h.says(h.takeSettings(ctx, json.RawMessage(`["no table"]`)), "no table")
	if n := h.conductor.Snapshot().Active(); n != 5 {
		t.Errorf("%d run by what was refused", n)
	}
	h.write(h.user, "[mma]\nmax_workers = 1\n[store]\ntranscripts = 5\n")
	h.says(h.configChanged(ctx), "store", "next start") // the editor's number stands above the file's
	h.says(h.configChanged(ctx))
	h.says(h.takeSettings(ctx, json.RawMessage("null")))
	if n := h.live.inForce.MMA.MaxWorkers; n != 1 {
		t.Errorf("max_workers is %d", n)
	}
	if n := h.conductor.Snapshot().Active(); n != 5 {
		t.Errorf("a smaller pool left %d running of 5", n)
	}
}

// TestPolicyChangesLive: stricter at once, looser with the next start, also after a second look.
func TestPolicyChangesLive(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	h := newLiveHouse(t, "[policy]\nallow_commands = [\"go test\", \"go build\"]\n")
	verdict := func(line string) engine.Verdict {
		args, _ := json.Marshal(map[string]string{"command": line})
		return h.live.policy.Rule(ctx, engine.Action{Kind: engine.KindCommand, Tool: "run_command", Effect: engine.EffectRun, Command: line, Arguments: args}).Verdict
	}
	if verdict("go build") != engine.Allow {
		t.Fatal("it does not begin as it should")
	}
	h.write(filepath.Join(h.root, ".slop", "config.toml"), "[policy]\ndeny_commands = [\"go build\"]\n")
	h.says(h.configChanged(ctx))
	if v := verdict("go build"); v != engine.Deny {
		t.Errorf("go build: %s", v)
	}
	h.write(filepath.Join(h.root, ".slop", "config.toml"), "")
	h.write(h.user, "[policy]\nallow_commands = [\"go test\", \"go build\", \"go vet\"]\n")
	h.says(h.configChanged(ctx), "policy (it allows more)")
	h.says(h.configChanged(ctx))
	for line, want := range map[string]engine.Verdict{"go build": engine.Deny, "go vet": engine.Ask, "go test": engine.Allow} {
		if v := verdict(line); v != want {
			t.Errorf("%s: %s, want %s", line, v, want)
		}
	}
}
