package text

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, before, after string
		want                []Edit
	}{
		{"same", "a\nb", "a\nb", nil},
		{"both empty", "", "", nil},
		{"one line", "a\nb\nc\n", "a\nB\nc\n", []Edit{{Span{2, 4}, "B\n"}}},
		{"two hunks", "a\nb\nc\nd\n", "A\nb\nc\n", []Edit{{Span{0, 2}, "A\n"}, {Span{6, 8}, ""}}},
		{"created", "", "a\n", []Edit{{Span{0, 0}, "a\n"}}},
		{"emptied", "a\n", "", []Edit{{Span{0, 2}, ""}}},
		{"final newline added", "a\nb", "a\nb\n", []Edit{{Span{2, 3}, "b\n"}}},
		{"ending changed", "a\r\nb\r\n", "a\r\nb\n", []Edit{{Span{3, 6}, "b\n"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, Diff([]byte(c.before), []byte(c.after))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnified(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, before, after, want string
		context                   int
	}{
		{"same", "a\n", "a\n", "", 3},
		{"changed", "a\nb\nc\n", "a\nB\nc\n", "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n", 3},
		{"no context", "a\nb\nc\n", "a\nc\n", "--- a/f\n+++ b/f\n@@ -2 +1,0 @@\n-b\n", 0},
		{"created", "", "a\n", "--- a/f\n+++ b/f\n@@ -0,0 +1 @@\n+a\n", 3},
		{"no final newline", "a\nb", "a\nb\n", "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := Unified("a/f", "b/f", []byte(c.before), []byte(c.after), c.context)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := Unified("a\n+++ x", "b", []byte("a"), []byte("b"), 3); !strings.HasPrefix(got, "--- \"a\\n+++ x\"\n+++ b\n@@") {
		t.Errorf("a label left its line: %q", got)
	}
}

// TestUnifiedAppliesWithGit has git apply what Unified writes.
func TestUnifiedAppliesWithGit(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for seed := range uint64(40) {
		before, after, _ := mergeCase(seed)
		patch := Unified("a/f", "b/f", []byte(before), []byte(after), int(seed%4))
		if patch == "" || before == "" || after == "" {
			continue
		}
		if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("git", "apply", "--unidiff-zero", "--whitespace=nowarn", "-")
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(patch)
		cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "GIT_CONFIG_GLOBAL="+os.DevNull)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("seed %d: %v\n%s\n%s", seed, err, out, patch)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != after {
			t.Fatalf("seed %d: %q, %v; want %q", seed, got, err, after)
		}
	}
}

func FuzzApplyDiff(f *testing.F) {
	f.Add([]byte("a\nb\nc"), []byte("a\nc\n"))
	f.Add([]byte(""), []byte("\n\n"))
	f.Add([]byte("\xff\r\nb"), []byte("b\r\xff"))
	f.Fuzz(func(t *testing.T, before, after []byte) {
		edits := Diff(before, after)
		got, err := Apply(before, edits)
		if err != nil || string(got) != string(after) {
			t.Fatalf("%q, %v; want %q", got, err, after)
		}
		for i, e := range edits {
			if i > 0 && e.Start <= edits[i-1].End {
				t.Fatalf("edits touch: %v", edits)
			}
			if string(before[e.Start:e.End]) == e.New {
				t.Fatalf("an edit that changes nothing: %v", e)
			}
		}
		if (Unified("a", "b", before, after, 3) == "") != (string(before) == string(after)) {
			t.Fatal("Unified and equality disagree")
		}
	})
}

// program is a text of n lines that looks like code, and two changed copies.
func program(n int) (base, ours, theirs []byte) {
	r := rand.New(rand.NewPCG(7, 7))
	var b, o, h strings.Builder
	for i := range n {
		line := fmt.Sprintf("\tstatement(%d)\n", i)
		if i%4 == 3 {
			line = []string{"}\n", "\n", "\tif err != nil {\n", "\t\treturn err\n"}[r.IntN(4)]
		}
		b.WriteString(line)
		for _, side := range []*strings.Builder{&o, &h} {
			if r.IntN(60) == 0 {
				fmt.Fprintf(side, "\tchanged(%d)\n", r.IntN(1e6))
				continue
			}
			side.WriteString(line)
		}
	}
	return []byte(b.String()), []byte(o.String()), []byte(h.String())
}

func BenchmarkDiff12k(b *testing.B) {
	base, ours, _ := program(12_000)
	for b.Loop() {
		Diff(base, ours)
	}
}

func TestCommon(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b       string
		head, tail int
	}{
		{"", "", 0, 0}, {"abc", "abc", 3, 0}, {"abc", "axc", 1, 1}, {"aa", "aaa", 2, 0}, {"aba", "a", 1, 0}, {"abc", "", 0, 0}, {"xab", "yab", 0, 2},
	} {
		if head, tail := Common(c.a, c.b); head != c.head || tail != c.tail {
			t.Errorf("%q and %q: %d, %d", c.a, c.b, head, tail)
		}
	}
}
