//go:build cgo

package treesitter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// twelveThousand is source of about 12,000 lines.
func twelveThousand(name string) []byte {
	unit := map[string]string{
		"big.go": "// F%d does it.\nfunc F%[1]d(a, b int) (int, error) {\n\tfor i := range b {\n\t\tif a > i {\n\t\t\ta += i * b\n\t\t}\n\t}\n\tx := map[string]int{\"a\": 1, \"b\": a}\n\treturn x[\"a\"] + a, nil\n}\n\n",
		"big.ts": "/** F%d does it. */\nexport function f%[1]d(a: number, b: number): number {\n  for (let i = 0; i < b; i++) {\n    if (a > i) {\n      a += i * b;\n    }\n  }\n  const x = { a: 1, b: [a, b] };\n  return x.a + a;\n}\n\n",
		"big.py": "# F%d does it.\ndef f%[1]d(a: int, b: int) -> int:\n    \"\"\"Doc.\"\"\"\n    for i in range(b):\n        if a > i:\n            a += i * b\n\n    x = {\"a\": 1, \"b\": [a, b]}\n    return x[\"a\"] + a\n\n\n",
	}[name]
	var b bytes.Buffer
	if name == "big.go" {
		b.WriteString("package p\n\n")
	}
	for i := range 12_000 / 11 {
		fmt.Fprintf(&b, unit, i)
	}
	return b.Bytes()
}

var benchFiles = []string{"big.go", "big.ts", "big.py"}

// BenchmarkSkeleton parses a file of 12,000 lines and writes its skeleton, with nothing cached.
func BenchmarkSkeleton(b *testing.B) {
	for _, name := range benchFiles {
		b.Run(name, func(b *testing.B) {
			src := twelveThousand(name)
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				r := testReader()
				a, err := r.read(context.Background(), name, src)
				if err != nil || a.fallback() {
					b.Fatal(err, a.why)
				}
				if text := a.skeleton(false); len(text) > len(src)/2 {
					b.Fatal("the skeleton is long")
				}
				r.forest.close()
			}
		})
	}
}

// keystrokes are two states of a file that differ in one character in its middle.
func keystrokes(src []byte) [2][]byte {
	i := bytes.Index(src[len(src)/2:], []byte("a += i")) + len(src)/2
	after := append(append(bytes.Clone(src[:i]), 'a'), src[i:]...)
	return [2][]byte{src, after}
}

// BenchmarkKeystroke reparses a file of 12,000 lines after each of many single characters, as a ratio of a full
// parse of it in the same run.
func BenchmarkKeystroke(b *testing.B) {
	for _, name := range []string{"big.ts", "big.py"} {
		b.Run(name, func(b *testing.B) {
			states := keystrokes(twelveThousand(name))
			full := fullParse(b, name, states[0])
			f := newForest(1 << 30)
			defer f.close()
			g := grammars[detect(name, nil).name]
			plant(b, f, name, states[1])
			i := 0
			for b.Loop() {
				tree, err := f.parse(context.Background(), name, g, states[i%2])
				if err != nil {
					b.Fatal(err)
				}
				tree.Close()
				i++
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(full), "of-full-parse")
		})
	}
}

// plant parses into the forest: again where a busy machine leaves a parse less than its time.
func plant(tb testing.TB, f *forest, name string, src []byte) {
	tree, err := f.parse(context.Background(), name, grammars[detect(name, nil).name], src)
	for deadline := time.Now().Add(patience); errors.Is(err, errTooSlow) && time.Now().Before(deadline); {
		tree, err = f.parse(context.Background(), name, grammars[detect(name, nil).name], src)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tree.Close()
}

// fullParse is the best time of five parses from nothing.
func fullParse(tb testing.TB, name string, src []byte) time.Duration {
	best := time.Hour
	for range 5 {
		start := time.Now()
		tree, err := parseTree(grammars[detect(name, nil).name], nil, src, time.Minute)
		if err != nil {
			tb.Fatal(err)
		}
		best = min(best, time.Since(start))
		tree.Close()
	}
	return best
}

// BenchmarkOutlineAfterKeystroke is what an editor feels: reparse and outline of a changed buffer of 12,000 lines.
func BenchmarkOutlineAfterKeystroke(b *testing.B) {
	for _, name := range benchFiles {
		b.Run(name, func(b *testing.B) {
			v := New(Options{})
			defer v.Close()
			src := twelveThousand(name)
			i := 0
			for b.Loop() {
				i++
				edited := bytes.Replace(src, []byte("a += i"), fmt.Appendf(nil, "a += i + %d", i), 1)
				if _, err := v.Outline(context.Background(), name, edited); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestKeystrokeIsIncremental holds the ratio of the benchmark above to what makes incremental parsing worth its code.
func TestKeystrokeIsIncremental(t *testing.T) {
	states := keystrokes(twelveThousand("big.ts"))
	full := fullParse(t, "big.ts", states[0])
	f := newForest(1 << 30)
	defer f.close()
	best := time.Hour
	for i := range 10 {
		start := time.Now()
		plant(t, f, "big.ts", states[i%2])
		if i > 0 {
			best = min(best, time.Since(start))
		}
	}
	if best > full/4 {
		t.Errorf("a reparse takes %v, a full parse %v", best, full)
	}
}
