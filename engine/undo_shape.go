package engine

import (
	"bytes"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine/text"
)

// unshaped is now with the shape that after had wherever a formatter has been over lines that the way back from after
// to base goes through. What a formatter made of other lines stays as it is, and so does all that is more than white
// space.
func unshaped(after, now, base []byte) []byte {
	bare, marked := bytes.CutPrefix(now, bom)
	after, base = bytes.TrimPrefix(after, bom), bytes.TrimPrefix(base, bom)
	own := text.Diff(after, base)
	var kept []text.Edit
	for _, e := range text.Diff(after, bare) {
		for _, part := range byLines(string(after), e) {
			if !touchesAny(part.Span, own) || !spaceAlone(string(after[part.Start:part.End]), part.New) {
				kept = append(kept, part)
			}
		}
	}
	out, err := text.Apply(after, kept)
	if err != nil {
		return now // not reached: these are edits of after, in their order
	}
	if marked {
		out = append(bytes.Clone(bom), out...)
	}
	return out
}

// byLines cuts an edit into one for each line, where lines took the places of as many.
func byLines(src string, e text.Edit) []text.Edit {
	old, fresh := strings.SplitAfter(src[e.Start:e.End], "\n"), strings.SplitAfter(e.New, "\n")
	if len(old) != len(fresh) {
		return []text.Edit{e}
	}
	var out []text.Edit
	at := e.Start
	for i, line := range old {
		if line != fresh[i] {
			out = append(out, text.Edit{Span: text.Span{Start: at, End: at + len(line)}, New: fresh[i]})
		}
		at += len(line)
	}
	return out
}

func touchesAny(s text.Span, edits []text.Edit) bool {
	return slices.ContainsFunc(edits, func(e text.Edit) bool { return s.Start <= e.End && e.Start <= s.End })
}

// spaceAlone says whether two texts differ in nothing but white space outside of quotes. A quote that is not closed in
// its line makes the rest of the line count as quoted: then the texts differ sooner.
func spaceAlone(a, b string) bool { return a != b && essence(a) == essence(b) }

// essence is a text without the white space that says nothing.
func essence(s string) string {
	var out strings.Builder
	quote := byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		space := c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v'
		switch {
		case c == '\n' && quote != '`':
			quote = 0
		case quote == 0 && (c == '"' || c == '\'' || c == '`'):
			quote = c
		case quote != 0 && c == '\\' && i+1 < len(s) && s[i+1] != '\n':
			out.WriteByte(c)
			i++
			c = s[i]
			space = false
		case c == quote:
			quote = 0
		}
		if !space || quote != 0 {
			out.WriteByte(c)
		}
	}
	return out.String()
}
