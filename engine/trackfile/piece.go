package trackfile

import "slices"

// piece is what was read of one element of the list of tickets, with positions that count from where the piece
// starts: in block YAML at the start of the line of its dash, else at the element itself. It is immutable and
// shared by all versions of a document in which its text is the same, wherever that stands.
type piece struct {
	entry    Span    // the element, its dash included; empty when it could not be read
	ticket   *Ticket // without DependsOn; nil for what is no mapping or could not be read
	fields   []Field
	findings []finding
	hidden   []string // ids in what could not be read
	broken   bool
	marks    marks
	hasID    bool
	idAt     Span
	deps     *Field // the first depends_on
}

// link fills in what tickets know each other by.
func (p *piece) link() {
	if f := findField(p.fields, "id"); f != nil {
		p.hasID, p.idAt = true, f.Value
	}
	p.deps = findField(p.fields, "depends_on")
}

// moved changes the positions of a piece that nobody else has seen yet.
func (p *piece) moved(by func(int) int) *piece {
	p.entry = p.entry.moved(by)
	if p.hasID {
		p.idAt = p.idAt.moved(by)
	}
	for i := range p.fields {
		p.fields[i].move(by)
	}
	for i := range p.findings {
		p.findings[i] = p.findings[i].moved(by)
	}
	return p
}

// sameLinks says whether nothing that other tickets can notice differs.
func (p *piece) sameLinks(q *piece) bool {
	if p == q {
		return true
	}
	if p.broken != q.broken || (p.ticket == nil) != (q.ticket == nil) || !slices.Equal(p.hidden, q.hidden) {
		return false
	}
	if p.ticket == nil {
		return true
	}
	return p.hasID == q.hasID && p.ticket.ID == q.ticket.ID && (p.deps == nil) == (q.deps == nil) &&
		(p.deps == nil || equalWords(p.deps.Elements, q.deps.Elements))
}

func equalWords(a, b []Element) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Text != b[i].Text || a[i].kind != b[i].kind {
			return false
		}
	}
	return true
}

func (s Span) moved(by func(int) int) Span { return Span{by(s.Start), by(s.End)} }

func (s Span) shifted(n int) Span { return Span{s.Start + n, s.End + n} }

// move changes the positions of a field that nobody else has seen yet.
func (f *Field) move(by func(int) int) {
	f.Key, f.Value = f.Key.moved(by), f.Value.moved(by)
	for i := range f.Elements {
		f.Elements[i].Span = f.Elements[i].Span.moved(by)
	}
}

// shifted is a copy of the field that stands n bytes further on.
func (f *Field) shifted(n int) *Field {
	c := *f
	c.Key, c.Value = f.Key.shifted(n), f.Value.shifted(n)
	c.Elements = append([]Element(nil), f.Elements...)
	for i := range c.Elements {
		c.Elements[i].Span = c.Elements[i].Span.shifted(n)
	}
	return &c
}

// adding is the function that adds n.
func adding(n int) func(int) int { return func(at int) int { return at + n } }

// opening is the function that makes room for n bytes at the cut.
func opening(cut, n int) func(int) int {
	return func(at int) int {
		if at >= cut {
			return at + n
		}
		return at
	}
}
