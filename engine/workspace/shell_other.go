//go:build !(darwin || linux)

package workspace

import (
	"context"
	"errors"
	"fmt"

	"github.com/slop-ls/slop-ls/engine"
)

// run refuses: a command that cannot be killed with all its children must not be started.
func (s shell) run(context.Context, engine.ShellCommand) (engine.CommandResult, error) {
	return engine.CommandResult{}, fmt.Errorf("commands on this system: %w: they run on Linux and macOS only", errors.ErrUnsupported)
}

// There are no helpers here: nothing starts one.
func guardMain() int   { return 1 }
func confineMain() int { return 1 }

func killMarked(string) {}
