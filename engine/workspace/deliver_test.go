package workspace_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/workspace"
)

// tree is every file below a folder with its content and mode, folders too.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	must(t, filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		info, err := e.Info()
		if err != nil || e.IsDir() {
			all[rel] = "folder"
			return err
		}
		data, err := os.ReadFile(p)
		all[rel] = fmt.Sprintf("%o %s", info.Mode().Perm(), data)
		return err
	}))
	return all
}

func TestDeliverKeepsModes(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	f.put("run.sh", "old\n")
	f.put("tool", "tool\n")
	must(t, os.Chmod(filepath.Join(f.dir, "run.sh"), 0o755))
	must(t, os.Chmod(filepath.Join(f.dir, "tool"), 0o710))
	ctx, d := t.Context(), f.draft()
	must(t, d.Write(ctx, "run.sh", []byte("new\n")))
	must(t, d.Rename(ctx, "tool", "bin/tool"))
	set, err := d.Changes(ctx)
	must(t, err)
	set.Files = append(set.Files, engine.FileChange{Path: "z.sh", Op: engine.OpCreate, After: []byte("z\n"), Mode: 0o700})
	_, err = f.w.Deliver(ctx, engine.Run{}, set)
	must(t, err)
	want := map[string]string{".": "folder", "bin": "folder", "run.sh": "755 new\n", "bin/tool": "710 tool\n", "z.sh": "700 z\n"}
	if diff := cmp.Diff(want, tree(t, f.dir)); diff != "" {
		t.Errorf("after (-want +got):\n%s", diff)
	}
}

// lateCancel is a context that is cancelled when it has been asked so many times.
type lateCancel struct {
	context.Context
	asked *int
	after int
}

func (c lateCancel) Err() error {
	*c.asked++
	if *c.asked > c.after {
		return context.Canceled
	}
	return nil
}

// TestDeliverTakesBack fails a delivery at every point at which it can be seen to fail.
func TestDeliverTakesBack(t *testing.T) {
	t.Parallel()
	full := 0
	for after := 0; ; after++ {
		f := openFolder(t)
		f.put("a", "a\n")
		f.put("b", "b\n")
		f.put("c", "c\n")
		must(t, os.Chmod(filepath.Join(f.dir, "b"), 0o755))
		before := tree(t, f.dir)
		set := engine.ChangeSet{Files: []engine.FileChange{
			{Path: "a", Op: engine.OpDelete, Base: []byte("a\n")},
			{Path: "b", Op: engine.OpModify, Base: []byte("b\n"), After: []byte("B\n")},
			{Path: "new/deep/er", Op: engine.OpCreate, After: []byte("n\n")},
			{Path: "other/c", Op: engine.OpRename, From: "c", Base: []byte("c\n"), After: []byte("c\n")},
		}}
		ctx := lateCancel{Context: t.Context(), asked: new(int), after: after}
		_, err := f.w.Deliver(ctx, engine.Run{}, set)
		if err == nil {
			break
		}
		full = after
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("after %d: %v", after, err)
		}
		if diff := cmp.Diff(before, tree(t, f.dir)); diff != "" {
			t.Fatalf("after %d (-before +after):\n%s", after, diff)
		}
	}
	if full < 10 {
		t.Errorf("only %d points were tried", full)
	}
}

// meddler is a context that does something when it has been asked so many times.
type meddler struct {
	context.Context
	asked *int
	when  int
	do    func()
}

func (c meddler) Err() error {
	if *c.asked++; *c.asked == c.when {
		c.do()
	}
	return nil
}

// TestDeliverWhileThePersonWrites has the person save a file at every moment at which it can be seen.
func TestDeliverWhileThePersonWrites(t *testing.T) {
	t.Parallel()
	merged := 0
	for when := 1; when <= 12; when++ {
		f := openFolder(t)
		f.put("a", "a\n")
		f.put("b", "1\n2\n3\n4\n5\n")
		set := engine.ChangeSet{Files: []engine.FileChange{
			{Path: "a", Op: engine.OpModify, Base: []byte("a\n"), After: []byte("A\n")},
			{Path: "b", Op: engine.OpModify, Base: []byte("1\n2\n3\n4\n5\n"), After: []byte("one\n2\n3\n4\n5\n")},
			{Path: "c", Op: engine.OpCreate, After: []byte("c\n")},
		}}
		asked := 0
		ctx := meddler{t.Context(), &asked, when, func() { f.put("b", "1\n2\n3\n4\nfive\n") }}
		_, err := f.w.Deliver(ctx, engine.Run{}, set)
		must(t, err)
		switch got := f.content("b"); {
		case got == "one\n2\n3\n4\nfive\n":
			merged++
		case asked >= when && got != "1\n2\n3\n4\nfive\n": // the person's may come after ours, and then is the last word
			t.Errorf("when asked %d times b became %q", when, got)
		}
		if got := f.content("a") + f.content("c"); got != "A\nc\n" {
			t.Errorf("a and c are %q", got)
		}
	}
	if merged < 5 {
		t.Errorf("only %d of the saves were merged", merged)
	}
}

