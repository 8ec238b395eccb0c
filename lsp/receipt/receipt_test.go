package receipt

import (
	"slices"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine/text"
)

// What the versions of a buffer say of an edit of two places: "b" becomes "B", and "f" becomes "F".
func TestReceipt(t *testing.T) {
	t.Parallel()
	const before, target = "a\nb\nc\nd\ne\nf\ng\n", "a\nB\nc\nd\ne\nF\ng\n"
	for _, tc := range []struct {
		name     string
		versions []string
		want     Sight
		taken    []bool
		merged   bool
	}{
		{"nothing came", nil, Same, nil, false},
		{"it came", []string{target}, Arrived, nil, false},
		{"it came hunk by hunk", []string{"a\nb\nc\nd\ne\nF\ng\n", target}, Arrived, nil, false},
		{"it came and went", []string{target, before}, Same, nil, false},
		{"typed before", []string{"a\nb\nc\nd\ne\nf\ng\nh\n", "a\nB\nc\nd\ne\nF\ng\nh\n"}, Arrived, nil, true},
		{"typed before, all in one", []string{"x\na\nB\nc\nd\ne\nF\ng\n"}, Arrived, nil, true},
		{"typed over it", []string{target, "a\nBB\nc\nd\ne\nF\ng\n"}, Arrived, nil, true},
		{"only the first", []string{"a\nB\nc\nd\ne\nf\ng\n"}, Partly, []bool{true, false}, false},
		{"only the last, and typed", []string{"a\nb\nc\nd\ne\nF\ng\nh\n"}, Partly, []bool{false, true}, false},
		{"only typed", []string{"a\nb\nc\nd\ne\nf\ng\nh\n"}, Other, []bool{false, false}, false},
		{"typed on its line", []string{"a\nbb\nc\nd\ne\nf\ng\n"}, Other, nil, false},
		{"laid onto another version", []string{"x\na\nb\nc\nd\ne\nf\ng\n", "x\nB\nb\nc\nd\nF\nf\ng\n"}, Stray, nil, false},
		{"emptied", []string{""}, Other, nil, false},
	} {
		r := New(before, target)
		for _, v := range tc.versions {
			r.See(v)
		}
		r.Judge()
		if r.State != tc.want || !slices.Equal(r.Taken, tc.taken) || r.Merged != tc.merged || r.Reshaped {
			t.Errorf("%s: state %d taken %v merged %v", tc.name, r.State, r.Taken, r.Merged)
		}
	}
}

func TestReceiptMendsAStrayEdit(t *testing.T) {
	t.Parallel()
	r := New("a\nb\nc\nd\n", "a\nB\nc\nd\n")
	for _, v := range []string{"x\na\nb\nc\nd\n", "x\nB\nb\nc\nd\n", "x\nB\nb\nc\nd\ne\n"} {
		r.See(v)
	}
	r.Judge()
	got, conflict := r.Mend("a", r.Now)
	if r.State != Stray || conflict != nil || got != "x\na\nB\nc\nd\ne\n" {
		t.Errorf("state %d, %v: %q", r.State, conflict, got)
	}
	if got := r.Without(r.Now); got != "x\na\nb\nc\nd\ne\n" {
		t.Errorf("taken back: %q", got)
	}
}

// What formatters do is known from what loses or changes an edit.
func TestReceiptReshaped(t *testing.T) {
	t.Parallel()
	const before = "func f() {\n\treturn g(1)\n}\n"
	const target = "func f() {\n\tx := h('a', 2)\n\treturn g(x)\n}\n"
	for name, tc := range map[string]struct {
		now  string
		want bool
	}{
		"spaces":           {strings.ReplaceAll(target, "\t", "    "), true},
		"line ends":        {strings.ReplaceAll(target, "\n", "\r\n"), true},
		"one line":         {"func f() { x := h('a', 2); return g(x) }", false}, // a semicolon that ends no line
		"broken arguments": {"func f() {\n  x := h(\n    'a',\n    2,\n  );\n  return g(x);\n}\n", true},
		"quotes":           {strings.ReplaceAll(target, "'", `"`), true},
		"another word":     {strings.Replace(target, "2", "3", 1), false},
		"a line less":      {"func f() {\n  return g(x)\n}\n", false},
		"a line more":      {strings.Replace(target, "\treturn", "\ty()\n\treturn", 1), false},
		"nothing":          {strings.ReplaceAll(before, "\t", "  "), false},
	} {
		r := New(before, target)
		r.See(tc.now)
		r.Judge()
		if r.Reshaped != tc.want || tc.want && r.State != Arrived {
			t.Errorf("%s: reshaped %v, state %d", name, r.Reshaped, r.State)
		}
	}
	// An edit of white space alone is never taken for a formatter's work: losing it would look the same.
	r := New("if x:\ny()\nz()\n", "if x:\n  y()\nz()\n")
	r.See("if x:\ny()\nz()\n\n")
	if r.Judge(); r.State == Arrived {
		t.Error("a lost change of indentation was taken for formatting")
	}
}

