package trackfile

import "strconv"

// maxNearest bounds how many unknown ids are compared with all others, and nearestWork how many comparisons that
// may be, for each costs time.
const (
	maxNearest  = 50
	nearestWork = 200_000
)

// links is what the tickets of a document are to each other: a function of their ids and of what they depend on,
// in order. It is immutable and shared by the versions of a document in which those are the same.
type links struct {
	first     map[string]int // id to the index of the first ticket that has it
	dependsOn [][]string     // of each ticket: the ids that a ticket has, each once
	found     []linkFinding
}

// linkFinding is a problem between tickets, at a place that is named by what stands there.
type linkFinding struct {
	item    int
	element int // of depends_on; -1: the value of id
	ref     int // the ticket whose line the message names at lineHole
	finding
}

// linker finds the links.
type linker struct {
	*links
	pieces  []*piece // of the tickets
	hidden  map[string]bool
	cutOff  bool // tickets may stand where nothing could be read
	unknown int
	edges   int      // at most so many ids are depended on
	ids     []string // of all tickets, from the first unknown one on
}

func link(pieces []*piece, hidden map[string]bool, cutOff bool) *links {
	k := &linker{links: &links{first: make(map[string]int, len(pieces))}, pieces: pieces, hidden: hidden, cutOff: cutOff}
	k.checkIDs()
	k.checkDependencies()
	k.checkCycles()
	return k.links
}

func (k *linker) report(sev Severity, code Code, item, element int, format string, args ...any) *linkFinding {
	k.found = append(k.found, linkFinding{item, element, 0, found(sev, code, Span{}, format, args...)})
	return &k.found[len(k.found)-1]
}

func (k *linker) checkIDs() {
	var twice []int
	for i, p := range k.pieces {
		id := p.ticket.ID
		if id == "" || !p.hasID {
			continue
		}
		if _, taken := k.first[id]; taken {
			twice = append(twice, i)
			continue
		}
		k.first[id] = i
	}
	if len(twice) == 0 {
		return
	}
	free := nextID(k.first, k.hidden)
	for _, i := range twice {
		id := k.pieces[i].ticket.ID
		k.report(Error, CodeDuplicateID, i, -1, "the id %s is already taken by the ticket in line %s: give this one another, such as %q",
			quoteShort(id), lineHole, free).ref = k.first[id]
	}
}

// checkDependencies reports ids that no ticket has, and keeps those that one has, each once.
func (k *linker) checkDependencies() {
	k.dependsOn = make([][]string, len(k.pieces))
	total := 0
	for _, p := range k.pieces {
		if p.deps != nil {
			total += len(p.deps.Elements)
		}
	}
	room := make([]string, 0, total) // for all of them: a large track has tens of thousands
	for i, p := range k.pieces {
		if p.deps != nil {
			kept := k.resolve(i, p.ticket.ID, p.deps.Elements, room)
			k.dependsOn[i], room = kept[:len(kept):len(kept)], kept[len(kept):]
		}
	}
	k.edges = total
}

// resolve appends to kept, which is empty, the ids that tickets have.
func (k *linker) resolve(item int, id string, elements []Element, kept []string) []string {
	var seen map[string]bool
	if len(elements) > 1 {
		seen = make(map[string]bool, len(elements))
	}
	for n, e := range elements {
		_, ok := k.first[e.Text]
		switch {
		case e.kind != text: // reported already
		case e.Text == id:
			k.report(Error, CodeSelfDep, item, n, "the ticket %s depends on itself, so it could never start: delete this", quoteShort(id))
		case seen[e.Text]:
			k.report(Warning, CodeDuplicateDep, item, n, "%s is listed twice: once is enough", quoteShort(e.Text))
		case ok:
			kept = append(kept, e.Text)
		case !k.hidden[e.Text] && !k.cutOff:
			k.reportUnknown(item, n, e.Text)
		}
		if seen != nil {
			seen[e.Text] = true
		}
	}
	return kept
}

func (k *linker) reportUnknown(item, element int, id string) {
	if k.unknown++; k.unknown == 1 {
		k.ids = k.allIDs()
	}
	if k.unknown <= maxNearest && k.unknown*len(k.ids) <= nearestWork {
		if near := Nearest(id, k.ids); near != "" {
			k.report(Error, CodeUnknownDep, item, element, "no ticket of this track has the id %s: did you mean %q?", quoteShort(id), near)
			return
		}
	}
	k.report(Error, CodeUnknownDep, item, element, "no ticket of this track has the id %s", quoteShort(id))
}

func (k *linker) allIDs() []string {
	out := make([]string, 0, len(k.first))
	for i, p := range k.pieces {
		if at, ok := k.first[p.ticket.ID]; ok && at == i {
			out = append(out, p.ticket.ID)
		}
	}
	return out
}

// nextID is T with the number behind the greatest one in use.
func nextID(first map[string]int, hidden map[string]bool) string {
	greatest := 0
	use := func(id string) {
		if m := numbered().FindStringSubmatch(id); m != nil {
			n, _ := strconv.Atoi(m[1]) // at most 15 digits
			greatest = max(greatest, n)
		}
	}
	for id := range first {
		use(id)
	}
	for id := range hidden {
		use(id)
	}
	return "T" + strconv.Itoa(greatest+1)
}
