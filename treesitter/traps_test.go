//go:build cgo

package treesitter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	sitter "github.com/smacker/go-tree-sitter"
)

// Each test here holds one trap of the library shut: what the library does stands in the comment, what this package
// does about it is what is tested.

// pythonSource is valid Python of at least n bytes.
func pythonSource(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "def f%d(a, b=%d):\n    \"\"\"Doc.\"\"\"\n    if a > b:\n        return [x for x in range(a) if x %% 2]\n    return {\"k\": (a, b)}\n\n", i, i)
	}
	return b.Bytes()
}

// A context that is cancelled during a parse can leave the parser's flag set, and every later parse fails. So no
// context may reach the library: parses after a cancelled one work.
func TestCancelledContextDoesNotSpoilLaterParses(t *testing.T) {
	t.Parallel()
	r := testReader()
	src := pythonSource(200 << 10)
	for i := range 10 {
		ctx, cancel := context.WithCancel(context.Background())
		timer := time.AfterFunc(time.Duration(i)*time.Millisecond, cancel)
		if _, err := r.read(ctx, "a.py", append(src, strconv.Itoa(i)...)); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		timer.Stop()
		cancel()
		a, err := r.read(context.Background(), "b.py", fmt.Appendf(nil, "def g%d(): return 1\n", i))
		if err != nil || a.fallback() || a.count() != 1 {
			t.Fatalf("parse %d after a cancelled one: %v, %+v", i, err, a)
		}
	}
}

// A cancelled context ends the wait for a turn, and is reported as the cause says.
func TestCancelledContextEndsTheWait(t *testing.T) {
	t.Parallel()
	f := newForest(1 << 20)
	for range mostParses {
		f.slots <- struct{}{}
	}
	why := errors.New("closed")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(why)
	if _, err := f.parse(ctx, "a.py", grammars["python"], []byte("x = 1\n")); !errors.Is(err, why) {
		t.Fatalf("got %v, want %v", err, why)
	}
}

// After an operation limit was hit the library goes on with the interrupted parse at the next one, whatever the new
// source, unless it is reset: the second tree is then that of a mixture. With a parser for each parse it cannot be.
func TestLimitDoesNotLeakIntoTheNextParse(t *testing.T) {
	t.Parallel()
	g := grammars["python"]
	big := pythonSource(2 << 20)
	if _, err := parseTree(g, nil, big, time.Millisecond); !errors.Is(err, errTooSlow) {
		t.Fatalf("got %v, want errTooSlow", err)
	}
	tree, err := parseTree(g, nil, []byte("x = 1\n"), parseLimit)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	if got := tree.RootNode().String(); got != "(module (expression_statement (assignment left: (identifier) right: (integer))))" {
		t.Errorf("tree after a limit: %s", got)
	}
}

// What the library does without Reset is why parseTree makes a parser each time. When this fails the library has been
// mended, and parsers may be kept.
func TestLibraryResumesWithoutReset(t *testing.T) {
	t.Parallel()
	for _, reset := range []bool{true, false} {
		p := sitter.NewParser()
		defer p.Close()
		p.SetLanguage(grammars["python"].Language)
		p.SetOperationLimit(1000)
		if _, err := p.ParseCtx(context.Background(), nil, pythonSource(2<<20)); err == nil {
			t.Skip("the machine parses two megabytes in a millisecond")
		}
		p.SetOperationLimit(0)
		if reset {
			p.Reset()
		}
		tree, err := p.ParseCtx(context.Background(), nil, []byte("x = 1\n"))
		if err != nil {
			t.Fatal(err)
		}
		defer tree.Close()
		if right := tree.RootNode().ChildCount() == 1 && tree.RootNode().EndByte() == 6; right != reset {
			t.Errorf("with Reset %t the tree is right: %t", reset, right)
		}
	}
}

// A tree is not for two goroutines, not even to read. The forest hands out copies; the race detector and the C
// allocator watch.
func TestTreesAreCopiedForEachReader(t *testing.T) {
	t.Parallel()
	f := newForest(8 << 20)
	defer f.close()
	g := grammars["python"]
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			src := pythonSource(4 << 10)
			for j := range 30 {
				src := slices.Concat(src, fmt.Appendf(nil, "x = %d\n", (i+j)%3)) // the forest keeps what it was given
				tree, err := f.parse(context.Background(), "same.py", g, src)
				if err != nil {
					t.Error(err)
					return
				}
				if root := tree.RootNode(); root.HasError() || int(root.EndByte()) != len(src) {
					t.Errorf("tree of %d bytes ends at %d", len(src), root.EndByte())
				}
				tree.Close()
			}
		})
	}
	wg.Wait()
}

// Trees hold C memory that the Go collector does not see. What falls out of the forest is closed, and its bound holds.
func TestForestIsBounded(t *testing.T) {
	t.Parallel()
	src := pythonSource(10 << 10)
	f := newForest(10 * len(src) * treeCost)
	var trees []*planted
	for i := range 50 {
		tree, err := f.parse(context.Background(), strconv.Itoa(i), grammars["python"], src)
		if err != nil {
			t.Fatal(err)
		}
		tree.Close()
		trees = append(trees, f.order.Front().Value.(*planted))
		if f.bytes > f.most || f.order.Len() != len(f.trees) {
			t.Fatalf("forest has %d bytes of %d in %d trees, %d paths", f.bytes, f.most, f.order.Len(), len(f.trees))
		}
	}
	for i, p := range trees {
		if kept := i >= 40; closed(p.tree) == kept {
			t.Errorf("tree %d of 50: closed %t, kept %t", i, closed(p.tree), kept)
		}
	}
	f.close()
	if f.bytes != 0 || f.order.Len() != 0 {
		t.Errorf("closed forest has %d bytes in %d trees", f.bytes, f.order.Len())
	}
}

