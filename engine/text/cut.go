package text

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// CutMiddle is s where it has at most maxBytes bytes; else its beginning and its
// end around a line that says how much was left out. It cuts at line ends where
// one is near, else between characters, and never within \r\n. The result has at
// most maxBytes bytes, or is that one line alone where maxBytes has no room for more.
func CutMiddle(s string, maxBytes int) string {
	if len(s) <= maxBytes {
		return s
	}
	room := (maxBytes - len(cutNotice(len(s), len(s))) - 2) / 2
	if room <= 0 {
		return cutNotice(len(s), countLines(s))
	}
	head, tail := s[:headEnd(s, room)], s[tailStart(s, len(s)-room):]
	left := s[len(head) : len(s)-len(tail)]
	notice := cutNotice(len(left), countLines(left))
	if !strings.HasSuffix(head, "\n") {
		notice = "\n" + notice
	}
	return head + notice + "\n" + tail
}

func cutNotice(bytes, lines int) string {
	return fmt.Sprintf("[… %d bytes, %d lines left out …]", bytes, lines)
}

// countLines is the number of lines that s has a part of.
func countLines(s string) int {
	n := strings.Count(s, "\n")
	if s != "" && !strings.HasSuffix(s, "\n") {
		n++
	}
	return n
}

// headEnd is where to end a head of at most n bytes: after the last line end in
// its second half, else before the character at n.
func headEnd(s string, n int) int {
	if i := strings.LastIndexByte(s[:n], '\n'); i >= n/2 {
		return i + 1
	}
	return boundary(s, n, -1)
}

// tailStart is where to start a tail that starts at n or later: after the first
// line end in its first half, else at the character at or after n.
func tailStart(s string, n int) int {
	half := n + (len(s)-n)/2
	if i := strings.IndexByte(s[n-1:half], '\n'); i >= 0 {
		return n + i
	}
	return boundary(s, n, 1)
}

// boundary is n or the next offset in the direction step that is between two
// characters and not within \r\n.
func boundary(s string, n, step int) int {
	for k := 0; k < utf8.UTFMax && n > 0 && n < len(s); k++ {
		if utf8.RuneStart(s[n]) && !strings.HasPrefix(s[n-1:], "\r\n") {
			break
		}
		n += step
	}
	return n
}
