package enginetest

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
)

// Folder is one workspace under test, with the ports over it.
type Folder struct {
	Files     engine.Files
	Applier   engine.Applier
	Workbench engine.Workbench
	Put       func(path, content string) // what a person does
	Remove    func(path string)
}

// FilesConformance is what Files, Applier and the drafts of a Workbench must all do, in memory and on disk. open
// makes an empty workspace.
func FilesConformance(t *testing.T, open func(t *testing.T) Folder) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Folder)
	}{
		{"reads", readsFiles},
		{"lists", listsFiles},
		{"refuses paths", refusesPaths},
		{"draft sees itself", draftSeesItself},
		{"draft is private", draftIsPrivate},
		{"draft lists", draftLists},
		{"draft refuses", draftRefuses},
		{"changes", collapsesChanges},
		{"base is what was read", baseIsWhatWasRead},
		{"base is what was read last", baseIsWhatWasReadLast},
		{"rebases", rebases},
		{"delivers", delivers},
		{"delivers again", deliversAgain},
		{"merges", merges},
		{"conflicts", conflicts},
		{"all or none", allOrNone},
		{"cancelled", cancelled},
		{"keeps bytes", keepsBytes},
		{"shelf", keepsShelf},
		{"copies", copiesSlices},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, open(t))
		})
	}
}

