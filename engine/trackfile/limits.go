package trackfile

import (
	"bytes"

	"github.com/goccy/go-yaml/token"
)

// The YAML library takes time that grows with the square of some counts, and recurses. These bounds keep the
// worst file at a fraction of a second; a real track is far below each of them.
const (
	maxBlankWork = 4 << 20   // sum of the squares of runs of blank lines
	maxTabWork   = 256 << 20 // sum of tabs times the length of their line
	maxKeyWork   = 16 << 20  // sum of the squares of the sizes of mappings
	maxNullWork  = 1 << 30   // values left out, times tokens
)

// heavyText finds in the bytes what the tokenizer would take too long for, before it is asked.
func heavyText(src []byte) (at int, what string) {
	blank, blankWork, tabWork := 0, 0, 0
	for i := 0; i < len(src); {
		n := bytes.IndexAny(src[i:], "\n\r") + 1
		if n == 0 {
			n = len(src) - i
		}
		line := src[i : i+n]
		if len(bytes.TrimSpace(line)) == 0 {
			blank++
			blankWork += 2*blank - 1
		} else {
			blank = 0
		}
		tabWork += bytes.Count(line, []byte("\t")) * len(line)
		switch {
		case blankWork > maxBlankWork:
			return i, "too many blank lines follow each other here: delete some"
		case tabWork > maxTabWork:
			return i, "there are too many tabs in lines as long as this: use spaces"
		}
		i += n
	}
	return -1, ""
}

// shapeOf walks over the tokens and measures what the parser would recurse over or take too long for.
type shapeOf struct {
	columns []int // of the open blocks
	keys    []int // how many keys each open block has
	flow    int
	pairs   int // keys since the last bracket or comma
	prefix  int // anchors, tags and question marks in a row
	keyWork int
	nulls   int
}

// heavyTokens is the index of the token at which the document becomes too deep or too wide, and why.
func heavyTokens(tokens token.Tokens) (index int, what string, wide bool) {
	var s shapeOf
	for i, tk := range tokens {
		s.step(tokens, i, tk)
		switch {
		case len(s.columns)+s.flow+s.prefix > maxDepth:
			return i, "values are nested too deep here", false
		case s.keyWork > maxKeyWork:
			return i, "there are too many fields in one mapping here", true
		case s.nulls*len(tokens) > maxNullWork:
			return i, "too many values are left out up to here", true
		}
	}
	return -1, "", false
}

func (s *shapeOf) step(tokens token.Tokens, i int, tk *token.Token) {
	switch tk.Type {
	case token.MappingStartType, token.SequenceStartType:
		s.flow, s.pairs = s.flow+1, 0
	case token.MappingEndType, token.SequenceEndType:
		s.flow, s.pairs = max(0, s.flow-1), 0
	case token.CollectEntryType:
		s.pairs = 0
	case token.AnchorType, token.TagType, token.MappingKeyType:
		s.prefix++
		return
	case token.SequenceEntryType:
		s.enter(tk.Position.Column)
		s.keys[len(s.keys)-1] = 0
		s.countNull(tokens, i, tk.Position.Column)
	case token.MappingValueType:
		if i > 0 {
			s.key(tokens, i, tokens[i-1].Position.Column)
		}
	}
	if i > 0 && tokens[i-1].Type != token.AnchorType {
		s.prefix = 0
	}
}

// key counts one more key of the innermost mapping. Between brackets only keys without a comma between them
// cost more than their number.
func (s *shapeOf) key(tokens token.Tokens, i, column int) {
	if s.flow > 0 {
		s.pairs++
		s.keyWork += 2*s.pairs - 2
		return
	}
	s.enter(column)
	s.countNull(tokens, i, column)
	n := len(s.keys) - 1
	s.keys[n]++
	s.keyWork += 2*s.keys[n] - 1
}

// enter makes the block at the column the innermost one.
func (s *shapeOf) enter(column int) {
	if s.flow > 0 && len(s.columns) > 0 {
		return
	}
	n := len(s.columns)
	for n > 0 && s.columns[n-1] > column {
		n--
	}
	s.columns, s.keys = s.columns[:n], s.keys[:n]
	if n == 0 || s.columns[n-1] < column {
		s.columns, s.keys = append(s.columns, column), append(s.keys, 0)
	}
}

func (s *shapeOf) countNull(tokens token.Tokens, i, column int) {
	if i+1 == len(tokens) || tokens[i+1].Position.Line > tokens[i].Position.Line && tokens[i+1].Position.Column <= column {
		s.nulls++
	}
}
