package receipt

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/slop-ls/slop-ls/engine/text"
)

// importLine matches a line that is an import and nothing else, in the languages whose formatters order them. Within
// Go's import ( … ) a line is a path, perhaps with a name before it.
var importLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(strings.Join([]string{
		`^\s*(?:[\w.]+\s+)?"[\w./~+-]+"\s*(?://.*)?$`,                         // Go, in its block
		`^\s*import\s+(?:[\w.]+\s+)?"[\w./~+-]+"\s*$`,                         // Go
		`^\s*import\s[\w.,*\s]+$`, `^\s*from\s+[\w.]+\s+import\s+[\w.,*\s]+$`, // Python, and Kotlin
		`^\s*import\s[^'"()]*(?:from\s*)?['"][^'"]+['"]\s*;?\s*$`,                      // JavaScript, TypeScript
		`^\s*import\s+(?:static\s+)?[\w.*]+\s*;\s*$`, `^\s*(?:pub\s+)?use\s[^;]+;\s*$`, // Java, Rust, PHP
		`^\s*(?:global\s+)?using\s+[\w.=\s]+;\s*$`, `^\s*#\s*include\s*[<"][^>"]+[>"]\s*$`, // C#, C
	}, "|"))
})

// sorted says whether the edit is in the buffer as a formatter leaves it that also orders imports. Each hunk must change
// more than such a formatter would, or one that was lost could not be told from its work. It is asked before each hunk is
// looked for by itself, because an import that was moved looks like one that can still be laid.
func (r *Receipt) sorted() bool {
	if len(r.Hunks) > maxHunks || squeeze(r.Now) == squeeze(r.Target) || squeeze(sortedImports(r.Now)) != squeeze(sortedImports(r.Target)) {
		return false
	}
	was := squeeze(sortedImports(r.Before))
	gone := map[string]bool{}
	for _, h := range r.Hunks {
		with, err := text.Apply([]byte(r.Before), []text.Edit{h})
		if err != nil || squeeze(sortedImports(string(with))) == was {
			return false
		}
		for line := range strings.Lines(r.Before[h.Span.Start:h.Span.End]) {
			gone[squeeze(line)] = true
		}
	}
	for _, h := range r.Hunks { // a line that goes here and comes there is a new order of the edit's own
		for line := range strings.Lines(h.New) {
			if s := squeeze(line); s != "" && gone[s] {
				return false
			}
		}
	}
	return true
}

// sortedImports is a text with each run of imports in one order: as many lines as before, each as often as before, so
// that no import can come or go unseen. Blank lines between them do not end a run.
func sortedImports(s string) string {
	var out, run []string
	flush := func() {
		slices.Sort(run)
		out = append(out, run...)
		run = nil
	}
	inBlock := false
	for line := range strings.Lines(s) {
		bare := strings.TrimRight(line, "\r\n")
		word := strings.TrimSpace(bare)
		switch {
		case word == "" && len(run) > 0:
		case importLine().MatchString(bare) && (inBlock || !quotedAlone(word)):
			run = append(run, word+"\n")
		default:
			flush()
			inBlock = word == "import ("
			out = append(out, line)
		}
	}
	flush()
	return strings.Join(out, "")
}

// quotedAlone says whether a line is an import only within Go's import ( … ).
func quotedAlone(word string) bool {
	return !strings.HasPrefix(word, "import") && !strings.HasPrefix(word, "from") && !strings.HasPrefix(word, "#") && strings.Contains(word, `"`)
}