// TestDeliverTakesBackRealFailure has the system refuse in the middle: a name is too long.
func TestDeliverTakesBackRealFailure(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	f.put("a", "a\n")
	before := tree(t, f.dir)
	set := engine.ChangeSet{Files: []engine.FileChange{
		{Path: "a", Op: engine.OpModify, Base: []byte("a\n"), After: []byte("A\n")},
		{Path: "new/" + strings.Repeat("x", 300), Op: engine.OpCreate, After: []byte("n\n")},
	}}
	if _, err := f.w.Deliver(t.Context(), engine.Run{}, set); err == nil {
		t.Error("a name of 300 bytes was delivered")
	}
	if diff := cmp.Diff(before, tree(t, f.dir)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// TestDeliverAfterKill kills a process that delivers, at random moments, and finishes what it left.
func TestDeliverAfterKill(t *testing.T) {
	if dir := os.Getenv("SLOP_TEST_DELIVER"); dir != "" {
		w, err := workspace.Open(dir)
		must(t, err)
		fmt.Println("ready")
		_, err = w.Deliver(context.Background(), engine.Run{Attempt: 7}, manyChanges())
		must(t, err)
		return
	}
	t.Parallel()
	self, err := os.Executable()
	must(t, err)
	half := 0
	for i := range 12 {
		f := openFolder(t)
		for _, c := range manyChanges().Files {
			if c.Op == engine.OpModify {
				f.put(c.Path, string(c.Base))
			}
		}
		cmd := exec.Command(self, "-test.run=^TestDeliverAfterKill$")
		cmd.Env = append(os.Environ(), "SLOP_TEST_DELIVER="+f.dir)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		_, err = out.Read(make([]byte, 6))
		must(t, err)
		time.Sleep(time.Duration(i) * time.Millisecond) // the moment, not a wait for anything
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if left, _ := filepath.Glob(filepath.Join(f.dir, "*", ".slop-*")); len(left) > 0 {
			half++
		}
		got, err := f.w.Deliver(t.Context(), engine.Run{Attempt: 7}, manyChanges())
		must(t, err)
		want := map[string]string{".": "folder", "d": "folder", "e": "folder"}
		for _, c := range manyChanges().Files {
			want[c.Path] = "644 " + string(c.After)
		}
		if diff := cmp.Diff(want, tree(t, f.dir)); diff != "" {
			t.Fatalf("after a kill at %d ms (-want +got):\n%s", i, diff)
		}
		if len(got.Files) != len(manyChanges().Files) {
			t.Errorf("%d files are reported", len(got.Files))
		}
	}
	t.Logf("%d of 12 kills left temporary files", half)
}

func manyChanges() engine.ChangeSet {
	var set engine.ChangeSet
	for i := range 30 {
		data := []byte(strings.Repeat(fmt.Sprintf("line of %d\n", i), 100))
		set.Files = append(set.Files,
			engine.FileChange{Path: fmt.Sprintf("d/%02d", i), Op: engine.OpModify, Base: []byte("old\n"), After: data},
			engine.FileChange{Path: fmt.Sprintf("e/%02d", i), Op: engine.OpCreate, After: data})
	}
	return set
}

// TestDeliverRepeats holds that a merged delivery can be repeated, over random edits on both sides.
func TestDeliverRepeats(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	f := openFolder(t)
	f.w.KeepReceipts(filepath.Join(t.TempDir(), "receipts"))
	merged := 0
	for i := range 300 {
		base := randomLines(rnd, 12)
		ours, theirs := mutate(rnd, base), mutate(rnd, base)
		f.put("a", strings.Join(ours, ""))
		set := engine.ChangeSet{Files: []engine.FileChange{{
			Path: "a", Op: engine.OpModify, Base: []byte(strings.Join(base, "")), After: []byte(strings.Join(theirs, "")),
		}}}
		run := engine.Run{Attempt: i}
		got, err := f.w.Deliver(t.Context(), run, set)
		if err != nil {
			continue // a conflict
		}
		if got.Files[0].Merged {
			merged++
		}
		once := f.content("a")
		if _, err := f.w.Deliver(t.Context(), run, set); err != nil {
			t.Errorf("%d: repeating: %v\nbase %q\nours %q\ntheirs %q", i, err, base, ours, theirs)
		}
		if again := f.content("a"); again != once {
			t.Errorf("%d: %q became %q", i, once, again)
		}
	}
	if merged < 50 {
		t.Errorf("only %d merges were tried", merged)
	}
}

// TestDeliverRepeatsAfterOthers: between a kill and the repetition of what it interrupted another ticket may deliver to
// the same file. What had arrived must be known all the same, or it comes twice.
func TestDeliverRepeatsAfterOthers(t *testing.T) {
	t.Parallel()
	modify := func(before, after string) engine.ChangeSet {
		return engine.ChangeSet{Files: []engine.FileChange{{Path: "a", Op: engine.OpModify, Base: []byte(before), After: []byte(after)}}}
	}
	const base = "x\n|\n|\n|\ny\nz\nend\n"
	stroke := modify(base, "x\n|\n|\n|\n|\ny\nz\nend\n")
	for name, others := range map[string][]engine.ChangeSet{
		"it merged":        {modify(base, "x\nT2\n|\n|\n|\ny\nz\nend\n"), modify(base, "x\n|\n|\n|\ny\nz\nT5\nend\n")},
		"it did not merge": {modify(base, base), modify(base, "x\n|\n|\n|\ny\nz\nT5\nend\n")},
		"a later one":      {modify(base, base), modify("x\n|\n|\n|\n|\ny\nz\nend\n", "x\n|\n|\n|\n|\ny\nz\nT5\nend\n")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := openFolder(t)
			receipts := filepath.Join(t.TempDir(), "receipts")
			f.w.KeepReceipts(receipts)
			f.put("a", base)
			deliver := func(w *workspace.Workspace, attempt int, set engine.ChangeSet) {
				t.Helper()
				if _, err := w.Deliver(t.Context(), engine.Run{Attempt: attempt}, set); err != nil {
					t.Fatal(err)
				}
			}
			deliver(f.w, 2, others[0])
			deliver(f.w, 3, stroke)
			again, err := workspace.Open(f.dir) // as after a kill
			must(t, err)
			defer again.Close()
			again.KeepReceipts(receipts)
			deliver(again, 5, others[1])
			once := f.content("a")
			deliver(again, 3, stroke)
			if diff := cmp.Diff(once, f.content("a")); diff != "" {
				t.Errorf("it came twice (-once +now):\n%s", diff)
			}
		})
	}
}

func randomLines(rnd *rand.Rand, n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("line %d\n", rnd.IntN(20))
	}
	return lines
}

