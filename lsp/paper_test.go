package lsp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine/text"
)

func TestPaperNames(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]paper{
		"slop-ls:/plan/~2eslop~2ftracks~2fmain.md":      {paperPlan, []string{".slop/tracks/main"}},
		"slop-ls:/status.md":                            {kind: paperStatus},
		"slop-ls:/transcript/~2e.~2fa/T~e2~80~ae.md.md": {paperTranscript, []string{"../a", "T\u202e.md"}},
		"slop-ls:/view/a.go/targeted/Lexer.Next/~.md":   {paperView, []string{"a.go", "targeted", "Lexer.Next", ""}},
	} {
		if got := string(p.uri()); got != name {
			t.Errorf("%+v is named %s, want %s", p, got, name)
		}
		back, err := paperAt(uri.URI(name))
		if err != nil || !back.equal(p) {
			t.Errorf("%s is read as %+v, %v", name, back, err)
		}
	}
	for _, bad := range []string{
		"slop-ls:/plan.md", "slop-ls:/plan/a/b.md", "slop-ls:/other/a.md", "file:///plan/a.md", "slop-ls:/plan/a", "slop-ls:/plan/~4.md", "slop-ls:/plan/~zz.md", "",
	} {
		if p, err := paperAt(uri.URI(bad)); err == nil {
			t.Errorf("%s is read as %+v", bad, p)
		}
	}
}

// FuzzPaperNames holds that a paper comes back from its name, and that its file has a name that every system takes.
func FuzzPaperNames(f *testing.F) {
	f.Add("a", "T1")
	f.Add(".slop/tracks/ä", "../../etc/passwd\x00")
	f.Add("", strings.Repeat("x", 300))
	f.Fuzz(func(t *testing.T, track, id string) {
		p := paper{paperTranscript, []string{track, id}}
		back, err := paperAt(p.uri())
		if err != nil || !back.equal(p) {
			t.Errorf("%q is read as %+v, %v", p.uri(), back, err)
		}
		name := p.fileName()
		if len(name) > 100 || name != filepath.Base(name) || strings.ContainsAny(name, `<>:"/\|?*~ `) || text.Visible(name) != name {
			t.Errorf("the file is named %q", name)
		}
	})
}

func TestFileNamesDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, p := range []paper{
		{paperDiff, []string{"a", "T1"}}, {paperDiff, []string{"a", "t1"}}, {paperDiff, []string{"A", "T1"}}, {paperTranscript, []string{"a", "T1"}},
	} {
		seen[strings.ToLower(p.fileName())] = true
	}
	if len(seen) != 4 {
		t.Errorf("four papers have the files %v", seen)
	}
}

func TestSweepPapers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := time.Now()
	for name, age := range map[string]time.Duration{"new.md": time.Hour, "old.md": 8 * 24 * time.Hour} {
		path := filepath.Join(dir, name)
		if err := replaceFile(path, "x", 0o400); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := sweepPapers(dir, now); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != "new.md" {
		t.Errorf("%v remain, %v", entries, err)
	}
	if err := sweepPapers(filepath.Join(dir, "none"), now); err != nil {
		t.Errorf("without a folder: %v", err)
	}
}

// A client that never asks again is told once, however much changes; and old papers are forgotten.
func TestPapersAreBounded(t *testing.T) {
	t.Parallel()
	var ps papers
	for i := range maxPapers + 5 {
		ps.keep(paper{paperPlan, []string{strings.Repeat("x", i+1)}}, false)
	}
	if n := len(ps.list()); n != maxPapers {
		t.Errorf("%d papers are kept up to date", n)
	}
	again := ps.keep(paper{paperPlan, []string{strings.Repeat("x", maxPapers)}}, false)
	if list := ps.list(); list[len(list)-1] != again || len(list) != maxPapers {
		t.Error("a paper that is shown again is not the newest")
	}
	if diff := cmp.Diff(true, ps.given(again, stamp{}, "a") && !ps.given(again, stamp{}, "a")); diff != "" {
		t.Error("what was given again counts as news")
	}
}
