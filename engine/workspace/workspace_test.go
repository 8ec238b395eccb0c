package workspace_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/workspace"
)

// folder is a workspace in a temporary folder with its workbench.
type folder struct {
	*testing.T
	dir     string
	w       *workspace.Workspace
	bench   *workspace.Workbench
	scratch string
}

func openFolder(t *testing.T, set ...func(*workspace.Options)) *folder {
	t.Helper()
	return openAt(t, t.TempDir(), set...)
}

func openAt(t *testing.T, dir string, set ...func(*workspace.Options)) *folder {
	t.Helper()
	w, err := workspace.Open(dir)
	must(t, err)
	t.Cleanup(func() { w.Close() })
	f := &folder{T: t, dir: w.Path(), w: w, scratch: filepath.Join(t.TempDir(), "scratch")}
	opts := workspace.Options{Scratch: f.scratch}
	for _, s := range set {
		s(&opts)
	}
	f.scratch = opts.Scratch
	f.bench, err = workspace.NewWorkbench(w, w, opts)
	must(t, err)
	return f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (f *folder) put(path, content string) {
	f.Helper()
	name := filepath.Join(f.dir, path)
	must(f, os.MkdirAll(filepath.Dir(name), 0o755))
	must(f, os.WriteFile(name, []byte(content), 0o644))
}

func (f *folder) remove(path string) {
	f.Helper()
	if err := os.Remove(filepath.Join(f.dir, path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.Fatal(err)
	}
}

func (f *folder) content(path string) string {
	f.Helper()
	data, err := os.ReadFile(filepath.Join(f.dir, path))
	must(f, err)
	return string(data)
}

// git runs git for the person, with no configuration but this.
func (f *folder) git(args ...string) string {
	f.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=P", "-c", "user.email=p@example.com", "-c", "init.defaultBranch=main"}, args...)...)
	cmd.Dir = f.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		f.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (f *folder) draft() engine.Draft {
	f.Helper()
	d, release, err := f.bench.Draft(f.Context(), engine.Run{Attempt: 1})
	must(f, err)
	f.Cleanup(release)
	return d
}

func TestConforms(t *testing.T) {
	t.Parallel()
	for _, repo := range []bool{false, true} {
		name := "plain"
		if repo {
			name = "git"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			enginetest.FilesConformance(t, func(t *testing.T) enginetest.Folder {
				f := openFolder(t)
				if repo {
					f.git("init", "-q")
				}
				return enginetest.Folder{Files: f.w, Applier: f.w, Workbench: f.bench, Put: f.put, Remove: f.remove}
			})
		})
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	f.put("sub/deep/x", "")
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(f.dir, link))
	find := func(explicit, start, want string) {
		t.Helper()
		if got, err := workspace.Find(explicit, start); err != nil || got != want {
			t.Errorf("Find(%q, %q) = %q, %v; want %q", explicit, start, got, err, want)
		}
	}
	deep := filepath.Join(f.dir, "sub", "deep")
	find("", deep, deep)
	f.git("init", "-q")
	find("", deep, f.dir)
	find("", filepath.Join(link, "sub"), f.dir)
	find(filepath.Join(link, "sub"), deep, filepath.Join(f.dir, "sub"))
	f.put("file", "")
	for _, bad := range []string{"none", "file"} {
		if got, err := workspace.Find(filepath.Join(f.dir, bad), deep); err == nil {
			t.Errorf("Find of %s gave %q", bad, got)
		}
	}
	f.put("sub/.git", "gitdir: elsewhere\n")
	find("", deep, filepath.Join(f.dir, "sub"))
}

func TestLinksDoNotLeaveTheWorkspace(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret")
	must(t, os.WriteFile(secret, []byte("secret"), 0o600))
	f.put("real/a", "a")
	for name, target := range map[string]string{
		"absolute": secret, "dir": outside, "up": "../../../../etc/passwd", "inside": "real/a", "realdir": "real", "loop": "loop",
	} {
		must(t, os.Symlink(target, filepath.Join(f.dir, name)))
	}
	for _, p := range []string{"absolute", "dir/secret", "up"} {
		if got, err := f.w.Read(t.Context(), p); !errors.Is(err, engine.ErrOutside) {
			t.Errorf("reading %s gave %q, %v", p, got.Data, err)
		}
	}
	if got, err := f.w.Read(t.Context(), "inside"); err != nil || string(got.Data) != "a" {
		t.Errorf("a link inside gave %q, %v", got.Data, err)
	}
	list, err := f.w.List(t.Context(), ".", false)
	must(t, err)
	var names []string
	for _, e := range list {
		names = append(names, e.Path)
	}
	if got := strings.Join(names, " "); got != "inside real realdir" {
		t.Errorf("the list is %s", got)
	}
	d := f.draft()
	for _, p := range []string{"absolute", "dir/x", "up", "inside", "realdir/a", "loop", "loop/x"} {
		if err := d.Write(t.Context(), p, []byte("x")); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("writing %s gave %v", p, err)
		}
		for _, op := range []engine.ChangeOp{engine.OpCreate, engine.OpModify, engine.OpDelete} {
			set := engine.ChangeSet{Files: []engine.FileChange{{Path: p, Op: op, Base: []byte("secret"), After: []byte("x")}}}
			if _, err := f.w.Deliver(t.Context(), engine.Run{}, set); !errors.Is(err, fs.ErrInvalid) {
				t.Errorf("delivering %s of %s gave %v", op, p, err)
			}
		}
	}
	if got, _ := os.ReadFile(secret); string(got) != "secret" {
		t.Errorf("the secret is now %q", got)
	}
}

// TestLinkAfterTheCheck swaps a folder for a link while files below it are read and delivered.
func TestLinkAfterTheCheck(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	outside := t.TempDir()
	must(t, os.WriteFile(filepath.Join(outside, "a"), []byte("secret"), 0o600))
	f.put("dir/a", "mine")
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		dir, away := filepath.Join(f.dir, "dir"), filepath.Join(f.dir, "away")
		for {
			select {
			case <-stop:
				return
			default:
			}
			_ = os.Rename(dir, away)
			_ = os.Symlink(outside, dir)
			_ = os.Remove(dir)
			_ = os.Rename(away, dir)
		}
	}()
	for range 2000 {
		if got, err := f.w.Read(t.Context(), "dir/a"); err == nil && string(got.Data) == "secret" {
			t.Fatal("read a file outside the workspace")
		}
	}
	for range 50 {
		set := engine.ChangeSet{Files: []engine.FileChange{{Path: "dir/new", Op: engine.OpCreate, After: []byte("x")}}}
		_, _ = f.w.Deliver(t.Context(), engine.Run{}, set)
	}
	close(stop)
	<-done
	left, err := os.ReadDir(outside)
	must(t, err)
	if len(left) != 1 {
		t.Errorf("outside the workspace there are now %v", left)
	}
}

