package treesitter

import (
	"bytes"
	"context"
	"go/scanner"
	"go/token"
	"slices"
	"strings"
	"time"

	"github.com/slop-ls/slop-ls/engine"
)

// closely is how long references are told from comments and strings by syntax; what is left then is told by lines.
const closely = 2 * time.Second

// References is engine.Finder's. Of "Type.Method" it lists the uses of Method as a member, of whatever type.
func (x *Index) References(ctx context.Context, draft engine.Draft, q engine.FindQuery) (engine.Found, error) {
	a, err := x.ask(ctx, draft, q)
	if err != nil {
		return engine.Found{}, err
	}
	owner, name, isMember := cutLast(a.q.Name)
	s := &usesOf{question: a, name: name, owner: owner, member: isMember, until: time.Now().Add(closely)}
	hash := hashWord(name)
	for p, f := range a.files() {
		if !f.hasWord(hash) {
			continue
		}
		if err := s.file(ctx, p); err != nil {
			return engine.Found{}, err
		}
		if a.found.More {
			break
		}
	}
	if s.late {
		a.found.Notes = append(a.found.Notes, "the name is so frequent that in some files comments and strings were told by their lines alone")
	}
	a.remark()
	return a.found, nil
}

// cutLast cuts a path at its last dot.
func cutLast(path string) (owner, name string, cut bool) {
	i := strings.LastIndexByte(path, '.')
	return path[:max(i, 0)], path[i+1:], i >= 0
}

// usesOf looks for the uses of one name.
type usesOf struct {
	*question
	name, owner string
	member      bool // only uses as a member count
	until       time.Time
	late        bool
}

// file adds the uses in one file, a line once.
func (s *usesOf) file(ctx context.Context, p string) error {
	f, err := s.draft.Peek(ctx, p)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil || len(f.Data) > maxIndexed { // it was changed since
		return nil //nolint:nilerr // a file that cannot be read any more uses nothing
	}
	offsets := s.codeOnly(ctx, p, f.Data, wordsAt(f.Data, s.name))
	if len(offsets) == 0 {
		return nil
	}
	ix := s.viewer.reader.indexWith(ctx, p, f.Data, s.known(p))
	lines := lineCounter{src: f.Data}
	shown := int32(-1)
	for _, at := range offsets {
		line := lines.at(at)
		place, ok := s.place(ix, f.Data, at, line)
		if line == shown || !ok {
			continue
		}
		if len(s.found.Mentions) == s.q.Max {
			s.found.More = true
			return nil
		}
		shown = line
		place.Path, place.Line, place.Text = p, int(line)+1, lineOf(f.Data[lineStart(f.Data, at):], 0)
		s.found.Mentions = append(s.found.Mentions, place)
	}
	return nil
}

// known is what the index has of a file.
func (a *question) known(p string) *indexed {
	if over, ok := a.over[p]; ok {
		return over
	}
	return a.catalog.files[p]
}

// place says what a use is, and whether it counts.
func (s *usesOf) place(ix *indexed, src []byte, at int, line int32) (engine.Mention, bool) {
	var in declared
	for _, d := range ix.symbols {
		if d.first == line && d.name() == s.name {
			counts := !s.member || d.path == s.q.Name || strings.HasSuffix(d.path, "."+s.q.Name)
			return engine.Mention{Symbol: d.path, Kind: d.kind, Declares: true}, counts
		}
		if d.first <= line && line <= d.last && (in.path == "" || d.last-d.first <= in.last-in.first) {
			in = d
		}
	}
	before := src[:at]
	isMember := bytes.HasSuffix(before, []byte(".")) || bytes.HasSuffix(before, []byte("->")) || bytes.HasSuffix(before, []byte("::"))
	return engine.Mention{Symbol: in.path}, !s.member || isMember
}

// indexWith is index, where old is what is known of the file: enough where its content is the same.
func (r *reader) indexWith(ctx context.Context, p string, src []byte, old *indexed) *indexed {
	if old != nil && old.sum == sumOf(src) {
		return old
	}
	if f := r.index(ctx, p, src); f != nil {
		return f
	}
	return &indexed{}
}

// wordsAt is where a name stands as a word of its own.
func wordsAt(src []byte, name string) []int {
	var list []int
	for from := 0; ; {
		i := bytes.Index(src[from:], []byte(name))
		if i < 0 {
			return list
		}
		at := from + i
		from = at + len(name)
		if (at == 0 || !nameByte(src[at-1])) && (from == len(src) || !nameByte(src[from])) {
			list = append(list, at)
		}
	}
}

// codeOnly keeps the offsets that are not in a comment or a string.
func (s *usesOf) codeOnly(ctx context.Context, p string, src []byte, offsets []int) []int {
	if len(offsets) == 0 {
		return nil
	}
	lang := detect(p, src)
	if s.late = s.late || time.Now().After(s.until); !s.late {
		if lang.name == "go" {
			return goNames(src, s.name)
		}
		if kept, ok := s.viewer.reader.forest.codeOnly(ctx, p, lang, src, offsets); ok {
			return kept
		}
	}
	return slices.DeleteFunc(offsets, func(at int) bool { return placeInLine(lang, src, at) == inComment })
}

// goNames is where a name stands in Go as one. It scans tokens, so that broken files do as well.
func goNames(src []byte, name string) []int {
	var list []int
	var s scanner.Scanner
	files := token.NewFileSet()
	file := files.AddFile("", -1, len(src))
	s.Init(file, src, func(token.Position, string) {}, 0)
	for {
		pos, tok, text := s.Scan()
		switch {
		case tok == token.EOF:
			return list
		case tok == token.IDENT && text == name:
			list = append(list, file.Offset(pos))
		}
	}
}
