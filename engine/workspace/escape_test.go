//go:build darwin || linux

package workspace_test

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
)

// doors are the ways by which a path of a model's or of a track's comes in. Each says whether it let the path through.
var doors = map[string]func(f *folder, p string) error{
	"read":        func(f *folder, p string) error { _, err := f.w.Read(f.Context(), p); return err },
	"list":        func(f *folder, p string) error { _, err := f.w.List(f.Context(), p, true); return err },
	"draft reads": func(f *folder, p string) error { _, err := f.draft().Read(f.Context(), p); return err },
	"draft writes": func(f *folder, p string) error {
		return f.draft().Write(f.Context(), p, []byte("escaped"))
	},
	"draft deletes": func(f *folder, p string) error { return f.draft().Delete(f.Context(), p) },
	"draft renames": func(f *folder, p string) error { return f.draft().Rename(f.Context(), p, "new") },
	"draft renames to": func(f *folder, p string) error {
		return f.draft().Rename(f.Context(), "mine", p)
	},
	"delivery creates": func(f *folder, p string) error {
		return f.deliver(engine.FileChange{Path: p, Op: engine.OpCreate, After: []byte("escaped")})
	},
	"delivery changes": func(f *folder, p string) error {
		return f.deliver(engine.FileChange{Path: p, Op: engine.OpModify, Base: []byte("outside"), After: []byte("escaped")})
	},
	"delivery deletes": func(f *folder, p string) error {
		return f.deliver(engine.FileChange{Path: p, Op: engine.OpDelete, Base: []byte("outside")})
	},
	"delivery renames": func(f *folder, p string) error {
		return f.deliver(engine.FileChange{Path: "new", From: p, Op: engine.OpRename, Base: []byte("outside"), After: []byte("escaped")})
	},
	"delivery renames to": func(f *folder, p string) error {
		return f.deliver(engine.FileChange{Path: p, From: "mine", Op: engine.OpRename, Base: []byte("mine"), After: []byte("escaped")})
	},
}

func (f *folder) deliver(c engine.FileChange) error {
	_, err := f.w.Deliver(f.Context(), engine.Run{Attempt: 1}, engine.ChangeSet{Files: []engine.FileChange{c}})
	return err
}

// TestEscapes tries each way out by each door. What is outside stays as it was, and nothing of it comes in.
func TestEscapes(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret")
	must(t, os.WriteFile(secret, []byte("outside"), 0o600))
	f.git("init", "-q")
	f.put("mine", "mine")
	f.put("dir/a", "a")
	for name, target := range map[string]string{
		"link": secret, "folder": outside, "up": "../../../../etc/passwd", "proc": "/proc/self/environ", "self": ".", "git": ".git", "hop": "folder",
	} {
		must(t, os.Symlink(target, filepath.Join(f.dir, name)))
	}
	must(t, syscall.Mkfifo(filepath.Join(f.dir, "pipe"), 0o600))
	socket, err := net.Listen("unix", filepath.Join(f.dir, "socket"))
	must(t, err)
	defer socket.Close()
	before := everyFile(t, f.dir, outside)
	long := strings.Repeat("n", 300)
	for name, p := range map[string]string{
		"up":                      "../secret",
		"up from below":           "dir/../../secret",
		"up and down again":       "../" + filepath.Base(f.dir) + "/mine",
		"absolute":                secret,
		"absolute of the root":    f.dir + "/mine",
		"a home":                  "~/../../secret/",
		"a link":                  "link",
		"a link to a folder":      "folder/secret",
		"a link up":               "up",
		"a link to a link":        "hop/secret",
		"a link into /proc":       "proc",
		"not plain":               "./mine",
		"twice a slash":           "dir//a",
		"a slash at the end":      "mine/",
		"nothing":                 "",
		"a NUL":                   "mine\x00/../secret",
		"a NUL behind a good one": "mine\x00",
		"a very long name":        long,
		"a very long path":        strings.Repeat("d/", 5000) + "x",
		"a pipe":                  "pipe",
		"a socket":                "socket",
		"a file as a folder":      "mine/x",
		"a device":                "../../../../../../../dev/null",
	} {
		for door, try := range doors {
			if err := try(f, p); err == nil {
				t.Errorf("%s: %s was let through: %.60q", name, door, p)
			}
		}
	}
	for name, p := range map[string]string{
		"git's hooks":                ".git/hooks/pre-commit",
		"git's settings":             ".git/config",
		"git itself":                 ".git",
		"in capitals":                ".GIT/hooks/pre-commit",
		"in both":                    ".Git/config",
		"with a dot":                 ".git./hooks/pre-commit",
		"with a blank":               ".git /hooks/pre-commit",
		"its short name":             "git~1/hooks/pre-commit",
		"its short name, capitals":   "GIT~1/hooks/pre-commit",
		"a stream":                   ".git::$INDEX_ALLOCATION/hooks/pre-commit",
		"a character that HFS drops": ".g\u200cit/hooks/pre-commit",
		"another that HFS drops":     ".git\u200d/hooks/pre-commit",
		"a mark of the byte order":   "\ufeff.git/hooks/pre-commit",
		"of a repository inside":     "dir/.git/hooks/pre-commit",
		"through a link":             "git/hooks/pre-commit",
		"a link to here":             "self/.git/hooks/pre-commit",
	} {
		for door, try := range doors {
			if strings.Contains(door, "read") || door == "list" {
				continue
			}
			if err := try(f, p); err == nil {
				t.Errorf("%s: %s was let through: %q", name, door, p)
			}
		}
	}
	if diff := cmp.Diff(before, everyFile(t, f.dir, outside)); diff != "" {
		t.Errorf("something has changed (-before +after):\n%s", diff)
	}
}

