//go:build !unix

package workspace

import (
	"errors"
	"fmt"
)

// StartProgram refuses: a program that cannot be killed with all its children must not be started.
func StartProgram(Program) (*Running, error) {
	return nil, fmt.Errorf("programs on this system: %w: they run on Linux and macOS only", errors.ErrUnsupported)
}