// A formatter that orders imports in the same change is recognised; one import more, less or other is not.
func TestReceiptOfsortedImports(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		before, target, now string
		want                bool
	}{
		"go": {
			"package a\n\nimport (\n\t\"b\"\n)\n\nfunc f() { b.B() }\n", "package a\n\nimport (\n\t\"b\"\n\tx \"a/x\"\n)\n\nfunc f() { b.B(x.X) }\n",
			"package a\n\nimport (\n\tx \"a/x\"\n\t\"b\"\n)\n\nfunc f() { b.B(x.X) }\n", true,
		},
		"go, lost": {
			"package a\n\nimport (\n\t\"b\"\n)\n\nfunc f() { b.B() }\n", "package a\n\nimport (\n\t\"b\"\n\tx \"a/x\"\n)\n\nfunc f() { b.B(x.X) }\n",
			"package a\n\nimport (\n\t\"b\"\n)\n\nfunc f() { b.B(x.X) }\n", false,
		},
		"python": {
			"import sys\nx = 1\n", "import sys\nfrom a import b\nimport os\nx = 2\n", "import os\nimport sys\n\nfrom a import b\n\nx = 2\n", true,
		},
		"python, the change lost": {
			"import sys\nx = 1\n", "import sys\nfrom a import b\nimport os\nx = 2\n", "import os\nimport sys\n\nfrom a import b\n\nx = 1\n", false,
		},
		"typescript": {
			"import { b } from './b';\nrun(b);\n", "import { b } from './b';\nimport { a } from \"./a\";\nrun(a, b);\n",
			"import { a } from './a';\nimport { b } from './b';\nrun(a, b);\n", true,
		},
		"the order is the edit's own, and lost": {"import b\nimport a\nx\ny\nz\n1\n", "import a\nimport b\nx\ny\nz\n2\n", "import b\nimport a\n\nx\ny\nz\n2\n", false},
		"only the order":                        {"import b\nimport a\n", "import a\nimport b\n", "import b\nimport a\n\n", false},
		"a list of words":                       {"x := []string{\n\t\"b\",\n}\n", "x := []string{\n\t\"b\",\n\t\"a\",\n}\n", "x := []string{\n\t\"a\",\n\t\"b\",\n}\n", false},
		"lines that only look so": {
			"f(\n\t\"b\"\n)\n", "f(\n\t\"b\"\n\t\"a\"\n)\n", "f(\n\t\"a\"\n\t\"b\"\n)\n", false,
		},
	} {
		r := New(tc.before, tc.target)
		r.See(tc.now)
		r.Judge()
		if arrived := r.State == Arrived; arrived != tc.want || r.Reshaped != tc.want {
			t.Errorf("%s: state %d, reshaped %v", name, r.State, r.Reshaped)
		}
	}
}

// FuzzSubset: whatever hunks are applied are found again, or others that make the same text.
func FuzzSubset(f *testing.F) {
	f.Add("a\nb\nc\n", "a\nB\nc\nd\n", uint64(1))
	f.Add("x\nx\nx\n", "x\n\nx\nx\nx\n", uint64(3))
	f.Add("", "a\n", uint64(0))
	f.Fuzz(func(t *testing.T, before, after string, mask uint64) {
		hunks := text.Diff([]byte(before), []byte(after))
		var some []text.Edit
		for i, h := range hunks {
			if mask>>(i%64)&1 == 1 {
				some = append(some, h)
			}
		}
		now, err := text.Apply([]byte(before), some)
		if err != nil {
			t.Fatal(err)
		}
		taken, ok := subset(before, string(now), hunks)
		if !ok {
			t.Fatalf("%v of %q was not found in %q", some, before, now)
		}
		some = nil
		for i, h := range hunks {
			if taken[i] {
				some = append(some, h)
			}
		}
		again, err := text.Apply([]byte(before), some)
		if err != nil || string(again) != string(now) {
			t.Fatalf("found %v, which makes %q and not %q (%v)", taken, again, now, err)
		}
		r := New(before, after)
		r.See(string(now))
		r.Judge()
		if arrived := r.State == Arrived; arrived != (string(now) == after && before != after) && !r.Reshaped {
			t.Fatalf("%q to %q: the buffer holds %q, and the receipt says %d", before, after, now, r.State)
		}
	})
}
