package treesitter

import (
	"bytes"
	"context"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// eachFile calls f for every corpusStep'th file below root that has the suffix, installed packages left out.
func eachFile(t *testing.T, root, suffix string, f func(path string, src []byte)) int {
	t.Helper()
	n, seen := 0, 0
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, suffix) || strings.Contains(p, "site-packages") {
			return nil
		}
		if seen++; seen%corpusStep != 0 && suffix != ".txtar" {
			return nil
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return nil
		}
		n++
		f(p, src)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func goParses(src []byte) bool {
	_, err := parser.ParseFile(token.NewFileSet(), "", src, parser.SkipObjectResolution)
	return err == nil
}

func testReader() *reader {
	return &reader{cache: newCache(1 << 20), forest: newForest(1 << 20), marks: DefaultMarkers}
}

// TestGoTree makes the views of every Go file of the toolchain's sources. The skeleton of a file that parses must
// parse, hold every declared name, and be no longer than the file.
func TestGoTree(t *testing.T) {
	t.Parallel()
	root := goroot(t)
	if testing.Short() {
		root = filepath.Join(root, "go")
	}
	r := testReader()
	parsed, before, after := 0, 0, 0
	n := eachFile(t, root, ".go", func(p string, src []byte) {
		a := timedRead(t, r, p, src)
		text := a.skeleton(false)
		checkSpans(t, p, a)
		if !goParses(src) {
			return
		}
		parsed++
		before, after = before+len(src), after+len(text)
		if a.by != byGoParser {
			t.Errorf("%s: read by %s", p, a.by)
		}
		if !goParses([]byte(text)) {
			t.Errorf("%s: the skeleton does not parse", p)
		}
		checkNames(t, p, a, text)
	})
	if parsed < 100 {
		t.Fatalf("only %d files parse below %s", parsed, root)
	}
	t.Logf("%d files, %d of them parse; skeletons are %.1f %% of the source", n, parsed, 100*float64(after)/float64(before))
}

func goroot(t *testing.T) string {
	out, err := exec.Command("go", "env", "GOROOT").Output() // go test puts its own one first into PATH
	if err != nil {
		t.Skip("no go command to name the toolchain's sources")
	}
	return filepath.Join(strings.TrimSpace(string(out)), "src")
}

func timedRead(t *testing.T, r *reader, p string, src []byte) *analysis {
	t.Helper()
	start := time.Now()
	a, err := r.read(context.Background(), filepath.ToSlash(p), src)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > patience {
		t.Errorf("%s: took %v", p, took)
	}
	return a
}

// checkNames holds a skeleton to its promise: every declaration is in it.
func checkNames(t *testing.T, p string, a *analysis, text string) {
	a.each(func(d *decl) {
		for _, n := range d.names {
			if !strings.Contains(text, n.text) {
				t.Errorf("%s: %s is not in the skeleton", p, d.path(n.text))
			}
		}
	})
}

// checkSpans holds an analysis to its invariants: spans inside the source, members inside their container, names in
// their declaration, cuts in order.
func checkSpans(t *testing.T, p string, a *analysis) {
	t.Helper()
	all := span{0, len(a.src)}
	a.each(func(d *decl) {
		if !all.holds(d.whole) || !all.holds(d.sig) || d.whole.empty() || d.sig.len() < 0 {
			t.Errorf("%s: %v has spans %v %v outside of the file", p, d.names, d.whole, d.sig)
		}
		for _, n := range d.names {
			if !d.whole.holds(n.at) {
				t.Errorf("%s: name %s at %v is outside of %v", p, n.text, n.at, d.whole)
			}
		}
		if d.parent != nil && !d.parent.whole.holds(d.whole) {
			t.Errorf("%s: %v reaches out of its container", p, d.names)
		}
	})
	end := 0
	for _, c := range a.cuts {
		if c.start < end || c.end < c.start || c.end > len(a.src) {
			t.Errorf("%s: cut %v out of order", p, c.span)
		}
		end = c.end
	}
}

// TestPythonLibrary makes the skeleton of every file of Python's standard library. It must have no syntax error
// that the file has not.
func TestPythonLibrary(t *testing.T) {
	t.Parallel()
	requireTrees(t)
	out, err := exec.Command("python3", "-c", "import sysconfig; print(sysconfig.get_paths()['stdlib'])").Output()
	if err != nil {
		t.Skip("no python3 to name its library")
	}
	root := strings.TrimSpace(string(out))
	if testing.Short() {
		root = filepath.Join(root, "asyncio")
	}
	r := testReader()
	before, after, byLine := 0, 0, 0
	n := eachFile(t, root, ".py", func(p string, src []byte) {
		a := timedRead(t, r, p, src)
		text := a.skeleton(false)
		checkSpans(t, p, a)
		if a.fallback() {
			if byLine++; a.why != errTooSlow.Error() && !strings.HasPrefix(a.why, "not text") {
				t.Errorf("%s: view by lines: %s", p, a.why)
			}
			return
		}
		before, after = before+len(src), after+len(text)
		if !a.broken {
			checkNames(t, p, a, clean([]byte(text)))
			checkUnbroken(t, r, p, text)
		}
	})
	t.Logf("%d files, %d by lines; skeletons are %.1f %% of the source", n, byLine, 100*float64(after)/float64(before))
}

// bothParse reads names of files, one a line, and says which one does not parse while its ".orig" does.
const bothParse = `
import ast, sys, warnings
warnings.simplefilter("ignore")
def parses(p):
    try:
        ast.parse(open(p, "rb").read())
        return True
    except (SyntaxError, ValueError, RecursionError):
        return False
for p in sys.stdin.read().splitlines():
    if parses(p + ".orig") and not parses(p):
        print(p)
`

// TestPythonItselfParsesSkeletons asks Python, which is stricter than the grammar: an empty body is an error to it.
func TestPythonItselfParsesSkeletons(t *testing.T) {
	t.Parallel()
	requireTrees(t)
	root, err := exec.Command("python3", "-c", "import sysconfig; print(sysconfig.get_paths()['stdlib'])").Output()
	if err != nil {
		t.Skip("no python3 to ask")
	}
	r, dir := testReader(), t.TempDir()
	var names []string
	for _, part := range []string{"asyncio", "email", "json", "unittest", "importlib", "concurrent"} {
		eachFile(t, filepath.Join(strings.TrimSpace(string(root)), part), ".py", func(p string, src []byte) {
			a := timedRead(t, r, p, src)
			if a.fallback() { // no time for it, on a busy machine: a view by lines need not parse
				return
			}
			name := filepath.Join(dir, strconv.Itoa(len(names))+"_"+filepath.Base(p))
			names = append(names, name)
			writeBoth(t, name, a.skeleton(false), src)
		})
	}
	ask := exec.Command("python3", "-c", bothParse)
	ask.Stdin = strings.NewReader(strings.Join(names, "\n"))
	out, err := ask.CombinedOutput()
	if err != nil || len(out) > 0 || len(names) < 5 {
		t.Errorf("of %d skeletons these do not parse (%v):\n%s", len(names), err, out)
	}
}

func writeBoth(t *testing.T, name, text string, src []byte) {
	t.Helper()
	for file, data := range map[string][]byte{name: []byte(text), name + ".orig": src} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func checkUnbroken(t *testing.T, r *reader, p, text string) {
	t.Helper()
	again, err := r.read(context.Background(), filepath.ToSlash(p), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if again.broken {
		t.Errorf("%s: the skeleton has syntax errors", p)
	}
}

// requireTrees skips where the build has no tree-sitter.
func requireTrees(t *testing.T) {
	t.Helper()
	if !hasTrees {
		t.Skip("built without cgo")
	}
}

// TestSkeletonsOfGoldenFilesParse reads TestGolden's inputs again: a skeleton of theirs must not add a syntax error.
func TestSkeletonsOfGoldenFilesParse(t *testing.T) {
	t.Parallel()
	requireTrees(t)
	r := testReader()
	n := 0
	eachFile(t, "testdata/golden", ".txtar", func(p string, data []byte) {
		for _, part := range bytes.Split(data, []byte("\n-- "))[1:] {
			name, src, _ := bytes.Cut(part, []byte(" --\n"))
			file := string(name)
			if strings.Contains(file, " ") {
				continue
			}
			a := timedRead(t, r, file, src)
			checkSpans(t, file, a)
			if !a.fallback() && !a.broken {
				n++
				checkUnbroken(t, r, file, a.skeleton(false))
				checkUnbroken(t, r, file, a.skeleton(true))
			}
		}
	})
	if n < 10 {
		t.Errorf("only %d files were looked at", n)
	}
}