func mutate(rnd *rand.Rand, base []string) []string {
	lines := append([]string{}, base...)
	i := rnd.IntN(len(lines))
	switch rnd.IntN(3) {
	case 0:
		lines[i] = fmt.Sprintf("new %d\n", rnd.IntN(3))
	case 1:
		lines = append(lines[:i], lines[i+1:]...)
	case 2:
		lines = append(lines[:i], append(randomLines(rnd, 2), lines[i:]...)...)
	}
	return lines
}

func TestDeliverRefusesOddSets(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	for _, files := range [][]engine.FileChange{
		{{Path: "a", Op: engine.OpCreate}, {Path: "a", Op: engine.OpCreate}},
		{{Path: "a", Op: engine.OpRename, From: "b"}, {Path: "b", Op: engine.OpCreate}},
		{{Path: "a", Op: "chmod"}},
		{{Path: "a", Op: engine.OpRename}},
	} {
		if got, err := f.w.Deliver(t.Context(), engine.Run{}, engine.ChangeSet{Files: files}); err == nil {
			t.Errorf("%+v gave %+v", files, got)
		}
	}
	if left := tree(t, f.dir); len(left) != 1 {
		t.Errorf("there is now %v", left)
	}
}

func TestConflictShowsOnlyWhatMatters(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	long := strings.Repeat("same\n", 5000)
	f.put("a", long+"theirs\n"+long)
	set := engine.ChangeSet{Files: []engine.FileChange{{
		Path: "a", Op: engine.OpModify, Base: []byte(long + "base\n" + long), After: []byte(long + "ours\n" + long),
	}}}
	run := engine.Run{Ticket: engine.TicketKey{ID: "T3"}}
	_, err := f.w.Deliver(t.Context(), run, set)
	var conflict *engine.ConflictError
	if !errors.As(err, &conflict) {
		t.Fatalf("got %v", err)
	}
	want := "…\nsame\nsame\nsame\n<<<<<<< workspace\ntheirs\n||||||| before\nbase\n=======\nours\n>>>>>>> ticket T3\nsame\nsame\nsame\n…\n"
	if diff := cmp.Diff(want, conflict.Conflicts[0].Text); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	f.put("a", "\x00\x01")
	_, err = f.w.Deliver(t.Context(), run, set)
	if !errors.As(err, &conflict) || !strings.Contains(conflict.Conflicts[0].Text, "binary") {
		t.Errorf("a binary file gave %v", err)
	}
}

