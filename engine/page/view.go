package page

import (
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// View is a pruned source file as Markdown, as a worker would get it, with its tokens before and after.
func View(v engine.View, symbols []string, before, after int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\n", cell(v.Path, 200), v.Kind)
	if len(symbols) > 0 {
		fmt.Fprintf(&b, "Of %s. ", cell(strings.Join(symbols, ", "), 400))
	}
	fmt.Fprintf(&b, "%s tokens, of %s in the whole file", Tokens(int64(after)), Tokens(int64(before)))
	if before > 0 {
		fmt.Fprintf(&b, " (%d %%)", (100*after+before/2)/before)
	}
	b.WriteString(".\n")
	for _, note := range v.Notes {
		b.WriteString("\n- " + cell(note, 400) + "\n")
	}
	b.WriteString("\n" + fenced(fenceWord(v.Language), text.Visible(v.Text)))
	return b.String()
}

// fenceWord is a language's name as it may stand behind a fence.
func fenceWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '+' || r == '-' || r == '#' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}
