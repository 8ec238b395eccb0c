package treesitter

import (
	"bytes"
	"context"
	"encoding/binary"
	"unicode/utf16"
)

// mostGo is the largest file that go/parser is given.
const mostGo = 8 << 20

// reader turns bytes into analyses, and remembers them.
type reader struct {
	cache  *cache
	forest *forest
	marks  []string
}

// read analyses src, which is not kept. It fails only with ctx's error.
func (r *reader) read(ctx context.Context, path string, src []byte) (*analysis, error) {
	lang := detect(path, src)
	key := keyOf(lang, src)
	if a := r.cache.get(key); a != nil {
		return a, nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	a, err := r.fresh(ctx, path, lang, bytes.Clone(src))
	if err != nil {
		return nil, err
	}
	r.cache.put(key, a)
	return a, nil
}

func (r *reader) fresh(ctx context.Context, path string, lang *language, src []byte) (*analysis, error) {
	if text, ok := decode16(src); ok {
		a, err := r.fresh(ctx, path, lang, text)
		if err != nil {
			return nil, err
		}
		recoded := *a
		recoded.recoded = true
		return &recoded, nil
	}
	if binaryData(src) {
		return &analysis{lang: plainText, src: nil, by: byLines, why: "not text: " + plural(len(src), "byte") + " left out"}, nil
	}
	var std *analysis
	if lang.name == "go" && len(src) <= mostGo {
		if std = parseGo(lang, src, r.marks); std != nil && !std.broken {
			return std, nil
		}
	}
	return r.bySyntax(ctx, path, lang, src, std)
}

// bySyntax asks tree-sitter where the language has a grammar. Of a Go file so broken that it comes here with std, what
// go/parser made of it, the reading that finds most declarations is taken.
func (r *reader) bySyntax(ctx context.Context, path string, lang *language, src []byte, std *analysis) (*analysis, error) {
	why := "no grammar for " + lang.name
	if lang.rules != nil {
		a, err := r.forest.analyse(ctx, path, lang, src, r.marks)
		switch {
		case err == nil && (std == nil || a.count() > std.count()):
			return a, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
			why = err.Error()
		}
	}
	a := parseLines(lang, src, why)
	if std != nil && std.count() >= a.count() {
		return std, nil
	}
	a.markCore(r.marks, func(offset int) place { return placeInLine(lang, src, offset) })
	return a, nil
}

// placeInLine takes what follows a comment sign on its line for a comment.
func placeInLine(lang *language, src []byte, offset int) place {
	line := src[lineStart(src, offset):offset]
	if bytes.Contains(line, []byte(lang.comment.open)) || commentLine(bytes.TrimSpace(line)) {
		return inComment
	}
	return elsewhere
}

// uses lists what the spans of an analysed file refer to.
func (r *reader) uses(ctx context.Context, path string, a *analysis, spans []span) uses {
	switch a.by {
	case byGoParser:
		return usesInGo(a.src, spans)
	case byTreeSitter:
		if u, ok := r.forest.uses(ctx, path, a.lang, a.src, spans); ok {
			return u
		}
	}
	return usesByText(a.src, spans)
}

// binaryData reports whether src is no text at all.
func binaryData(src []byte) bool {
	return bytes.IndexByte(src[:min(len(src), 8192)], 0) >= 0
}

// decode16 turns UTF-16 with a byte order mark into UTF-8.
func decode16(src []byte) ([]byte, bool) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(src, bom16le):
		order = binary.LittleEndian
	case bytes.HasPrefix(src, bom16be):
		order = binary.BigEndian
	default:
		return nil, false
	}
	units := make([]uint16, 0, len(src)/2)
	for i := 2; i+1 < len(src); i += 2 {
		units = append(units, order.Uint16(src[i:]))
	}
	return []byte(string(utf16.Decode(units))), true
}
