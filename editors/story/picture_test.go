package story

import (
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// style is how a character looks; colours are "#rrggbb", "" the terminal's own.
type style struct {
	fg, bg                                 string
	bold, italic, faint, underline, struck bool
	reverse                                bool
}

type cell struct {
	char rune
	style
}

// attributes matches a change of style, the only control sequence that capture-pane writes.
var attributes = regexp.MustCompile("\x1b\\[([0-9;:]*)m")

// otherEscapes matches what else a terminal may be told, such as links and character sets.
var otherEscapes = regexp.MustCompile("\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|\x1b[()][0-9A-B]|[\x0e\x0f]")

// cells reads what `tmux capture-pane -e -p` wrote. A style holds until it is changed, also beyond a line.
func cells(captured string) [][]cell {
	var out [][]cell
	var now style
	for line := range strings.Lines(otherEscapes.ReplaceAllString(captured, "")) {
		var row []cell
		line = strings.TrimSuffix(line, "\n")
		for line != "" {
			at := attributes.FindStringSubmatchIndex(line)
			text := line
			if at != nil {
				text = line[:at[0]]
			}
			for _, char := range text {
				row = append(row, cell{char, now})
				if char == '✅' || char == '❌' { // which :checkhealth writes, and which are two wide
					row = append(row, cell{0, now})
				}
			}
			if at == nil {
				break
			}
			now = now.after(strings.Split(line[at[2]:at[3]], ";"))
			line = line[at[1]:]
		}
		out = append(out, row)
	}
	return out
}

// after is a style with the parameters of one sequence applied.
func (s style) after(params []string) style {
	for len(params) > 0 {
		code, sub, _ := strings.Cut(params[0], ":")
		n, _ := strconv.Atoi(code) // none is 0
		rest := params[1:]
		switch {
		case n == 0:
			s = style{}
		case n == 38:
			s.fg, rest = colour(sub, rest)
		case n == 48:
			s.bg, rest = colour(sub, rest)
		case n == 58:
			_, rest = colour(sub, rest) // of the line below the text, which is drawn in the text's
		case n >= 30 && n <= 37, n >= 90 && n <= 97:
			s.fg = ansi[n%10+n/90*8]
		case n >= 40 && n <= 47, n >= 100 && n <= 107:
			s.bg = ansi[n%10+n/100*8]
		default:
			s = s.with(n, sub)
		}
		params = rest
	}
	return s
}

func (s style) with(code int, sub string) style {
	switch code {
	case 1:
		s.bold = true
	case 2:
		s.faint = true
	case 3:
		s.italic = true
	case 4:
		s.underline = sub != "0"
	case 7:
		s.reverse = true
	case 9:
		s.struck = true
	case 22:
		s.bold, s.faint = false, false
	case 23:
		s.italic = false
	case 24:
		s.underline = false
	case 27:
		s.reverse = false
	case 29:
		s.struck = false
	case 39:
		s.fg = ""
	case 49:
		s.bg = ""
	}
	return s
}

// ansi are the sixteen colours that have no value of their own.
var ansi = [16]string{
	"#14161b", "#ffc0b9", "#b3f6c0", "#fce094", "#a6dbff", "#ffcaff", "#8cf8f7", "#c4c6cd",
	"#4f5258", "#ffc0b9", "#b3f6c0", "#fce094", "#a6dbff", "#ffcaff", "#8cf8f7", "#eef1f8",
}

// colour reads what follows 38, 48 or 58: 2 and a value, or 5 and a place in the table of 256, after colons or semicolons.
func colour(sub string, rest []string) (value string, left []string) {
	params := rest
	if sub != "" {
		params = strings.Split(strings.Replace(sub, "::", ":", 1), ":")
	}
	used, n := 0, make([]int, 4)
	for used < len(params) && used < 4 {
		n[used], _ = strconv.Atoi(params[used])
		used++
		if used == 2 && n[0] == 5 {
			break
		}
	}
	if sub != "" {
		used = 0
	}
	if n[0] == 5 {
		return indexed(n[1]), rest[used:]
	}
	return fmt.Sprintf("#%02x%02x%02x", n[1], n[2], n[3]), rest[used:]
}

func indexed(i int) string {
	switch {
	case i < 16:
		return ansi[i]
	case i >= 232:
		grey := 8 + 10*(i-232)
		return fmt.Sprintf("#%02x%02x%02x", grey, grey, grey)
	}
	level := func(v int) int {
		if v == 0 {
			return 0
		}
		return 55 + 40*v
	}
	return fmt.Sprintf("#%02x%02x%02x", level((i-16)/36), level((i-16)/6%6), level((i-16)%6))
}

// The size of a character in the picture, in its own units, and the terminal's own colours.
const (
	charWidth, charHeight = 8, 17
	baseline              = 13
	ownText, ownGround    = "#e0e2ea", "#14161b"
)

// drawn is the picture of a screen: an SVG in which each run of one style is a text of fixed length.
func drawn(screen [][]cell) string {
	width := 0
	for _, row := range screen {
		width = max(width, len(row))
	}
	var grounds, texts strings.Builder
	for y, row := range screen {
		for x := 0; x < len(row); {
			end := x + 1
			for end < len(row) && row[end].style == row[x].style {
				end++
			}
			drawRun(&grounds, &texts, row[x:end], x, y)
			x = end
		}
	}
	w, h := width*charWidth, len(screen)*charHeight
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d">
<style>text{font:13px "DejaVu Sans Mono","Menlo","Consolas",monospace;white-space:pre}</style>
<rect width="%d" height="%d" fill="%s"/>
%s%s</svg>
`, w, h, w, h, w, h, ownGround, grounds.String(), texts.String())
}

// drawRun draws characters of one style, from a column and a row on.
func drawRun(grounds, texts *strings.Builder, cells []cell, x, y int) {
	s := cells[0].style
	fg, bg := s.fg, s.bg
	if fg == "" {
		fg = ownText
	}
	if bg == "" {
		bg = ownGround
	}
	if s.reverse {
		fg, bg = bg, fg
	}
	if bg != ownGround {
		fmt.Fprintf(grounds, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", x*charWidth, y*charHeight, len(cells)*charWidth, charHeight, bg)
	}
	for len(cells) > 0 && cells[0].char == ' ' {
		cells, x = cells[1:], x+1
	}
	for len(cells) > 0 && cells[len(cells)-1].char == ' ' {
		cells = cells[:len(cells)-1]
	}
	if len(cells) == 0 {
		return
	}
	var text strings.Builder
	for _, c := range cells {
		if c.char != 0 {
			text.WriteRune(c.char)
		}
	}
	fmt.Fprintf(texts, "<text x=\"%d\" y=\"%d\" textLength=\"%d\" fill=\"%s\"%s>%s</text>\n", x*charWidth, y*charHeight+baseline,
		len(cells)*charWidth, fg, s.marks(), html.EscapeString(text.String()))
}

func (s style) marks() string {
	var out string
	if s.bold {
		out += ` font-weight="bold"`
	}
	if s.italic {
		out += ` font-style="italic"`
	}
	if s.faint {
		out += ` opacity="0.6"`
	}
	if s.struck {
		return out + ` text-decoration="line-through"`
	}
	if s.underline {
		return out + ` text-decoration="underline"`
	}
	return out
}

// TestPicture draws what capture-pane writes: styles that hold over lines, both kinds of colours, wide characters and what
// SVG would take for its own.
func TestPicture(t *testing.T) {
	t.Parallel()
	got := drawn(cells("\x1b[1;38;2;1;2;3ma<b\n c\x1b[0m \x1b[48;5;196m✅\x1b[7md\x1b[m  \n"))
	for _, want := range []string{
		`viewBox="0 0 64 34"`,
		`<text x="0" y="13" textLength="24" fill="#010203" font-weight="bold">a&lt;b</text>`,
		`<text x="8" y="30" textLength="8" fill="#010203" font-weight="bold">c</text>`,
		`<rect x="24" y="17" width="16" height="17" fill="#ff0000"/>`,
		`<text x="40" y="30" textLength="8" fill="#ff0000">d</text>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("not drawn: %s\n%s", want, got)
		}
	}
}
