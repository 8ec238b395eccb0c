package openai

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func source(t testing.TB) string {
	t.Helper()
	var all strings.Builder
	for _, f := range []string{"sse.go", "apierror.go", "assemble.go", "doc.go", "key_test.go"} {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return all.String()
}

// Cutting the text where it is safe gives the same number as not cutting it.
func TestCountInChunksIsExact(t *testing.T) {
	t.Parallel()
	src := source(t)
	prose := strings.Join(strings.Fields(src), " ")
	for name, text := range map[string]string{"source": src, "one line": prose} {
		whole, err := encoder().Count(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := count(text); got != whole {
			t.Errorf("%s: %d in chunks, %d in whole", name, got, whole)
		}
	}
	if whole, got := mustCount(t, strings.Repeat("x", 20<<10)), count(strings.Repeat("x", 20<<10)); got < whole || got > whole+5 {
		t.Errorf("text without a place to cut: %d, in whole %d", got, whole)
	}
}

func mustCount(t *testing.T, text string) int {
	t.Helper()
	n, err := encoder().Count(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCountOfKnownTexts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"": 0, "hello world": 2, "Hello, world!": 4} {
		if got := count(text); got != want {
			t.Errorf("%q counts %d, want %d", text, got, want)
		}
	}
}

func TestCountOfAHugeTextIsSampled(t *testing.T) {
	t.Parallel()
	src := source(t)
	whole := count(src)
	huge := strings.Repeat(src, 1+(20<<20)/len(src))
	exact := timed(func() { count(huge[:countExact]) })
	got := 0
	if took := timed(func() { got = count(huge) }); took > 5*exact+time.Second {
		t.Errorf("%d MB took %v, half a MB %v", len(huge)>>20, took, exact)
	}
	want := float64(whole) / float64(len(src)) * float64(len(huge))
	if r := float64(got) / want; r < 0.9 || r > 1.1 {
		t.Errorf("%d tokens, about %.0f are right", got, want)
	}
	if n := count(strings.Repeat("\xff", 2<<20)); n < 1 {
		t.Errorf("2 MB that are no text count %d", n)
	}
}

func timed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

func TestCountInParallel(t *testing.T) {
	t.Parallel()
	src := source(t)[:8<<10]
	want := count(src)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if got := count(src); got != want {
				t.Errorf("%d, want %d", got, want)
			}
		})
	}
	all.Wait()
}

func FuzzCutChunk(f *testing.F) {
	f.Add("a b\nc", 3000)
	f.Add("漢", 5000)
	f.Add("\xff", 9000)
	f.Fuzz(func(t *testing.T, unit string, n int) {
		if unit == "" || n < 0 || n > 1<<16 {
			return
		}
		text := strings.Repeat(unit, n/len(unit)+1)
		rest, joined := text, ""
		for rest != "" {
			var chunk string
			chunk, rest = cutChunk(rest)
			if chunk == "" || len(chunk) > countChunk {
				t.Fatalf("a chunk of %d bytes", len(chunk))
			}
			joined += chunk
		}
		if joined != text {
			t.Error("the chunks are not the text")
		}
	})
}

func BenchmarkCount(b *testing.B) {
	src := source(b)
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		count(src)
	}
}

func BenchmarkCountHuge(b *testing.B) {
	huge := strings.Repeat(source(b), 1000)
	for b.Loop() {
		count(huge)
	}
}
