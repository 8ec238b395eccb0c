package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/adrg/xdg"

	"github.com/slop-ls/slop-ls/engine/config"
	"github.com/slop-ls/slop-ls/engine/policy"
	"github.com/slop-ls/slop-ls/engine/workspace"
)

// benchOptions is what the configuration says of workers' commands. What is slop-ls's own stays closed to them.
func benchOptions(c *config.Commands, stateDir string) workspace.Options {
	return workspace.Options{
		Scratch: filepath.Join(stateDir, "scratch"),
		Sandbox: workspace.Sandbox{
			Mode: workspace.SandboxMode(c.Sandbox), Caches: c.Caches, Read: c.Read,
			Private: []string{stateDir, filepath.Join(xdg.ConfigHome, "slop-ls"), filepath.Join(xdg.StateHome, "slop-ls")},
		},
		Limits: workspace.Limits{Memory: int64(c.MemoryMB) << 20, File: int64(c.FileMB) << 20, Processes: c.Processes},
		Bring:  c.Bring, Hidden: policy.Secret,
		Keep: c.Keep, Timeout: time.Duration(c.Timeout), MaxOutput: c.OutputBytes,
	}
}

// sandboxFinding says by what commands are held.
func sandboxFinding(c *config.Commands) finding {
	why := workspace.Unheld(workspace.SandboxMode(c.Sandbox))
	switch {
	case why == "":
		return finding{"sandbox", true, fmt.Sprintf("commands are held by Landlock (version %d)", workspace.Landlock())}
	case c.Sandbox == string(workspace.SandboxRequire):
		return finding{"sandbox", false, why + `, and commands.sandbox is "require": no command runs; set it to "auto" to let them run without`}
	}
	return finding{"sandbox", true, "commands are not sandboxed: " + why}
}
