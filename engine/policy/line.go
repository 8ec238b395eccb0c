package policy

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/slop-ls/slop-ls/engine"
)

// What a line may be. A longer or deeper one is for nobody to judge: neither a parser without bounds nor a person.
const (
	maxLine  = 32 << 10
	maxDepth = 100  // of brackets, counted as if none were closed
	maxPipes = 2000 // of bars, each of which the parser goes one call deeper for
	maxInner = 3    // of lines inside the words of lines
)

// line is a shell line as far as it can be read.
type line struct {
	commands [][]string // the words of each simple command anywhere in it, without quotes; twice, once a dialect
	maybe    [][]string // what could be commands, where a wrapper or a variable makes commands of words
	texts    []string   // what a command in it may be given to read: here-documents
	files    []string   // where its redirections lead
	loose    bool       // words may become commands: there is a wrapper, a variable, or a part that does not parse
	hides    string     // why the line is not plain, or ""
	unread   string     // why it was not even looked at, or ""
}

// readLine reads a line in every dialect that /bin/sh may have.
func readLine(text string) line {
	l := line{hides: oddText(text), unread: tooMuch(text)}
	if l.unread != "" {
		return l
	}
	l.read(text)
	if len(l.commands) == 0 {
		l.note("there is no command in it")
	}
	for _, words := range l.commands {
		l.note(launches(words))
		l.loose = l.loose || wraps(words)
	}
	if l.loose {
		l.readWords(text)
	}
	return l
}

func (l *line) read(text string) {
	for _, dialect := range []syntax.LangVariant{syntax.LangBash, syntax.LangPOSIX} {
		l.parse(text, dialect)
	}
}

// note keeps the first reason why the line is not plain.
func (l *line) note(why string) {
	if l.hides == "" {
		l.hides = why
	}
}

// oddText finds characters that people do not see or take for others, and the one joint that a parser hides.
func oddText(text string) string {
	for _, r := range text {
		if r != '\n' && r != '\t' && (r < ' ' || r > '~') {
			return fmt.Sprintf("the character %U", r)
		}
	}
	if strings.Contains(text, "\\\n") {
		return "a line that goes on in the next"
	}
	return ""
}

func tooMuch(text string) string {
	if len(text) > maxLine {
		return fmt.Sprintf("a command of more than %d KiB: write a script, and run that", maxLine>>10)
	}
	opening := 0
	for _, r := range text {
		if strings.ContainsRune("({[`", r) {
			opening++
		}
	}
	if opening > maxDepth {
		return fmt.Sprintf("a command with more than %d brackets: write a script, and run that", maxDepth)
	}
	if strings.Count(text, "|") > maxPipes {
		return fmt.Sprintf("a command with more than %d bars: write a script, and run that", maxPipes)
	}
	return ""
}

// readWords looks for commands where wrappers take them from: in each word that could be a line, in here-documents,
// and in the plain words of a text that does not parse.
func (l *line) readWords(text string) {
	todo := append([]string{}, l.texts...)
	for _, words := range l.commands {
		todo = append(todo, words...)
	}
	l.maybe = append(l.maybe, strings.FieldsFunc(text, func(r rune) bool {
		return strings.ContainsRune(" \t\r\n;|&()<>{}`$'\"\\=!", r)
	}))
	seen := map[string]bool{} // a text that stands there often is read once
	for range maxInner {
		inner := line{}
		for _, t := range todo {
			if !seen[t] && strings.ContainsAny(t, " \t\n;|&(`$") {
				seen[t] = true
				inner.read(t)
			}
		}
		l.maybe = append(l.maybe, inner.commands...)
		if todo = inner.texts; len(inner.commands) == 0 {
			return
		}
		for _, words := range inner.commands {
			todo = append(todo, words...)
		}
	}
}

// mentions says whether a rule that asks or denies means any command in the line.
func (l *line) mentions(r commandRule) bool {
	for _, words := range slices.Concat(l.commands, l.maybe) {
		if r.within(words, l.loose) {
			return true
		}
	}
	return false
}

// allowed allows a plain line each of whose commands a rule allows.
func (l *line) allowed(rules []commandRule) (engine.Ruling, bool) {
	var by []string
	for _, words := range l.commands {
		r, ok := firstPrefix(words, rules)
		if !ok {
			return engine.Ruling{}, false
		}
		if name := fmt.Sprintf("%q", r.text); !slices.Contains(by, name) {
			by = append(by, name)
		}
	}
	return ruling(engine.Allow, "allow_commands "+strings.Join(by, ", ")), len(by) > 0 && l.hides == ""
}

func firstPrefix(words []string, rules []commandRule) (commandRule, bool) {
	for _, r := range rules {
		if r.prefixes(words) {
			return r, true
		}
	}
	return commandRule{}, false
}

// paths lists what in the line could be a path: each word, what in it follows a sign that programs put before paths,
// and both once more as seen from where cd leads.
func (l *line) paths() []string {
	found := append([]string{}, l.files...)
	at := "."
	for _, words := range slices.Concat(l.commands, l.maybe) {
		for i, w := range words {
			if i > 0 || strings.ContainsAny(w, `/\`) {
				found = appendPieces(found, at, w)
			}
		}
		if len(words) > 1 && (words[0] == "cd" || words[0] == "pushd") && !tooDeep(at) {
			at = path.Join(at, words[1])
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func appendPieces(found []string, at, word string) []string {
	for piece := range strings.FieldsFuncSeq(word, func(r rune) bool { return strings.ContainsRune("=@,:;", r) }) {
		found = append(found, piece)
		if at != "." && !path.IsAbs(piece) {
			found = append(found, path.Join(at, piece))
		}
	}
	return found
}
