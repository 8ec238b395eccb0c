package trackfile

import (
	"maps"
	"path"
	"slices"
	"strings"
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
	r := &reading{name: name, src: src, form: FormNone, lines: lineStarts(src)}
	d := &Document{Name: name, Source: src, lines: r.lines}
	if len(src) > maxBytes {
		r.errorf(CodeTooComplex, Span{}, "the file has %d MB and a track may have %d: split it into several tracks",
			len(src)>>20, maxBytes>>20)
		d.fixed = true
		return d.assemble(r.head(behind, adding(0)), nil)
	}
	clean, bom := r.clean()
	d.unclean, r.findings = r.findings, nil
	d.fixed = len(d.unclean) > 0
	if !isJSONName(name) && d.readApart(clean, nil) {
		return d
	}
	if isJSONName(name) {
		r.root = r.parseJSON(clean, bom)
		d.fixed = d.fixed || r.broken
	} else {
		r.root = r.parseYAML(clean, bom, tries(len(src)))
		d.fixed = true
	}
	r.readRoot()
	return d.together(r)
}

func isJSONName(name string) bool { return strings.EqualFold(path.Ext(name), ".json") }

// together makes the document of what was read in one go.
func (d *Document) together(r *reading) *Document {
	d.pieces, d.starts = r.pieces, make([]int, len(r.pieces))
	for i, p := range d.pieces {
		d.starts[i] = p.entry.Start
		p.moved(adding(-p.entry.Start))
	}
	if d.fixed || len(d.pieces) == 0 {
		return d.assemble(r.head(behind, adding(0)), nil)
	}
	last := len(d.pieces) - 1
	zone := Span{d.starts[0], d.entry(last).End}
	return d.assemble(r.head(zone.Start, func(at int) int {
		if at >= zone.End {
			return at - (zone.End - zone.Start)
		}
		return at
	}), nil)
}

// readApart reads a YAML document in block form ticket by ticket; false when it is none, or its parts depend on
// each other. What an older version has read of the same text is not read again.
func (d *Document) readApart(clean []byte, old *reuse) bool {
	l, ok := old.split(clean, d.lines)
	if !ok {
		return false
	}
	h := old.head(clean, l)
	if h == nil {
		if h, ok = readHead(d.Name, clean, l); !ok {
			return false
		}
	}
	all := h.marks
	r := newTicketReader()
	d.pieces = make([]*piece, len(l.starts))
	for i := range d.pieces {
		p := old.piece(i, len(l.starts))
		if p == nil {
			at := l.extent(i)
			if p = r.readPiece(d.Name, clean[at.Start:at.End]); p == nil {
				return false
			}
		}
		d.pieces[i] = p
		all |= p.marks
	}
	if all.linked() {
		d.pieces = nil
		return false
	}
	d.layout, d.starts = l, l.starts
	d.assemble(h, old)
	return true
}

// readPiece reads one ticket of a block document; nil when it is not one element of a list.
func (r *fieldReader) readPiece(name string, src []byte) *piece {
	r.d = &reading{name: name, src: src}
	root := r.d.parseYAML(src, 0, 1)
	if r.d.broken {
		r.d.hideIDs(src)
		return &piece{broken: true, findings: r.d.findings, hidden: slices.Sorted(maps.Keys(r.d.hidden))}
	}
	if root == nil || root.kind != list || root.flow || len(root.items) != 1 {
		return nil
	}
	findings := r.d.findings
	r.d.findings = nil
	p := r.piece(root.items[0])
	p.findings = append(findings, p.findings...)
	p.marks = r.d.marks
	return p
}
