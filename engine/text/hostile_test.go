package text

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestHostileInput gives each operation the texts that are worst for it, at a
// size where quadratic work would take minutes.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	const n = 100_000
	same, pairs := strings.Repeat("x\n", n), strings.Repeat("x\ny\n", n/2)
	replace := func(src, search string) func() {
		return func() {
			if _, err := Replace([]byte(src), search, "z"); err == nil {
				t.Error("a hostile search was found")
			}
		}
	}
	for name, run := range map[string]func(){
		"one line again and again":     replace(same, strings.Repeat("x\n", n/2)+"y\n"),
		"fits everywhere":              replace(same, strings.Repeat("x\n", n/2)),
		"wrong shift everywhere":       replace(pairs, "x\n  y\n"),
		"wrong shift at the end":       replace(same, strings.Repeat("x\n", n/2)+" x\n"),
		"a prefix of one byte":         replace(strings.Repeat("a", 10*n), strings.Repeat("a", n)+"b"),
		"near everywhere":              replace(strings.Repeat("alpha beta\ngamma delta\n", n/2), strings.Repeat("alpha beta\ngamma dleta\n", 100)+"end\n"),
		"a slip and a long search":     replace(strings.Repeat("alpha beta\ngamma delta\n", n/2), strings.Repeat("alpha beta\ngamma dleta\n", n/4)),
		"long lines that are near":     replace(strings.Repeat(strings.Repeat("w", 10_000)+"\n", 100), strings.Repeat(strings.Repeat("w", 9_999)+"v\nx\n", 50)),
		"elisions without end":         replace(same, strings.Repeat("x\n...\n", n/4)+"y\n"),
		"elided between many":          replace(strings.Repeat("a {\nb\n}\n", n/3), "a {\n...\nc\n}\n"),
		"entities without end":         replace(same, strings.Repeat("&lt;", n)),
		"numbers without end":          replace(same, numberedLines(n)),
		"backslashes without end":      replace(same, strings.Repeat(`\\n`, n)),
		"curly quotes without end":     replace(strings.Repeat("“", n), strings.Repeat("\"", n)+"x"),
		"one line of 10 MB":            replace(strings.Repeat("word ", 2<<20), "word  wrod"),
		"unlike lines, diffed":         func() { Diff([]byte(same), []byte(pairs)) },
		"unlike lines, merged":         func() { Merge3([]byte(pairs), []byte(same), []byte("y\n"+pairs+"y\n")) },
		"one line, shorter and longer": func() { Merge3([]byte(same), []byte(same[:n]), []byte(same+same)) },
		"spaces without end":           func() { VisibleLine(strings.Repeat(" ", 10*n)+"x", 10) },
		"invisible without end":        func() { Visible(strings.Repeat("\u202E", n)) },
		"one long line":                func() { NewIndex([]byte(strings.Repeat("é", 10*n))).Position(15*n, UTF16) },
	} {
		start := time.Now()
		run()
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s took %v", name, took)
		} else {
			t.Logf("%s: %v", name, took)
		}
	}
}

func numberedLines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d| y\n", i)
	}
	return b.String()
}
