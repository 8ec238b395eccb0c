package text

import "strings"

// CutLines is s where it has at most maxBytes bytes; else its first and its last lines around what gap says of the
// lines between: the numbers of the first and the last of them, from 1, and how many lines s has. Two thirds of the
// bytes are for the beginning. Lines are not cut: of a text whose lines are too long for that the middle is cut as
// CutMiddle does, and gap is not asked.
func CutLines(s string, maxBytes int, gap func(first, last, total int) string) string {
	if len(s) <= maxBytes {
		return s
	}
	lines := strings.SplitAfter(s, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	head, tail := cutAround(lines, maxBytes)
	if head == 0 && tail == 0 {
		return CutMiddle(s, maxBytes)
	}
	last := len(lines) - tail
	middle := strings.TrimSuffix(gap(head+1, last, len(lines)), "\n") + "\n"
	return strings.Join(lines[:head], "") + middle + strings.Join(lines[last:], "")
}

// cutAround is how many of the first and of the last lines fit.
func cutAround(lines []string, maxBytes int) (head, tail int) {
	room := maxBytes * 2 / 3
	for head < len(lines) && len(lines[head]) <= room {
		room -= len(lines[head])
		head++
	}
	room = maxBytes / 3
	for tail < len(lines)-head && len(lines[len(lines)-1-tail]) <= room {
		room -= len(lines[len(lines)-1-tail])
		tail++
	}
	return head, tail
}

// Wrap breaks every line of s that has more than maxBytes bytes into lines of at most that many, between characters.
func Wrap(s string, maxBytes int) string {
	maxBytes = max(maxBytes, 4)
	var b strings.Builder
	for line := range strings.Lines(s) {
		for len(strings.TrimSuffix(line, "\n")) > maxBytes {
			at := boundary(line, maxBytes, -1)
			b.WriteString(line[:at] + "\n")
			line = line[at:]
		}
		b.WriteString(line)
	}
	return b.String()
}