func openDraft(t *testing.T, f Folder) engine.Draft {
	t.Helper()
	d, release, err := f.Workbench.Draft(t.Context(), engine.Run{Attempt: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return d
}

func wantFile(t *testing.T, files engine.Files, path, want string) {
	t.Helper()
	f, err := files.Read(t.Context(), path)
	if err != nil {
		t.Errorf("reading %s: %v", path, err)
		return
	}
	if f.Path != path || string(f.Data) != want {
		t.Errorf("%s: %q holds %q, want %q", path, f.Path, f.Data, want)
	}
}

func wantNone(t *testing.T, files engine.Files, path string) {
	t.Helper()
	if f, err := files.Read(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading %s gave %q, %v; want ErrNotExist", path, f.Data, err)
	}
}

func wantList(t *testing.T, files engine.Files, dir string, recursive bool, want ...string) {
	t.Helper()
	list, err := files.List(t.Context(), dir, recursive)
	if err != nil {
		t.Errorf("listing %s: %v", dir, err)
		return
	}
	var got []string
	for _, e := range list {
		if e.Dir {
			e.Path += "/"
		}
		got = append(got, e.Path)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("list of %s, recursive %v (-want +got):\n%s", dir, recursive, diff)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s gave %v, want %v", what, got, want)
	}
}

func wantChanges(t *testing.T, d engine.Draft, want string) engine.ChangeSet {
	t.Helper()
	set, err := d.Changes(t.Context())
	must(t, err)
	if diff := cmp.Diff(want, Describe(set)); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	return set
}

func readsFiles(t *testing.T, f Folder) {
	f.Put("a/b.go", "package b\n")
	f.Put("empty", "")
	wantFile(t, f.Files, "a/b.go", "package b\n")
	wantFile(t, f.Files, "empty", "")
	wantNone(t, f.Files, "a/c.go")
	wantNone(t, f.Files, "x/y/z")
	_, err := f.Files.Read(t.Context(), "a")
	wantError(t, "reading a folder", err, fs.ErrInvalid)
}

func listsFiles(t *testing.T, f Folder) {
	wantList(t, f.Files, ".", true)
	for _, p := range []string{"b.go", "a/z.go", "a/b/c.go", "a.go", "ä ö/ü.txt"} {
		f.Put(p, "x\n")
	}
	wantList(t, f.Files, ".", false, "a/", "a.go", "b.go", "ä ö/")
	wantList(t, f.Files, "a", false, "a/b/", "a/z.go")
	wantList(t, f.Files, "a", true, "a/b/c.go", "a/z.go")
	wantList(t, f.Files, ".", true, "a.go", "a/b/c.go", "a/z.go", "b.go", "ä ö/ü.txt")
	_, err := f.Files.List(t.Context(), "none", false)
	wantError(t, "listing what is not there", err, fs.ErrNotExist)
	_, err = f.Files.List(t.Context(), "a.go", true)
	wantError(t, "listing a file", err, fs.ErrInvalid)
}

func refusesPaths(t *testing.T, f Folder) {
	d := openDraft(t, f)
	for _, p := range []string{"../x", "/etc/passwd", "a/../../x", ".."} {
		_, err := f.Files.Read(t.Context(), p)
		wantError(t, "Files.Read "+p, err, engine.ErrOutside)
		_, err = f.Files.List(t.Context(), p, true)
		wantError(t, "Files.List "+p, err, engine.ErrOutside)
		_, err = d.Read(t.Context(), p)
		wantError(t, "Draft.Read "+p, err, engine.ErrOutside)
		wantError(t, "Draft.Write "+p, d.Write(t.Context(), p, nil), engine.ErrOutside)
		wantError(t, "Draft.Rename "+p, d.Rename(t.Context(), p, "q"), engine.ErrOutside)
		set := engine.ChangeSet{Files: []engine.FileChange{{Path: p, Op: engine.OpCreate}}}
		_, err = f.Applier.Deliver(t.Context(), engine.Run{}, set)
		wantError(t, "Deliver "+p, err, engine.ErrOutside)
	}
	for _, p := range []string{"", "a//b", "./a", "a/", "a\x00b", "a/../b"} {
		_, err := f.Files.Read(t.Context(), p)
		wantError(t, "Files.Read "+p, err, fs.ErrInvalid)
		wantError(t, "Draft.Write "+p, d.Write(t.Context(), p, nil), fs.ErrInvalid)
	}
	wantChanges(t, d, "")
}

func draftSeesItself(t *testing.T, f Folder) {
	f.Put("a.txt", "one\n")
	ctx, d := t.Context(), openDraft(t, f)
	wantFile(t, d, "a.txt", "one\n")
	must(t, d.Write(ctx, "a.txt", []byte("two\n")))
	wantFile(t, d, "a.txt", "two\n")
	wantFile(t, f.Files, "a.txt", "one\n")
	must(t, d.Rename(ctx, "a.txt", "sub/b.txt"))
	wantNone(t, d, "a.txt")
	wantFile(t, d, "sub/b.txt", "two\n")
	must(t, d.Delete(ctx, "sub/b.txt"))
	wantNone(t, d, "sub/b.txt")
	f.Put("live.txt", "1\n")
	wantFile(t, d, "live.txt", "1\n")
	f.Put("live.txt", "2\n")
	wantFile(t, d, "live.txt", "2\n")
}

func draftIsPrivate(t *testing.T, f Folder) {
	f.Put("a.txt", "one\n")
	ctx, d, other := t.Context(), openDraft(t, f), openDraft(t, f)
	must(t, d.Write(ctx, "a.txt", []byte("two\n")))
	must(t, d.Write(ctx, "new.txt", []byte("new\n")))
	wantFile(t, other, "a.txt", "one\n")
	wantNone(t, other, "new.txt")
	wantNone(t, f.Files, "new.txt")
}

func draftLists(t *testing.T, f Folder) {
	f.Put("a.txt", "a")
	f.Put("dir/b.txt", "b")
	f.Put("dir/c.txt", "c")
	ctx, d := t.Context(), openDraft(t, f)
	must(t, d.Delete(ctx, "dir/b.txt"))
	must(t, d.Write(ctx, "dir/sub/d.txt", []byte("d")))
	must(t, d.Write(ctx, "fresh/e.txt", []byte("e")))
	wantList(t, d, ".", false, "a.txt", "dir/", "fresh/")
	wantList(t, d, ".", true, "a.txt", "dir/c.txt", "dir/sub/d.txt", "fresh/e.txt")
	wantList(t, d, "dir", false, "dir/c.txt", "dir/sub/")
	wantList(t, d, "fresh", true, "fresh/e.txt")
	_, err := d.List(ctx, "none", false)
	wantError(t, "listing what is not there", err, fs.ErrNotExist)
}

func draftRefuses(t *testing.T, f Folder) {
	f.Put("a.txt", "a")
	f.Put("dir/b.txt", "b")
	ctx, d := t.Context(), openDraft(t, f)
	wantError(t, "deleting nothing", d.Delete(ctx, "none"), fs.ErrNotExist)
	wantError(t, "renaming nothing", d.Rename(ctx, "none", "x"), fs.ErrNotExist)
	wantError(t, "renaming onto a file", d.Rename(ctx, "a.txt", "dir/b.txt"), fs.ErrExist)
	wantError(t, "writing a folder", d.Write(ctx, "dir", nil), fs.ErrInvalid)
	wantError(t, "writing the root", d.Write(ctx, ".", nil), fs.ErrInvalid)
	wantError(t, "writing below a file", d.Write(ctx, "a.txt/x", nil), fs.ErrInvalid)
	must(t, d.Write(ctx, "own", nil))
	wantError(t, "writing below an own file", d.Write(ctx, "own/x", nil), fs.ErrInvalid)
	must(t, d.Write(ctx, "deep/er/x", nil))
	wantError(t, "writing an own folder", d.Write(ctx, "deep/er", nil), fs.ErrInvalid)
	must(t, d.Delete(ctx, "own"))
	wantError(t, "deleting twice", d.Delete(ctx, "own"), fs.ErrNotExist)
	wantChanges(t, d, "create deep/er/x \"\" → \"\"\n")
}

func collapsesChanges(t *testing.T, f Folder) {
	for _, p := range []string{"changed", "deleted", "edited", "moved", "over", "same", "there", "twice"} {
		f.Put(p, p+"\n")
	}
	ctx, d := t.Context(), openDraft(t, f)
	wantChanges(t, d, "")
	must(t, d.Write(ctx, "changed", []byte("x\n")))
	must(t, d.Write(ctx, "deleted", []byte("x\n")))
	must(t, d.Delete(ctx, "deleted"))
	must(t, d.Write(ctx, "fleeting", []byte("x\n")))
	must(t, d.Delete(ctx, "fleeting"))
	must(t, d.Write(ctx, "new", []byte("n\n")))
	must(t, d.Rename(ctx, "new", "newer"))
	must(t, d.Rename(ctx, "moved", "to/moved"))
	must(t, d.Rename(ctx, "edited", "to/edited"))
	must(t, d.Write(ctx, "to/edited", []byte("edited too\n")))
	must(t, d.Write(ctx, "same", []byte("x\n")))
	must(t, d.Write(ctx, "same", []byte("same\n")))
	must(t, d.Rename(ctx, "there", "and"))
	must(t, d.Rename(ctx, "and", "there"))
	must(t, d.Rename(ctx, "twice", "once"))
	must(t, d.Write(ctx, "twice", []byte("again\n")))
	must(t, d.Delete(ctx, "over"))
	must(t, d.Write(ctx, "over", []byte("over again\n")))
	wantChanges(t, d, `modify changed "changed\n" → "x\n"
delete deleted "deleted\n" → ""
create newer "" → "n\n"
create once "" → "twice\n"
modify over "over\n" → "over again\n"
rename to/edited from edited "edited\n" → "edited too\n"
rename to/moved from moved "moved\n" → "moved\n"
modify twice "twice\n" → "again\n"
`)
}

func baseIsWhatWasRead(t *testing.T, f Folder) {
	f.Put("a.txt", "1\n2\n3\n4\n5\n")
	ctx, d := t.Context(), openDraft(t, f)
	wantFile(t, d, "a.txt", "1\n2\n3\n4\n5\n")
	wantNone(t, d, "b.txt")
	f.Put("a.txt", "one\n2\n3\n4\n5\n")
	f.Put("b.txt", "theirs\n")
	must(t, d.Write(ctx, "a.txt", []byte("1\n2\n3\n4\nfive\n")))
	set := wantChanges(t, d, `modify a.txt "1\n2\n3\n4\n5\n" → "1\n2\n3\n4\nfive\n"`+"\n")
	_, err := f.Applier.Deliver(ctx, engine.Run{}, set)
	must(t, err)
	wantFile(t, f.Files, "a.txt", "one\n2\n3\n4\nfive\n")
}

// baseIsWhatWasReadLast: an edit is laid on what is there now; what came and went before it is none of the worker's
// doing. A look that the worker is not shown changes nothing.
func baseIsWhatWasReadLast(t *testing.T, f Folder) {
	f.Put("a.txt", "1\n2\n")
	ctx, d := t.Context(), openDraft(t, f)
	wantFile(t, d, "a.txt", "1\n2\n")
	f.Put("a.txt", "typed\n1\n2\n")
	wantFile(t, d, "a.txt", "typed\n1\n2\n")
	f.Put("a.txt", "1\n2\n3\n")
	seen, err := d.Peek(ctx, "a.txt")
	must(t, err)
	if string(seen.Data) != "1\n2\n3\n" {
		t.Errorf("a look shows %q", seen.Data)
	}
	must(t, d.Write(ctx, "a.txt", []byte("typed\none\n2\n")))
	set := wantChanges(t, d, `modify a.txt "typed\n1\n2\n" → "typed\none\n2\n"`+"\n")
	f.Put("a.txt", "typed\n1\n2\n3\n4\n")
	_, err = f.Applier.Deliver(ctx, engine.Run{}, set)
	must(t, err)
	wantFile(t, f.Files, "a.txt", "typed\none\n2\n3\n4\n")
}

// rebases: a change goes onto what is there now, one that cannot be merged is let go, and what was only read and has
// changed is told once.
func rebases(t *testing.T, f Folder) {
	for _, p := range []string{"merged", "clash", "read", "kept"} {
		f.Put(p, "1\n2\n3\n4\n5\n")
	}
	f.Put("deleted", "x\n")
	ctx, d := t.Context(), openDraft(t, f)
	for _, p := range []string{"merged", "clash", "kept"} {
		wantFile(t, d, p, "1\n2\n3\n4\n5\n")
		must(t, d.Write(ctx, p, []byte("1\n2\n3\n4\nfive\n")))
	}
	wantFile(t, d, "read", "1\n2\n3\n4\n5\n")
	must(t, d.Delete(ctx, "deleted"))
	must(t, d.Write(ctx, "new", []byte("mine\n")))
	f.Put("merged", "one\n2\n3\n4\n5\n")
	f.Put("clash", "1\n2\n3\n4\nFIVE\n")
	f.Put("read", "something else\n")
	f.Put("deleted", "y\n")
	f.Put("new", "theirs\n")
	changed, conflicts, err := d.Rebase(ctx, engine.Run{})
	must(t, err)
	var clashes []string
	for _, c := range conflicts {
		clashes = append(clashes, c.Path)
	}
	if !slices.Equal(changed, []string{"merged", "read"}) || !slices.Equal(clashes, []string{"clash", "deleted", "new"}) {
		t.Errorf("changed %v, conflicts %v", changed, conflicts)
	}
	wantFile(t, d, "merged", "one\n2\n3\n4\nfive\n")
	wantFile(t, d, "clash", "1\n2\n3\n4\nFIVE\n")
	wantFile(t, d, "deleted", "y\n")
	wantFile(t, d, "new", "theirs\n")
	if changed, conflicts, err := d.Rebase(ctx, engine.Run{}); err != nil || len(changed)+len(conflicts) > 0 {
		t.Errorf("again: %v, %v, %v", changed, conflicts, err)
	}
	wantChanges(t, d, `modify kept "1\n2\n3\n4\n5\n" → "1\n2\n3\n4\nfive\n"`+"\n"+
		`modify merged "one\n2\n3\n4\n5\n" → "one\n2\n3\n4\nfive\n"`+"\n")
}

// fourChanges is a change set with each operation, and what it makes.
func fourChanges(t *testing.T, f Folder) engine.ChangeSet {
	t.Helper()
	f.Put("del.txt", "d\n")
	f.Put("mod.txt", "1\n2\n3\n")
	f.Put("old.txt", "o\n")
	ctx, d := t.Context(), openDraft(t, f)
	must(t, d.Delete(ctx, "del.txt"))
	must(t, d.Write(ctx, "mod.txt", []byte("1\ntwo\n3\n4\n")))
	must(t, d.Write(ctx, "new/file.txt", []byte("n\n")))
	must(t, d.Rename(ctx, "old.txt", "sub/name.txt"))
	set, err := d.Changes(ctx)
	must(t, err)
	return set
}

func wantFour(t *testing.T, f Folder) {
	t.Helper()
	wantNone(t, f.Files, "del.txt")
	wantNone(t, f.Files, "old.txt")
	wantFile(t, f.Files, "mod.txt", "1\ntwo\n3\n4\n")
	wantFile(t, f.Files, "new/file.txt", "n\n")
	wantFile(t, f.Files, "sub/name.txt", "o\n")
}

func wantDelivered(t *testing.T, got engine.Delivered) {
	t.Helper()
	hash := func(s string) string { return engine.ContentHash([]byte(s)) }
	want := []engine.DeliveredFile{
		{Path: "del.txt", Op: engine.OpDelete, Gone: 1},
		{Path: "mod.txt", Op: engine.OpModify, Hash: hash("1\ntwo\n3\n4\n"), Added: 2, Gone: 1},
		{Path: "new/file.txt", Op: engine.OpCreate, Hash: hash("n\n"), Added: 1},
		{Path: "sub/name.txt", Op: engine.OpRename, Hash: hash("o\n")},
	}
	if diff := cmp.Diff(want, got.Files); diff != "" {
		t.Errorf("delivered (-want +got):\n%s", diff)
	}
}

func delivers(t *testing.T, f Folder) {
	got, err := f.Applier.Deliver(t.Context(), engine.Run{Attempt: 1}, fourChanges(t, f))
	must(t, err)
	wantFour(t, f)
	wantDelivered(t, got)
	_, err = f.Applier.Deliver(t.Context(), engine.Run{Attempt: 1}, engine.ChangeSet{})
	must(t, err)
}

func deliversAgain(t *testing.T, f Folder) {
	set := fourChanges(t, f)
	// As a crash leaves it: some files as they were, some delivered, a rename with both names.
	f.Put("mod.txt", "1\ntwo\n3\n4\n")
	f.Put("sub/name.txt", "o\n")
	for range 3 {
		got, err := f.Applier.Deliver(t.Context(), engine.Run{Attempt: 1}, set)
		must(t, err)
		wantFour(t, f)
		wantDelivered(t, got)
	}
}

func merges(t *testing.T, f Folder) {
	f.Put("a.txt", "1\n2\n3\n4\n5\n")
	f.Put("b.txt", "1\n2\n3\n4\n5\n")
	ctx, d := t.Context(), openDraft(t, f)
	must(t, d.Write(ctx, "a.txt", []byte("1\n2\n3\n4\nfive\n")))
	must(t, d.Rename(ctx, "b.txt", "c.txt"))
	must(t, d.Write(ctx, "c.txt", []byte("1\n2\n3\n4\nfive\n")))
	set, err := d.Changes(ctx)
	must(t, err)
	f.Put("a.txt", "one\n2\n3\n4\n5\n")
	f.Put("b.txt", "one\n2\n3\n4\n5\n")
	got, err := f.Applier.Deliver(ctx, engine.Run{}, set)
	must(t, err)
	wantFile(t, f.Files, "a.txt", "one\n2\n3\n4\nfive\n")
	wantFile(t, f.Files, "c.txt", "one\n2\n3\n4\nfive\n")
	wantNone(t, f.Files, "b.txt")
	if len(got.Files) != 2 || !got.Files[0].Merged || !got.Files[1].Merged {
		t.Errorf("delivered %+v, want two merged files", got.Files)
	}
	_, err = f.Applier.Deliver(ctx, engine.Run{}, set)
	must(t, err)
	wantFile(t, f.Files, "a.txt", "one\n2\n3\n4\nfive\n")
	wantFile(t, f.Files, "c.txt", "one\n2\n3\n4\nfive\n")
}

func conflicts(t *testing.T, f Folder) {
	for _, c := range []struct {
		name   string
		theirs func()
		change engine.FileChange
		text   string // that must be shown
	}{
		{
			"same line", func() { f.Put("a", "theirs\n") },
			engine.FileChange{Path: "a", Op: engine.OpModify, Base: []byte("base\n"), After: []byte("ours\n")},
			"theirs",
		},
		{"created twice", func() { f.Put("a", "theirs\n") }, engine.FileChange{Path: "a", Op: engine.OpCreate, After: []byte("ours\n")}, ""},
		{"modified and gone", func() { f.Remove("a") }, engine.FileChange{Path: "a", Op: engine.OpModify, Base: []byte("b\n"), After: []byte("c\n")}, ""},
		{"deleted and changed", func() { f.Put("a", "theirs\n") }, engine.FileChange{Path: "a", Op: engine.OpDelete, Base: []byte("b\n")}, ""},
		{
			"renamed onto", func() { f.Put("a", "theirs\n"); f.Put("b", "b\n") },
			engine.FileChange{Path: "a", Op: engine.OpRename, From: "b", Base: []byte("b\n"), After: []byte("b\n")},
			"",
		},
		{
			"renamed and gone", func() { f.Remove("a"); f.Remove("b") },
			engine.FileChange{Path: "a", Op: engine.OpRename, From: "b", Base: []byte("b\n"), After: []byte("b\n")},
			"",
		},
	} {
		c.theirs()
		_, err := f.Applier.Deliver(t.Context(), engine.Run{}, engine.ChangeSet{Files: []engine.FileChange{c.change}})
		var conflict *engine.ConflictError
		if !errors.As(err, &conflict) || len(conflict.Conflicts) != 1 || conflict.Conflicts[0].Path != "a" {
			t.Errorf("%s: got %v, want one conflict in a", c.name, err)
			continue
		}
		if got := conflict.Conflicts[0].Text; got == "" || !strings.Contains(got, c.text) {
			t.Errorf("%s: the conflict shows %q", c.name, got)
		}
	}
}

func allOrNone(t *testing.T, f Folder) {
	set := fourChanges(t, f)
	f.Put("sub/name.txt", "someone else's\n")
	_, err := f.Applier.Deliver(t.Context(), engine.Run{}, set)
	var conflict *engine.ConflictError
	if !errors.As(err, &conflict) {
		t.Fatalf("got %v, want a conflict", err)
	}
	wantFile(t, f.Files, "del.txt", "d\n")
	wantFile(t, f.Files, "mod.txt", "1\n2\n3\n")
	wantFile(t, f.Files, "old.txt", "o\n")
	wantFile(t, f.Files, "sub/name.txt", "someone else's\n")
	wantList(t, f.Files, ".", true, "del.txt", "mod.txt", "old.txt", "sub/name.txt")
}

func cancelled(t *testing.T, f Folder) {
	set := fourChanges(t, f)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.Applier.Deliver(ctx, engine.Run{}, set)
	wantError(t, "Deliver", err, context.Canceled)
	_, err = f.Files.Read(ctx, "mod.txt")
	wantError(t, "Read", err, context.Canceled)
	_, err = f.Files.List(ctx, ".", true)
	wantError(t, "List", err, context.Canceled)
	_, _, err = f.Workbench.Draft(ctx, engine.Run{})
	wantError(t, "Draft", err, context.Canceled)
	wantFile(t, f.Files, "mod.txt", "1\n2\n3\n")
}

func keepsBytes(t *testing.T, f Folder) {
	for _, content := range []string{"a\r\nb\r\n", "no end", "\xef\xbb\xbfbom\n", "latin \xe9\n", "nul\x00\n", "", "mixed\r\n\n\r"} {
		ctx, d := t.Context(), openDraft(t, f)
		must(t, d.Write(ctx, "x", []byte(content)))
		set, err := d.Changes(ctx)
		must(t, err)
		set, err = engine.DecodeChangeSet(set.Encode())
		must(t, err)
		_, err = f.Applier.Deliver(ctx, engine.Run{}, set)
		must(t, err)
		wantFile(t, f.Files, "x", content)
	}
}

func copiesSlices(t *testing.T, f Folder) {
	f.Put("a", "one")
	ctx, d := t.Context(), openDraft(t, f)
	mine := []byte("two")
	must(t, d.Write(ctx, "b", mine))
	mine[0] = 'X'
	for _, p := range []string{"a", "b"} {
		got, err := d.Read(ctx, p)
		must(t, err)
		got.Data[0] = 'X'
	}
	wantFile(t, d, "a", "one")
	set := wantChanges(t, d, "create b \"\" → \"two\"\n")
	set.Files[0].After[0] = 'X'
	wantFile(t, d, "b", "two")
}

// keepsShelf: a draft has one shelf, of its own, and nothing on it is a change.
func keepsShelf(t *testing.T, f Folder) {
	d, other := openDraft(t, f), openDraft(t, f)
	long := strings.Repeat("x\n", engine.MaxResult)
	d.Shelf().Fit(long)
	if got, err := d.Shelf().Read("result://1"); got != long || err != nil {
		t.Errorf("the shelf has %d bytes, %v", len(got), err)
	}
	if _, err := other.Shelf().Read("result://1"); err == nil {
		t.Error("another draft has the same shelf")
	}
	if set, err := d.Changes(t.Context()); err != nil || !set.Empty() {
		t.Errorf("a result became a change: %v %v", set, err)
	}
	if err := d.Write(t.Context(), "result://1", nil); err == nil {
		t.Error("a file was made with a result's name")
	}
}
