package policy

import (
	"errors"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// commandRule names commands by their first words.
type commandRule struct {
	text  string
	words []string
}

func newCommandRule(s string) (commandRule, error) {
	var l line
	l.parse(s, syntax.LangPOSIX) // where words such as time are no more than words
	switch {
	case oddText(s) != "" || tooMuch(s) != "":
		return commandRule{}, errors.New("a command rule is one line of plain letters and signs")
	case len(l.commands) == 0 && l.hides == "":
		return commandRule{}, errors.New(`expected the first words of a command, such as "go test"`)
	case l.hides != "":
		return commandRule{}, errors.New(l.hides + ": write the first words of a command as they are; what follows them is covered")
	case len(l.commands) != 1:
		return commandRule{}, errors.New("expected one command: write a rule for each")
	}
	return commandRule{s, l.commands[0]}, nil
}

// prefixes says whether a command begins with the rule's words.
func (r commandRule) prefixes(words []string) bool {
	return len(words) >= len(r.words) && slices.Equal(words[:len(r.words)], r.words)
}

// within says whether a command is one that the rule means, or, with anywhere, begins one at any of its words. The
// options of the first that fits include those of all later ones.
func (r commandRule) within(words []string, anywhere bool) bool {
	for i := range words {
		if r.names(words[i:]) {
			return r.hasOptions(words[i+1:])
		}
		if !anywhere {
			return false
		}
	}
	return false
}

// names compares broadly: the program in any folder and case, the words after it in order, with options and their
// values in between. The rule's own options are for hasOptions.
func (r commandRule) names(words []string) bool {
	if program(words[0]) != program(r.words[0]) {
		return false
	}
	rest := words[1:]
	for _, want := range r.words[1:] {
		if strings.HasPrefix(want, "-") {
			continue
		}
		i := skipOptions(rest, want)
		if i < 0 {
			return false
		}
		rest = rest[i+1:]
	}
	return true
}

// hasOptions finds each of the rule's options anywhere.
func (r commandRule) hasOptions(words []string) bool {
	for _, want := range r.words[1:] {
		if strings.HasPrefix(want, "-") && !hasOption(words, want) {
			return false
		}
	}
	return true
}

// program is a program's name without its folder, in one case.
func program(word string) string {
	name := slashed(word)
	name = strings.Map(fold, name[strings.LastIndexByte(name, '/')+1:])
	return strings.TrimSuffix(name, ".exe")
}

// skipOptions finds want behind nothing but options, each of which may have one value.
func skipOptions(words []string, want string) int {
	value := false
	for i, w := range words {
		switch {
		case strings.EqualFold(w, want):
			return i
		case strings.HasPrefix(w, "-"):
			value = true
		case value:
			value = false
		default:
			return -1
		}
	}
	return -1
}

// hasOption finds an option as it is, with a value behind =, or, for a few letters behind one dash, letter by letter.
func hasOption(words []string, want string) bool {
	missing := shortOptions(want)
	for _, w := range words {
		if name, _, _ := strings.Cut(w, "="); name == want || w == want {
			return true
		}
		if given := shortOptions(w); missing != "" && given != "" {
			if missing = without(missing, given); missing == "" {
				return true
			}
		}
	}
	return false
}

func without(letters, given string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(given, r) {
			return -1
		}
		return r
	}, letters)
}

// shortOptions gives the letters of -rf and the like. Longer ones are taken for one option with a long name.
func shortOptions(word string) string {
	const most = 4
	if len(word) < 2 || len(word) > most+1 || word[0] != '-' || word[1] == '-' {
		return ""
	}
	return word[1:]
}
