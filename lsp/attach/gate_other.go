//go:build !unix

package attach

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
)

// Supported says whether this system has daemons. Where it is false Dial returns errors.ErrUnsupported.
const Supported = false

func (p Place) gate(context.Context) (*os.File, error) {
	return nil, fmt.Errorf("slop-ls has no daemon on %s: start it with --standalone: %w", runtime.GOOS, errors.ErrUnsupported)
}

func detach(*exec.Cmd) {}

func closeOnExec(*os.File) {}

func mine(fs.FileInfo) bool { return false }

func tryAgain(error) bool { return false }

func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) }
