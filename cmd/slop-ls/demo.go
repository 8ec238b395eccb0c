package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/scripted"
	"github.com/slop-ls/slop-ls/store"
)

func demoCommand(a *app) *cobra.Command {
	var yes, keep bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch a small track run: no key and no network needed",
		Long: "demo makes a small Go repository with a failing test, starts the real server, connects to it as an editor\n" +
			"does, and runs a track of four tickets. The models are scripted replies from a server on this machine.",
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), yes || !a.person(), keep) },
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "answer every approval with yes")
	cmd.Flags().BoolVar(&keep, "keep", false, "leave the repository to be looked at")
	return cmd
}

// demo runs everything in a folder of its own and leaves nothing behind, also when it is interrupted.
func (a *app) demo(ctx context.Context, yes, keep bool) (err error) {
	for _, name := range []string{"git", "go"} {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("the demo needs %s: install it and make sure that it is in PATH", name)
		}
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, err := os.MkdirTemp("", "slop-ls-demo-")
	if err != nil {
		return fmt.Errorf("making the demo's folder: %w", err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return fmt.Errorf("making the demo's folder: %w", err)
	}
	if !keep {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	d := &demo{app: a, dir: dir, repo: filepath.Join(dir, "ledger"), yes: yes, keep: keep}
	err = d.run(ctx)
	if ctx.Err() != nil {
		return &exitError{code: exitInterrupted, err: errors.New("the demo was interrupted, and has cleaned up")}
	}
	return err
}

// demo is one run of the demo.
type demo struct {
	app       *app
	dir, repo string
	yes, keep bool
	models    *scripted.Server
}

func (d *demo) run(ctx context.Context) error {
	if err := os.MkdirAll(d.repo, 0o755); err != nil {
		return fmt.Errorf("making the demo's repository: %w", err)
	}
	if err := makeDemoRepo(ctx, d.repo); err != nil {
		return err
	}
	models, err := scripted.Start(demoScript())
	if err != nil {
		return err
	}
	defer models.Close()
	d.models = models
	if err := os.WriteFile(d.configPath(), []byte(demoConfig(models.URL())), 0o600); err != nil {
		return fmt.Errorf("writing the demo's configuration: %w", err)
	}
	if err := d.introduce(ctx); err != nil {
		return err
	}
	if err := d.drive(ctx); err != nil {
		return err
	}
	return d.conclude(ctx)
}

func (d *demo) configPath() string { return filepath.Join(d.dir, "config.toml") }

// environment keeps the child's state in the demo's own folder.
func (d *demo) environment() []string {
	return append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(d.dir, "state"), "XDG_CONFIG_HOME="+filepath.Join(d.dir, "config"))
}

// demoConfig names the scripted server as the provider of every tier.
func demoConfig(url string) string {
	return fmt.Sprintf(`[mma]
max_workers = 4

[tiers.orchestrator]
provider = "scripted"
models = [%[3]q]

[tiers.tech_lead]
provider = "scripted"
models = [%[2]q]

[tiers.worker]
provider = "scripted"
models = [%[1]q, %[2]q, %[3]q]

[tiers.qa]
provider = "scripted"
models = [%[4]q]

[providers.scripted]
kind = "openai"
base_url = %[5]q
`, demoSmall, demoMedium, demoLarge, demoAnalyst, url)
}

// introduce says what is about to happen, and shows the test that fails.
func (d *demo) introduce(ctx context.Context) error {
	output, passes := demoTest(ctx, d.repo)
	if passes {
		return errors.New("the demo's test passes before anything was done: this is a bug of slop-ls")
	}
	d.say(1, "slop-ls demo")
	d.say(0, "A real repository, the real server, a real editor's connection. Only the models are not: they are scripted")
	d.say(0, "replies from a server on this machine (%s), so no key and no network are needed.", d.models.URL())
	if d.yes {
		d.say(0, "Every approval is answered with yes, and printed; run it on a terminal without --yes to decide yourself.")
	} else {
		d.say(0, "You decide: each approval is asked here, as your editor would ask it.")
	}
	d.say(1, "A repository with a failing test")
	d.say(0, "%s", d.repo)
	for _, l := range failures(output) {
		d.say(0, "  %s", l)
	}
	d.say(1, "The track: %s", demoTrack)
	d.say(0, "  T1 ParseAmount ──┬── T2 Read ──────┬── T4 Report")
	d.say(0, "                   └── T3 Balances ──┘")
	return nil
}

// failures are the lines of go test that say what failed, at most six.
func failures(output string) []string {
	var out []string
	for l := range strings.Lines(output) {
		l = strings.TrimRight(l, "\n")
		if (strings.Contains(l, "FAIL:") || strings.Contains(l, "_test.go:")) && len(out) < 6 {
			out = append(out, l)
		}
	}
	return out
}

// conclude reads what the server has stored, runs the repository's own test, and says how it went.
func (d *demo) conclude(ctx context.Context) error {
	track, err := d.summary(ctx)
	if err != nil {
		return err
	}
	output, passes := demoTest(ctx, d.repo)
	if d.keep {
		d.say(1, "Kept: %s (`git -C %s diff` shows it all)", d.repo, d.repo)
	} else {
		d.say(1, "Everything is removed again; `slop-ls demo --keep` leaves the repository to be looked at.")
	}
	if !passes {
		d.say(0, "%s", output)
		return fmt.Errorf("%d of %d tickets completed, but the repository's test fails", track.Count(engine.Completed), track.Total())
	}
	if track.Count(engine.Completed) != track.Total() {
		return fmt.Errorf("%d of %d tickets completed", track.Count(engine.Completed), track.Total())
	}
	d.say(0, "%d of %d tickets completed, and the repository's test passes.", track.Count(engine.Completed), track.Total())
	return nil
}

// store opens what the server, which has ended, has stored.
func (d *demo) store() (*store.Store, error) {
	found, err := filepath.Glob(filepath.Join(d.dir, "state", "slop-ls", "*", "*"))
	if err != nil {
		return nil, err
	}
	for _, path := range found {
		if s, err := store.Open(path, store.Options{ReadOnly: true}); err == nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("the server has left no store in %s: this is a bug of slop-ls", d.dir)
}
