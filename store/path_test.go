package store

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/adrg/xdg"
)

func TestPathOfAWorkspace(t *testing.T) {
	t.Parallel()
	state, work := t.TempDir(), t.TempDir()
	seen := map[string]string{}
	for base, want := range map[string]string{
		"slop-ls":               `^slop-ls-[0-9a-f]{12}$`,
		"My Project (2)":        `^My-Project--2-[0-9a-f]{12}$`,
		"...":                   `^root-[0-9a-f]{12}$`,
		"größe":                 `^gr--e-[0-9a-f]{12}$`,
		strings.Repeat("x", 90): `^x{40}-[0-9a-f]{12}$`,
	} {
		root := filepath.Join(work, base)
		if err := os.Mkdir(root, 0o700); err != nil {
			t.Fatal(err)
		}
		path, err := pathUnder(state, root)
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.Base(filepath.Dir(path))
		if !regexp.MustCompile(want).MatchString(folder) || path != filepath.Join(state, "slop-ls", folder, "state.db") {
			t.Errorf("%q: %s", base, path)
		}
		if other, twice := seen[path]; twice {
			t.Errorf("%q and %q share a store", base, other)
		}
		seen[path] = base
	}
}

func TestPathThroughALink(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "real")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Mkdir(root, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(root, link); err != nil {
		t.Skip("no links here: ", err)
	}
	a, err := DefaultPath(root)
	if err != nil {
		t.Fatal(err)
	}
	b, err := DefaultPath(link + string(filepath.Separator))
	if err != nil || a != b {
		t.Errorf("%s and %s, %v; want one store", a, b, err)
	}
	if !strings.HasPrefix(a, xdg.StateHome) {
		t.Errorf("%s is not under %s", a, xdg.StateHome)
	}
}
