//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package workspace

import (
	"errors"
	"fmt"
	"os"
)

// lockFile cannot tell here whether an owner lives, so no scratch folder is made.
func lockFile(*os.File) error {
	return fmt.Errorf("scratch worktrees on this system: %w: commands run on Linux and macOS only", errors.ErrUnsupported)
}