func TestRebase(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	f.put("clean", "1\n2\n3\n4\n5\n")
	f.put("clash", "1\n2\n3\n")
	f.put("moved", "1\n2\n3\n4\n5\n")
	f.put("gone", "g\n")
	ctx, d := t.Context(), f.draft()
	must(t, d.Write(ctx, "clean", []byte("one\n2\n3\n4\n5\n")))
	must(t, d.Write(ctx, "clash", []byte("1\ntwo\n3\n")))
	must(t, d.Rename(ctx, "moved", "to"))
	must(t, d.Delete(ctx, "gone"))
	f.put("clean", "1\n2\n3\n4\nfive\n")
	f.put("clash", "1\nzwei\n3\n")
	f.put("moved", "1\n2\n3\n4\nfive\n")
	f.put("gone", "changed\n")
	changed, got, err := d.Rebase(ctx, engine.Run{Ticket: engine.TicketKey{ID: "T1"}})
	must(t, err)
	if diff := cmp.Diff([]string{"clean", "to"}, changed); diff != "" {
		t.Error(diff)
	}
	if len(got) != 2 || got[0].Path != "clash" || got[1].Path != "gone" {
		t.Fatalf("conflicts: %+v", got)
	}
	clash, err := d.Read(ctx, "clash")
	must(t, err)
	if string(clash.Data) != "1\nzwei\n3\n" || !strings.Contains(got[0].Text, "<<<<<<< workspace\nzwei\n") {
		t.Errorf("it reads %q; the conflict is told as %q", clash.Data, got[0].Text)
	}
	must(t, d.Write(ctx, "clash", []byte("1\nzwei, two\n3\n")))
	set, err := d.Changes(ctx)
	must(t, err)
	_, err = f.w.Deliver(ctx, engine.Run{}, set)
	must(t, err)
	want := map[string]string{
		".": "folder", "clean": "644 one\n2\n3\n4\nfive\n", "clash": "644 1\nzwei, two\n3\n", "to": "644 1\n2\n3\n4\nfive\n",
		"gone": "644 changed\n",
	}
	if diff := cmp.Diff(want, tree(t, f.dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestDeliverAgainAfterTakingBack: what an editor did not take is taken back on the disk, too, perhaps after others have
// delivered; the delivery that is then repeated must arrive, and not be taken for the one that came first.
func TestDeliverAgainAfterTakingBack(t *testing.T) {
	t.Parallel()
	modify := func(before, after string) engine.ChangeSet {
		return engine.ChangeSet{Files: []engine.FileChange{{Path: "a", Op: engine.OpModify, Base: []byte(before), After: []byte(after)}}}
	}
	const base = "1\n2\n3\n4\n5\n"
	f := openFolder(t)
	f.w.KeepReceipts(filepath.Join(t.TempDir(), "receipts"))
	f.put("a", base)
	deliver := func(attempt int, set engine.ChangeSet) {
		t.Helper()
		_, err := f.w.Deliver(t.Context(), engine.Run{Attempt: attempt}, set)
		must(t, err)
	}
	first := modify(base, "one\n2\n3\n4\n5\n")
	for range 2 {
		deliver(1, first)
		deliver(2, modify(base, "1\n2\n3\n4\nfive\n"))
		deliver(1, modify("one\n2\n3\n4\n5\n", base))
		if got := f.content("a"); got != "1\n2\n3\n4\nfive\n" {
			t.Fatalf("taking it back left %q", got)
		}
	}
	deliver(1, first)
	if got := f.content("a"); got != "one\n2\n3\n4\nfive\n" {
		t.Errorf("it left %q", got)
	}
}