// everyFile is each name below some folders, with what it is and holds.
func everyFile(t *testing.T, dirs ...string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, top := range dirs {
		must(t, filepath.WalkDir(top, func(p string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			found[p] = e.Type().String()
			if e.Type().IsRegular() {
				data, err := os.ReadFile(p)
				must(t, err)
				found[p] += engine.ContentHash(data)
			}
			return nil
		}))
	}
	return found
}

// TestHardLinkIsBroken: that a file has a second name outside cannot be told from inside. A delivery makes a new file in
// its place, and the other name keeps the old one.
func TestHardLinkIsBroken(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	secret := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(secret, []byte("outside"), 0o640))
	if err := os.Link(secret, filepath.Join(f.dir, "hard")); err != nil {
		t.Skip("no hard links between these folders: ", err)
	}
	must(t, f.deliver(engine.FileChange{Path: "hard", Op: engine.OpModify, Base: []byte("outside"), After: []byte("inside")}))
	if got, err := os.ReadFile(secret); err != nil || string(got) != "outside" {
		t.Errorf("outside is %q, %v", got, err)
	}
	info, err := os.Stat(filepath.Join(f.dir, "hard"))
	must(t, err)
	if f.content("hard") != "inside" || info.Mode().Perm() != 0o640 || info.Sys().(*syscall.Stat_t).Nlink != 1 {
		t.Errorf("inside is %q with mode %v", f.content("hard"), info.Mode())
	}
}

// TestHarmlessNames: names that only look like one of git's are everybody's.
func TestHarmlessNames(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	for _, p := range []string{".gitignore", ".gitattributes", "git", ".github/x", "a.git/x", "..a", "a..", "dir/...", "git~10", ".git2", "con", "aux.c", "a:b", "é", "~", "-rf"} {
		if err := f.draft().Write(t.Context(), p, []byte("x")); err != nil {
			t.Errorf("%s: %v", p, err)
		}
		if err := f.deliver(engine.FileChange{Path: p, Op: engine.OpCreate, After: []byte("x")}); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
	var left []string
	must(t, fs.WalkDir(os.DirFS(f.dir), ".", func(p string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			left = append(left, p)
		}
		return err
	}))
	if len(left) != 16 {
		t.Errorf("there is %q", left)
	}
}

// TestScratchThroughALink makes what is laid into a scratch folder a link between two commands: the next one does not
// write through it.
func TestScratchThroughALink(t *testing.T) {
	t.Parallel()
	f := dirtyRepo(t, keepOne)
	outside := t.TempDir()
	must(t, os.WriteFile(filepath.Join(outside, "exec"), []byte("outside"), 0o600))
	for range 2 {
		d, release := f.openDraft()
		f.sh(d, "rm -rf sub; ln -s "+outside+" sub; rm -rf .git; ln -s "+outside+" .git; rm clean; ln -s "+outside+"/new clean")
		must(t, d.Write(t.Context(), "sub/exec", []byte("inside\n")))
		must(t, d.Write(t.Context(), "clean", []byte("inside\n")))
		f.wantOutput(d, "cat sub/exec clean", "inside\ninside\n")
		release()
	}
	left, err := os.ReadDir(outside)
	must(t, err)
	if got, err := os.ReadFile(filepath.Join(outside, "exec")); len(left) != 1 || string(got) != "outside" || err != nil {
		t.Errorf("outside there is %v, and the file %q, %v", left, got, err)
	}
}
