package workspace_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine/workspace"
)

// TestALinkToASecret: what would be asked about by its own name is not read by that of a link, nor below one.
func TestALinkToASecret(t *testing.T) {
	t.Parallel()
	f := openFolder(t, func(o *workspace.Options) {
		o.Hidden = func(p string) bool { return filepath.Base(p) == ".env" || strings.HasPrefix(p, ".secrets/") }
	})
	f.put(".env", "KEY=1\n")
	f.put(".secrets/a.md", "KEY=2\n")
	f.put("docs/open.md", "open\n")
	for link, to := range map[string]string{"docs/notes.md": "../.env", "more": ".secrets", "docs/again.md": "notes.md", "fine.md": "docs/open.md"} {
		must(t, os.Symlink(to, filepath.Join(f.dir, link)))
	}
	d := f.draft()
	for _, p := range []string{"docs/notes.md", "more/a.md", "docs/again.md"} {
		for name, read := range map[string]func() error{
			"read": func() error { _, err := d.Read(t.Context(), p); return err },
			"peek": func() error { _, err := d.Peek(t.Context(), p); return err },
		} {
			if err := read(); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "is a link to .") {
				t.Errorf("%s %s: %v", name, p, err)
			}
		}
	}
	for p, want := range map[string]string{".env": "KEY=1\n", ".secrets/a.md": "KEY=2\n", "fine.md": "open\n", "docs/open.md": "open\n"} {
		if got, err := d.Read(t.Context(), p); err != nil || string(got.Data) != want {
			t.Errorf("%s: %q, %v", p, got.Data, err)
		}
	}
}