// closed looks into the library, which does not say it.
func closed(tree *sitter.Tree) bool {
	return reflect.ValueOf(tree.BaseTree).Elem().FieldByName("isClosed").Bool()
}

// Without Close, parsing ever new content grows the process: 1,500 small trees took 638 MB.
func TestParsingDoesNotGrowTheProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the resident size is read from Linux's proc")
	}
	r := testReader()
	defer r.forest.close()
	src := pythonSource(8 << 10)
	parse := func(n int) {
		for i := range n {
			if _, err := r.read(context.Background(), fmt.Sprintf("%d.py", i), append(src, fmt.Sprintf("x = %d\n", i)...)); err != nil {
				t.Fatal(err)
			}
		}
	}
	parse(100)
	before := resident(t)
	parse(1000)
	if grown := resident(t) - before; grown > 60<<20 {
		t.Errorf("1,000 parses grew the process by %d MB", grown>>20)
	}
}

func resident(t *testing.T) int {
	runtime.GC()
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(data))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// SetLanguage refuses a grammar of an ABI the library does not know without a word, and the parse then has none.
func TestGrammarOfANewerABIIsAnError(t *testing.T) {
	t.Parallel()
	abi15 := make([]uint32, 64)
	abi15[0] = 15 // the version is the first field of a TSLanguage
	g := &grammar{Language: sitter.NewLanguage(unsafe.Pointer(&abi15[0]))}
	if _, err := parseTree(g, nil, []byte("x"), time.Second); !errors.Is(err, errGrammar) {
		t.Fatalf("got %v, want errGrammar", err)
	}
}

// Every row that has rules has a grammar, and every grammar's rules name node kinds that it has.
func TestRulesFitTheGrammars(t *testing.T) {
	t.Parallel()
	for _, l := range languages {
		g := grammars[l.name]
		if (g == nil) != (l.rules == nil) {
			t.Errorf("%s: rules %t, grammar %t", l.name, l.rules != nil, g != nil)
		}
		if g == nil {
			continue
		}
		has := setOf(g.kinds...)
		for kind := range l.rules.decls {
			if !has[kind] && !optionalKinds[kind] {
				t.Errorf("%s has no node kind %s", l.name, kind)
			}
		}
	}
}

// optionalKinds are in the rules of a family and not in each of its grammars.
var optionalKinds = setOf("field_definition")

// The library passes the old end for the new end's row and column. An incremental parse must give the tree of a full
// one all the same, positions included.
func TestIncrementalParseEqualsFullParse(t *testing.T) {
	t.Parallel()
	inputs := map[string]string{
		"python":     string(pythonSource(3000)),
		"go":         "package p\n\nfunc f(a int) int {\n\tif a > 1 {\n\t\treturn a\n\t}\n\treturn 2 // x\n}\n\nvar x = `raw\nstring`\n",
		"typescript": "export class A<T> {\n  f(x: T): string { return `a${x}b`; }\n}\nconst g = (a: number) => a + 1;\n",
		"tsx":        "const A = () => <div className=\"x\">{a}<b/></div>;\n",
		"javascript": "function f(a) { return /re/.test(a) ? 1 : 2 }\nclass B extends A { #x = 1 }\n",
	}
	pieces := []string{"\n", "    ", "x", "(", ")", "{", "}", "\"", "'''", "# c\n", "def g():\n    pass\n", "é", "`", ":", "=>", "\t"}
	for name, src := range inputs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			editAndCompare(t, grammars[name], []byte(src), pieces)
		})
	}
}

// editAndCompare makes an edit, parses, takes it back and parses again. With syntax errors in it a tree may depend on
// where the parser began to recover, so only trees without are compared: those after taking back always are.
func editAndCompare(t *testing.T, g *grammar, src []byte, pieces []string) {
	rng := rand.New(rand.NewPCG(1, 2))
	f := newForest(1 << 30)
	defer f.close()
	compared := 0
	for i := range 200 {
		text := src
		if i%2 == 0 {
			at := rng.IntN(len(src) + 1)
			end := min(len(src), at+rng.IntN(12))
			text = bytes.Join([][]byte{src[:at], src[end:]}, []byte(pieces[rng.IntN(len(pieces))]))
		}
		got, err := f.parse(context.Background(), "f", g, text)
		if err != nil {
			t.Fatal(err)
		}
		want, err := parseTree(g, nil, text, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if !want.RootNode().HasError() {
			sameTree(t, text, got.RootNode(), want.RootNode())
			compared++
		}
		got.Close()
		want.Close()
		if t.Failed() {
			return
		}
	}
	if compared < 100 {
		t.Errorf("only %d trees were compared", compared)
	}
}

func sameTree(t *testing.T, src []byte, got, want *sitter.Node) {
	if got.Type() != want.Type() || got.Range() != want.Range() || got.ChildCount() != want.ChildCount() {
		t.Errorf("incremental %s %v, full %s %v, in\n%s", got.Type(), got.Range(), want.Type(), want.Range(), src)
		return
	}
	for i := range int(want.ChildCount()) {
		sameTree(t, src, got.Child(i), want.Child(i))
	}
}
