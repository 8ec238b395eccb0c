package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/config"
	"github.com/slop-ls/slop-ls/engine/openai"
	"github.com/slop-ls/slop-ls/lsp/attach"
)

func doctorCommand(a *app) *cobra.Command {
	var connect bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is wrong with the set-up, and how to mend it",
		Args:  arguments(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context(), connect) },
	}
	cmd.Flags().BoolVar(&connect, "connect", false, "also ask each provider's model for one word, which costs a few tokens")
	return cmd
}

// finding is one line of doctor. A finding that is not ok ends with what to do.
type finding struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Note string `json:"note"`
}

func (a *app) doctor(ctx context.Context, connect bool) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	findings := []finding{{"workspace", true, root}, toolFinding("git", "workers' commands run in a plain copy of the folder")}
	findings = append(findings, storeFinding(ctx, root), daemonFinding(ctx, root), trustFinding(root))
	findings = append(findings, a.configFindings(ctx, root)...)
	if connect {
		findings = append(findings, a.connectFindings(ctx, root)...)
	}
	findings = append(findings, trackFindings(root)...)
	bad := 0
	for _, f := range findings {
		if !f.OK {
			bad++
		}
		if err := a.printFinding(f); err != nil {
			return err
		}
	}
	if bad > 0 {
		return &exitError{code: exitFailed, err: fmt.Errorf("%d of %d checks found something to mend", bad, len(findings))}
	}
	return nil
}

func (a *app) printFinding(f finding) error {
	if a.json {
		return a.printJSON(f)
	}
	mark := "✓"
	if !f.OK {
		mark = "✗"
	}
	_, err := fmt.Fprintf(a.out, "%s %-12s %s\n", mark, f.What, f.Note)
	return err
}

func toolFinding(name, without string) finding {
	path, err := exec.LookPath(name)
	if err != nil {
		return finding{name, false, "is not in PATH: install it; without it " + without}
	}
	return finding{name, true, path}
}

func storeFinding(ctx context.Context, root string) finding {
	path, err := storePath(root)
	if err != nil {
		return finding{"store", false, err.Error()}
	}
	s, err := readStore(ctx, root)
	if err != nil {
		return finding{"store", false, err.Error()}
	}
	if s == nil {
		return finding{"store", true, "nothing is stored yet (" + path + ")"}
	}
	state, err := engine.Load(ctx, s)
	if err := errors.Join(err, s.Close()); err != nil {
		return finding{"store", false, err.Error()}
	}
	return finding{"store", true, fmt.Sprintf("%s, %d events", path, state.Freeze().Seq())}
}

// daemonFinding says who serves the workspace, and where that writes its log.
func daemonFinding(ctx context.Context, root string) finding {
	place, err := placeOf(root)
	if err != nil {
		return finding{"daemon", false, err.Error()}
	}
	r, err := place.Status(ctx, attach.Hello{Version: buildVersion().Version, Root: root})
	switch {
	case errors.Is(err, attach.ErrNoDaemon):
		return finding{"daemon", true, err.Error() + "; its log is " + place.LogPath()}
	case err != nil:
		return finding{"daemon", false, err.Error() + "; its log is " + place.LogPath()}
	}
	return finding{"daemon", true, daemonText(r, "runs") + "; its log is " + place.LogPath()}
}

// configFindings look at the configuration and at each provider's key. No key is shown, and no
// provider is asked; MCP servers are started for a moment.
func (a *app) configFindings(ctx context.Context, root string) []finding {
	c, _, err := loadConfig(a, root)
	if problems := (*config.ProblemsError)(nil); errors.As(err, &problems) {
		var out []finding
		for _, p := range problems.Problems {
			out = append(out, finding{"config", false, p.String()})
		}
		return out
	}
	if err != nil {
		return []finding{{"config", false, err.Error()}}
	}
	note := a.userConfig()
	if c.Preset != "" {
		note = "nothing is configured, so " + c.Preset + " is used, whose key is set"
	}
	out := []finding{{"config", true, note}, sandboxFinding(&c.Commands)}
	for _, tier := range config.TierNames {
		out = append(out, tierFinding(ctx, &c, tier))
	}
	return append(out, mcpFindings(ctx, root, &c)...)
}

func tierFinding(ctx context.Context, c *config.Config, tier config.TierName) finding {
	s, err := c.Select(tier)
	if err != nil {
		return finding{string(tier), false, err.Error()}
	}
	note := s.Name + ": " + strings.Join(s.Models, ", ")
	if s.Provider.APIKeyEnv == "" {
		return finding{string(tier), true, note}
	}
	if _, err := openai.EnvKey(s.Name, s.Provider.APIKeyEnv, os.LookupEnv)(ctx); err != nil {
		return finding{string(tier), false, noKeyText(err)}
	}
	return finding{string(tier), true, note + " (key in " + s.Provider.APIKeyEnv + " or the keyring)"}
}

// noKeyText is an error without its advice to run doctor.
func noKeyText(err error) string {
	missing := (*openai.NoKeyError)(nil)
	if !errors.As(err, &missing) {
		return err.Error()
	}
	text := fmt.Sprintf("no API key for provider %s: set %s where the editor and the terminal get their environment from", missing.Provider, missing.Env)
	if missing.Keyring != nil {
		text += fmt.Sprintf(" (the keyring cannot be asked: %v)", missing.Keyring)
	}
	return text
}

func trackFindings(root string) []finding {
	paths, err := trackPaths(root)
	if err != nil {
		return []finding{{"tracks", false, err.Error()}}
	}
	bad := 0
	for _, path := range paths {
		if doc, err := loadTrack(root, root+"/"+path); err != nil || doc.Doc.Errors() {
			bad++
		}
	}
	if bad > 0 {
		return []finding{{"tracks", false, fmt.Sprintf("%d of %d have errors: see `slop-ls track check`", bad, len(paths))}}
	}
	return []finding{{"tracks", true, fmt.Sprintf("%d found, none with errors", len(paths))}}
}
