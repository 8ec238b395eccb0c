package trackfile

import (
	"bytes"
	"path"
	"strings"
	"unicode/utf8"
)

// maxBytes bounds what is parsed. A track of 10,000 tickets has about 2.5 MB.
const maxBytes = 16 << 20

var suffixes = []string{".track.yaml", ".track.yml", ".track.json"}

// IsTrackFile says whether a path, of any separator, names a track document.
func IsTrackFile(p string) bool {
	for _, s := range suffixes {
		if base := p[strings.LastIndexAny(p, `/\`)+1:]; strings.HasSuffix(base, s) && base != s {
			return true
		}
	}
	return false
}

// ID is the track's id: its workspace-relative, slash-separated path without the suffix. A path that is no
// track file's keeps all but its last extension, so that every file has an id.
func ID(p string) string {
	for _, s := range suffixes {
		if strings.HasSuffix(p, s) {
			return strings.TrimSuffix(p, s)
		}
	}
	return strings.TrimSuffix(p, path.Ext(p))
}

// Parse reads a document. It never fails as a whole: what is wrong becomes a problem, and what can be read is
// in the Track beside it. The name decides between JSON (".json") and YAML (everything else) and is kept; the
// source is kept too, and must not be changed afterwards. Parse does no input or output and is safe for
// concurrent use. Its time is linear in the source; what would take longer is refused with a problem.
func Parse(name string, src []byte) *Document {
	d := &Document{
		Name: name, Source: src, Form: FormNone,
		lines: lineStarts(src), first: map[string]int{}, hidden: map[string]bool{},
	}
	if len(src) > maxBytes {
		d.errorf(CodeTooComplex, Span{}, "the file has %d MB and a track may have %d: split it into several tracks",
			len(src)>>20, maxBytes>>20)
		return d
	}
	clean, bom := d.clean()
	if isJSONName(name) {
		d.root = d.parseJSON(clean, bom)
	} else {
		d.root = d.parseYAML(clean, bom)
	}
	d.readRoot()
	d.check()
	sortProblems(d.Problems)
	d.Problems = d.capped(d.Problems)
	return d
}

func isJSONName(name string) bool { return strings.EqualFold(path.Ext(name), ".json") }

// clean is the source with what no parser should see replaced, at unchanged offsets, and the length of the
// byte order mark. Invalid UTF-8 and control characters are reported once each.
func (d *Document) clean() (clean []byte, bom int) {
	clean = d.Source
	if bytes.HasPrefix(clean, []byte("\ufeff")) {
		bom = 3
	}
	copied := false
	for i := bom; i < len(clean); {
		r, n := utf8.DecodeRune(clean[i:])
		if n > 1 || r >= ' ' && r != 0x7f && r != utf8.RuneError || r == '\t' || r == '\n' || r == '\r' {
			i += n
			continue
		}
		if !copied {
			clean, copied = bytes.Clone(clean), true
			d.badByte(i, r)
		}
		clean[i] = '?'
		i++
	}
	return clean, bom
}

func (d *Document) badByte(at int, r rune) {
	if r == utf8.RuneError {
		d.errorf(CodeEncoding, Span{at, at + 1}, "this byte (0x%02x) is not UTF-8: save the file in UTF-8", d.Source[at])
		return
	}
	d.errorf(CodeEncoding, Span{at, at + 1}, "this is a control character (0x%02x): delete it", d.Source[at])
}
