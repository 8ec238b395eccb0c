package text

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// mergeCases is how many random merges are held against git; more can be asked
// for in the environment.
func mergeCases(t *testing.T) int {
	t.Helper()
	if n, err := strconv.Atoi(os.Getenv("SLOP_MERGE_CASES")); err == nil {
		return n
	}
	if testing.Short() {
		return 300
	}
	return 2000
}

func TestMerge3AgreesWithGit(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	const workers = 4
	var (
		wg    sync.WaitGroup
		tally [workers]mergeTally
	)
	n := mergeCases(t)
	for w := range workers {
		dir := t.TempDir()
		wg.Go(func() {
			for i := w; i < n; i += workers {
				tally[w].check(t, dir, uint64(i))
			}
		})
	}
	wg.Wait()
	var sum mergeTally
	for _, one := range tally {
		sum.clean += one.clean
		sum.conflict += one.conflict
		sum.careful += one.careful
	}
	t.Logf("%d clean in both, %d conflicts in both, %d conflicts only here", sum.clean, sum.conflict, sum.careful)
	if sum.clean < n/10 || sum.conflict < n/10 {
		t.Errorf("the cases are lopsided: %+v of %d", sum, n)
	}
	if sum.careful*10 > sum.clean {
		t.Errorf("conflicts where git finds none: %+v of %d", sum, n)
	}
}

type mergeTally struct{ clean, conflict, careful int }

func (m *mergeTally) check(t *testing.T, dir string, seed uint64) {
	base, ours, theirs := mergeCase(seed)
	want, conflict := gitMergeFile(t, dir, base, ours, theirs)
	got, conflicts := Merge3([]byte(base), []byte(ours), []byte(theirs))
	switch {
	case conflict && len(conflicts) == 0:
		t.Errorf("seed %d: git conflicts, Merge3 does not\nbase %q\nours %q\ntheirs %q\ngot %q", seed, base, ours, theirs, got)
	case !conflict && len(conflicts) == 0 && string(got) != want:
		t.Errorf("seed %d: differs from git\nbase %q\nours %q\ntheirs %q\ngot  %q\nwant %q", seed, base, ours, theirs, got, want)
	case conflict:
		m.conflict++
	case len(conflicts) > 0:
		m.careful++
	default:
		m.clean++
	}
}

// gitMergeFile is what git makes of a merge, and whether it found a conflict.
func gitMergeFile(t *testing.T, dir, base, ours, theirs string) (string, bool) {
	t.Helper()
	args := []string{"merge-file", "-p"}
	for _, f := range []struct{ name, text string }{{"ours", ours}, {"base", base}, {"theirs", theirs}} {
		path := filepath.Join(dir, f.name)
		if err := os.WriteFile(path, []byte(f.text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	out, err := exec.Command("git", args...).Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() > 127) {
		t.Fatalf("git merge-file: %v", err)
	}
	return string(out), err != nil
}

// mergeCase makes a base and two texts made from it. Small alphabets make lines
// repeat, which is where comparisons disagree; the larger ones look like code.
func mergeCase(seed uint64) (base, ours, theirs string) {
	r := rand.New(rand.NewPCG(seed, 3))
	word := []func() string{
		func() string { return string(rune('a' + r.IntN(3))) },
		func() string { return string(rune('a' + r.IntN(12))) },
		func() string { return []string{"}", "", "\tif err != nil {", "\t\treturn err", "\t}", "{"}[r.IntN(6)] },
		func() string { return fmt.Sprint("line ", r.IntN(500)) },
	}[r.IntN(4)]
	eol := []string{"\n", "\n", "\r\n"}[r.IntN(3)]
	rows := make([]string, 1+r.IntN(40))
	if r.IntN(20) == 0 {
		rows = make([]string, 400+r.IntN(800))
	}
	for i := range rows {
		rows[i] = word()
	}
	side := func() string {
		return joinRows(r, mutate(r, rows, word), eol)
	}
	return joinRows(r, rows, eol), side(), side()
}

func joinRows(r *rand.Rand, rows []string, eol string) string {
	s := strings.Join(rows, eol)
	if r.IntN(8) > 0 {
		s += eol
	}
	return s
}

// mutate makes a few changes to a copy of rows.
func mutate(r *rand.Rand, rows []string, word func() string) []string {
	out := append([]string{}, rows...)
	for range 1 + r.IntN(4+len(rows)/50) {
		at := r.IntN(len(out) + 1)
		n := min(r.IntN(3), len(out)-at)
		fresh := make([]string, r.IntN(3))
		for i := range fresh {
			fresh[i] = word()
		}
		out = append(out[:at:at], append(fresh, out[at+n:]...)...)
	}
	return out
}
