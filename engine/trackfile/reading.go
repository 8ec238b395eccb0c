package trackfile

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// reading is one pass over a text: a whole document, what stands around its tickets, or one ticket. One
// goroutine fills it; what it found is immutable afterwards.
type reading struct {
	name     string
	src      []byte
	lines    []int // found when first asked for
	findings []finding
	marks    marks
	broken   bool            // a syntax error hid a part of the text
	hidden   map[string]bool // ids seen in what a syntax error hid; nil when there are none
	form     Form
	root     *node
	tickets  *node // the value of "tickets", or the top-level list; nil when there is none
	fields   []Field
	track    Track
	pieces   []*piece
}

// starts lists where the lines of the text start.
func (d *reading) starts() []int {
	if d.lines == nil {
		d.lines = lineStarts(d.src)
	}
	return d.lines
}

// finding is a problem before its place in the document is known: its positions count from the start of the
// text that was read. lineHole in the message stands for the line of the offset ref, which is else the start.
type finding struct {
	span     Span
	severity Severity
	code     Code
	message  string
	ref      int
}

// lineHole is no part of any message: what is quoted from a document has its control characters escaped.
const lineHole = "\x00"

func found(sev Severity, code Code, at Span, format string, args ...any) finding {
	return finding{span: at, severity: sev, code: code, message: fmt.Sprintf(format, args...), ref: at.Start}
}

// moved is the finding with its positions changed by the function.
func (f finding) moved(by func(int) int) finding {
	f.span, f.ref = f.span.moved(by), by(f.ref)
	return f
}

func (d *reading) errorf(code Code, at Span, format string, args ...any) {
	d.findings = append(d.findings, found(Error, code, at, format, args...))
}

func (d *reading) warnf(code Code, at Span, format string, args ...any) {
	d.findings = append(d.findings, found(Warning, code, at, format, args...))
}

// errorAbout is errorf with a message that names the line of another place, as lineHole.
func (d *reading) errorAbout(ref int, code Code, at Span, format string, args ...any) {
	f := found(Error, code, at, format, args...)
	f.ref = ref
	d.findings = append(d.findings, f)
}

// clean is the source with what no parser should see replaced, at unchanged offsets, and the length of the
// byte order mark. The first byte that is invalid UTF-8 or a control character is reported.
func (d *reading) clean() (clean []byte, bom int) {
	clean = d.src
	if bytes.HasPrefix(clean, []byte("\ufeff")) {
		bom = 3
	}
	copied := false
	for i := bom; i < len(clean); {
		n, bad := nextRune(clean[i:])
		if !bad {
			i += n
			continue
		}
		if !copied {
			clean, copied = bytes.Clone(clean), true
			d.badByte(i)
		}
		clean[i] = '?'
		i++
	}
	return clean, bom
}

// nextRune is the length of the character that the text starts with, and whether no parser should see it.
func nextRune(src []byte) (n int, bad bool) {
	if c := src[0]; c < utf8.RuneSelf {
		return 1, c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f
	}
	_, n = utf8.DecodeRune(src)
	return n, n == 1
}

func (d *reading) badByte(at int) {
	if c := d.src[at]; c < utf8.RuneSelf {
		d.errorf(CodeEncoding, Span{at, at + 1}, "this is a control character (0x%02x): delete it", rune(c))
		return
	}
	d.errorf(CodeEncoding, Span{at, at + 1}, "this byte (0x%02x) is not UTF-8: save the file in UTF-8", d.src[at])
}
