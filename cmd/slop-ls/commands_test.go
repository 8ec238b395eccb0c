package main

import (
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine/config"
	"github.com/slop-ls/slop-ls/engine/workspace"
)

// TestDoctorOnTheSandbox: doctor says by what commands are held, or that nothing holds them.
func TestDoctorOnTheSandbox(t *testing.T) {
	t.Parallel()
	none := workspace.Unheld(workspace.SandboxAuto)
	for mode, want := range map[string]string{"auto": none, "require": none, "off": "switched off"} {
		f := sandboxFinding(&config.Commands{Sandbox: mode})
		switch {
		case want == "" && (!f.OK || !strings.HasPrefix(f.Note, "commands are held by Landlock (version ")):
			t.Errorf("%s: %+v", mode, f)
		case want != "" && !strings.Contains(f.Note, want), want != "" && f.OK != (mode != "require"):
			t.Errorf("%s: %+v, want %q", mode, f, want)
		case mode == "off" && !strings.Contains(f.Note, "not sandboxed"):
			t.Errorf("off: %+v", f)
		}
	}
}
