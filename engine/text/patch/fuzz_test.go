package patch

import (
	"io/fs"
	"maps"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine/text"
)

// FuzzApply gives any input to any file: nothing panics, what is refused says so and changes nothing, and what is applied
// is taken back by its own difference.
func FuzzApply(f *testing.F) {
	const src = "package a\n\nfunc A() {\n\tone()\n\ttwo()\n}\n"
	f.Add(src, "a.go\n<<<<<<< SEARCH\n\tone()\n=======\n\tuno()\n>>>>>>> REPLACE\n")
	f.Add(src, "--- a/a.go\n+++ b/a.go\n@@ -3,2 +3,2 @@\n func A() {\n-\tone()\n+\tuno()\n")
	f.Add(src, "*** Begin Patch\n*** Update File: a.go\n@@ func A() {\n-\tone()\n+\tuno()\n*** End Patch\n")
	f.Add("x", "diff --git a/a.go b/b.go\nrename from a.go\nrename to b.go\nnew file mode 100755\n@@\n-x\n+y\n\\ No newline at end of file\n")
	f.Add("a\n=======\nb\n", "a.go\r\n<<<<<<< SEARCH\r\na\r\n=======\r\nb\r\n=======\r\nc\r\n>>>>>>> REPLACE\r\n")
	f.Add("", "`a.go`\n```\n<<<<< SEARCH\n=====\nx\n>>>>>\n")
	f.Fuzz(func(t *testing.T, src, input string) {
		files := map[string]string{"a.go": src}
		before := maps.Clone(files)
		_, parts, err := Parse(input)
		if err != nil {
			if len(parts) > 0 || err.Error() == "" {
				t.Fatalf("%d parts beside %v", len(parts), err)
			}
			return
		}
		changes, outcomes, ok := Apply(parts, reading(files))
		if len(outcomes) < len(parts) || len(parts) == 0 {
			t.Fatalf("%d outcomes for %d parts", len(outcomes), len(parts))
		}
		for _, o := range outcomes {
			if !ok && len(changes) > 0 || ok && o.Err != nil || strings.TrimSpace(o.Path) == "" {
				t.Fatalf("ok %v, %d changes, %+v", ok, len(changes), o)
			}
		}
		if !maps.Equal(files, before) {
			t.Fatal("the files were changed")
		}
		for _, c := range changes {
			back, err := text.Apply(c.After, text.Diff(c.After, c.Before))
			if err != nil || string(back) != string(c.Before) {
				t.Fatalf("%s is not taken back: %q, %v", c.Path, back, err)
			}
		}
	})
}

// reading reads files of a map.
func reading(files map[string]string) Read {
	return func(path string) ([]byte, error) {
		if s, ok := files[path]; ok {
			return []byte(s), nil
		}
		return nil, fs.ErrNotExist
	}
}