func TestRelative(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	if got, err := f.w.Relative(filepath.Join(f.dir, "a", "b.go")); err != nil || got != "a/b.go" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := f.w.Relative(filepath.Dir(f.dir)); !errors.Is(err, engine.ErrOutside) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestIgnored(t *testing.T) {
	t.Parallel()
	for _, repo := range []bool{false, true} {
		f := openFolder(t)
		if repo {
			f.git("init", "-q")
		}
		f.put(".gitignore", "*.log\n!keep.log\n/top\nbuild/\ndoc/**/gen\n# comment\nsp\\ ace\nodd{1}\nin/**\n")
		f.put("sub/.gitignore", "local\n!*.log\n")
		for _, p := range []string{
			"a.log", "keep.log", "top", "x/top", "build/out", "x/build/out", "doc/gen", "doc/a/b/gen", "sub/local", "sub/b.log",
			"local", "sp ace", "odd{1}", "odd1", "in/side", "x/build2", "ok.go",
		} {
			f.put(p, "x")
		}
		list, err := f.w.List(t.Context(), ".", true)
		must(t, err)
		var got []string
		for _, e := range list {
			got = append(got, e.Path)
		}
		want := ".gitignore keep.log local odd1 ok.go sub/.gitignore sub/b.log x/build2 x/top"
		if g := strings.Join(got, " "); g != want {
			t.Errorf("git %v:\n got %s\nwant %s", repo, g, want)
		}
	}
}

func TestListSeesNestedRepositories(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	f.git("init", "-q")
	f.put("a", "x")
	f.put("inner/b", "x")
	f.put("inner/skip", "x")
	f.put("inner/.gitignore", "skip\n")
	inner := &folder{T: t, dir: filepath.Join(f.dir, "inner")}
	inner.git("init", "-q")
	f.git("add", "a")
	f.remove("a")
	f.put("c", "x")
	list, err := f.w.List(t.Context(), ".", true)
	must(t, err)
	var got []string
	for _, e := range list {
		got = append(got, e.Path)
	}
	if g := strings.Join(got, " "); g != "c inner/.gitignore inner/b" {
		t.Errorf("got %s", g)
	}
}
