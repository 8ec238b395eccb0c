package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/adrg/xdg"
)

const (
	longestBase = 40
	hashLength  = 12
)

// DefaultPath is where the store of the workspace at root lives: under the person's state directory
// ($XDG_STATE_HOME, read when the program starts), so never in the repository. The folder of the path is the
// workspace's own and may hold other state beside the store. Nothing is created.
func DefaultPath(root string) (string, error) {
	if !filepath.IsAbs(xdg.StateHome) {
		return "", fmt.Errorf("no state directory: $XDG_STATE_HOME is %q; set it, or HOME, to an absolute path",
			xdg.StateHome)
	}
	return pathUnder(xdg.StateHome, root)
}

func pathUnder(state, root string) (string, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return "", fmt.Errorf("the workspace's root %s: %w", root, err)
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real // one store however the workspace was reached
	}
	sum := sha256.Sum256([]byte(abs))
	folder := plainBase(abs) + "-" + hex.EncodeToString(sum[:])[:hashLength]
	return filepath.Join(state, "slop-ls", folder, "state.db"), nil
}

// plainBase is the folder's own name in characters that are harmless everywhere: for people; the hash decides.
func plainBase(abs string) string {
	base := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '.':
			return r
		}
		return '-'
	}, filepath.Base(abs))
	base = strings.Trim(base, "-.")
	if len(base) > longestBase {
		base = base[:longestBase]
	}
	if base == "" {
		return "root"
	}
	return base
}
