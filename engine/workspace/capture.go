package workspace

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// capture keeps the beginning and the end of a stream within a bound, whatever its length. The end matters most: it
// is where a failing command says why. One goroutine writes.
type capture struct {
	head, tail []byte
	headRoom   int
	tailRoom   int
	total      int64
}

func newCapture(limit int) *capture {
	return &capture{headRoom: limit / 3, tailRoom: limit - limit/3}
}

// Write takes everything and never fails.
func (c *capture) Write(p []byte) (int, error) {
	n := len(p)
	c.total += int64(n)
	if room := c.headRoom - len(c.head); room > 0 {
		take := min(room, len(p))
		c.head = append(c.head, p[:take]...)
		p = p[take:]
	}
	if len(p) > c.tailRoom {
		p = p[len(p)-c.tailRoom:]
	}
	c.tail = append(c.tail, p...)
	if len(c.tail) > 2*c.tailRoom { // seldom, so that a byte is moved once or twice in all
		c.tail = append(c.tail[:0], c.tail[len(c.tail)-c.tailRoom:]...)
	}
	return n, nil
}

// String is what was written, as valid UTF-8, with a line that says how much is missing where something is.
func (c *capture) String() string {
	head, tail := c.head, c.tail[max(0, len(c.tail)-c.tailRoom):]
	if int64(len(head)+len(tail)) == c.total {
		return valid(append(bytes.Clone(head), tail...))
	}
	if i := bytes.LastIndexByte(head, '\n'); i >= 0 {
		head = head[:i+1]
	} else {
		head = wholeRunes(head)
	}
	if i := bytes.IndexByte(tail, '\n'); i >= 0 && i+1 < len(tail) {
		tail = tail[i+1:]
	} else {
		for len(tail) > 0 && !utf8.RuneStart(tail[0]) {
			tail = tail[1:]
		}
	}
	missing := c.total - int64(len(head)+len(tail))
	nl := ""
	if len(head) > 0 && head[len(head)-1] != '\n' {
		nl = "\n"
	}
	return valid(head) + nl + fmt.Sprintf("[… %d bytes of output left out …]\n", missing) + valid(tail)
}

func valid(b []byte) string { return strings.ToValidUTF8(string(b), "\ufffd") }

// wholeRunes drops a character that was cut at the end.
func wholeRunes(b []byte) []byte {
	for i := 1; i <= min(utf8.UTFMax, len(b)); i++ {
		if utf8.RuneStart(b[len(b)-i]) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}
