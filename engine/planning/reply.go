package planning

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// body is the document that a model's reply holds.
type body struct {
	text  string
	above int // lines of the reply above it
}

// maxReturned bounds how many problems go back to the model: what they have in common shows in the first ones.
const maxReturned = 40

// lines are problems as the model sees them: by the lines of its reply.
func (b body) lines(problems []trackfile.Problem) []string {
	var out []string
	for _, p := range problems[:min(len(problems), maxReturned)] {
		out = append(out, fmt.Sprintf("%d:%d: %s: %s", p.Line+b.above, p.Column, p.Severity, p.Message))
	}
	if more := len(problems) - len(out); more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return out
}

var (
	thought = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)^\s*<think(?:ing)?>.*?</think(?:ing)?>`) })
	fence   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("(?m)^[ \t]*(`{3,}|~{3,})[ \t]*([A-Za-z0-9_+-]*)[^\n`]*$")
	})
	yaml = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^(?:title|goal|tickets|- id)[ \t]*:`) })
)

// bodyOf finds the document in a reply: the longest fenced block, else the longest JSON value, else what looks like YAML,
// else all of it, so that there is something to be said about it.
func bodyOf(reply string) body {
	b := found(reply)
	if doc := b.parse(); doc.Field("id") != nil && doc.Field("tickets") == nil {
		return body{"[\n" + b.text + "]\n", b.above - 1} // one ticket, by itself
	}
	return b
}

func found(reply string) body {
	from := len(thought().FindString(reply))
	if start, end, ok := fenced(reply, from); ok {
		return cut(reply, start, end)
	}
	if start, end, ok := longestJSON(reply, from); ok {
		return cut(reply, start, end)
	}
	if at := yaml().FindStringIndex(reply[from:]); at != nil {
		return cut(reply, from+at[0], len(reply))
	}
	return cut(reply, from, len(reply))
}

// cut is a part of a reply as a body, without the white space around it.
func cut(reply string, start, end int) body {
	part := reply[start:end]
	start += len(part) - len(strings.TrimLeft(part, " \t\r\n"))
	if start > end {
		start = end
	}
	begin := start
	if i := strings.LastIndexByte(reply[:start], '\n') + 1; strings.TrimSpace(reply[i:start]) == "" {
		begin = i // the columns of YAML count
	}
	return body{strings.TrimRight(reply[begin:end], " \t\r\n") + "\n", strings.Count(reply[:begin], "\n")}
}

// fenced is the longest block between fences; one that is not closed goes to the end.
func fenced(reply string, from int) (start, end int, ok bool) {
	marks := fence().FindAllStringSubmatchIndex(reply[from:], -1)
	for i := 0; i < len(marks); i++ {
		open := reply[from+marks[i][2] : from+marks[i][3]]
		begin, stop := from+marks[i][1], len(reply)
		for i++; i < len(marks); i++ {
			closing := reply[from+marks[i][2] : from+marks[i][3]]
			if strings.HasPrefix(closing, open) && marks[i][4] == marks[i][5] {
				stop = from + marks[i][0]
				break
			}
		}
		if inner := strings.TrimSpace(reply[begin:stop]); inner != "" && (!ok || stop-begin > end-start) {
			start, end, ok = begin, stop, true
		}
	}
	return start, end, ok
}

// longestJSON is the longest part between matching brackets outside of strings. One that never closes counts where there
// is no other: its reader says where it breaks off.
func longestJSON(reply string, from int) (start, end int, ok bool) {
	for at := from; at < len(reply); at++ {
		if reply[at] != '{' && reply[at] != '[' {
			continue
		}
		stop, closed := matching(reply, at)
		if !closed && !ok && looksLikeJSON(reply[at:]) {
			return at, len(reply), true
		}
		if closed {
			if looksLikeJSON(reply[at:stop]) && stop-at > end-start {
				start, end, ok = at, stop, true
			}
			at = stop - 1
		}
	}
	return start, end, ok
}

// looksLikeJSON tells a value from brackets in a sentence.
func looksLikeJSON(s string) bool {
	inner := strings.TrimLeft(s[1:], " \t\r\n")
	if inner == "" {
		return false
	}
	return strings.ContainsRune(`"{[}]`, rune(inner[0]))
}

// matching is the end of the brackets that open at an offset.
func matching(s string, at int) (end int, closed bool) {
	depth, quoted := 0, false
	for ; at < len(s); at++ {
		switch c := s[at]; {
		case quoted && c == '\\':
			at++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return at + 1, true
			}
		}
	}
	return len(s), false
}

// parse reads a body: as JSON where it looks so, and as YAML where that has the better of it, which takes a comma too
// many.
func (b body) parse() *trackfile.Document {
	src := []byte(b.text)
	first := strings.TrimLeft(b.text, " \t\r\n")
	if !strings.HasPrefix(first, "{") && !strings.HasPrefix(first, "[") {
		return trackfile.Parse("reply.track.yaml", src)
	}
	strict := trackfile.Parse("reply.track.json", src)
	if !unreadable(strict) {
		return strict
	}
	if lax := trackfile.Parse("reply.track.yaml", src); !unreadable(lax) {
		return lax
	}
	return strict
}

func unreadable(d *trackfile.Document) bool {
	return slices.ContainsFunc(d.Problems, func(p trackfile.Problem) bool { return p.Code == trackfile.CodeSyntax })
}
