package trackfile

import (
	"slices"
	"strings"
)

// maxNearest bounds how many unknown ids are compared with all others, which costs time for each.
const maxNearest = 50

// maxCycles bounds how many cycles of one document are named.
const maxCycles = 20

// checkDependencies reports ids that no ticket has, and keeps in the track those that one has, each once.
func (d *Document) checkDependencies() {
	r := &resolver{d: d}
	for i := range d.Items {
		t := &d.Track.Tickets[i]
		if f := d.Items[i].Field("depends_on"); f != nil {
			t.DependsOn = r.resolve(t.ID, f.Elements)
		}
	}
}

// resolver looks up what depends_on names.
type resolver struct {
	d       *Document
	unknown int
	ids     []string // of all tickets, from the first unknown one on
}

func (r *resolver) resolve(id string, elements []Element) []string {
	kept, seen := make([]string, 0, len(elements)), make(map[string]bool, len(elements))
	for _, e := range elements {
		_, ok := r.d.first[e.Text]
		switch {
		case e.kind != text: // reported already
		case e.Text == id:
			r.d.errorf(CodeSelfDep, e.Span, "the ticket %s depends on itself, so it could never start: delete this", quoteShort(id))
		case seen[e.Text]:
			r.d.warnf(CodeDuplicateDep, e.Span, "%s is listed twice: once is enough", quoteShort(e.Text))
		case ok:
			kept = append(kept, e.Text)
		case !r.d.hidden[e.Text] && !r.d.cutOff():
			r.report(e)
		}
		seen[e.Text] = true
	}
	return kept
}

func (r *resolver) report(e Element) {
	if r.unknown++; r.unknown == 1 {
		r.ids = r.d.ids()
	}
	if r.unknown <= maxNearest {
		if near := Nearest(e.Text, r.ids); near != "" {
			r.d.errorf(CodeUnknownDep, e.Span, "no ticket of this track has the id %s: did you mean %q?", quoteShort(e.Text), near)
			return
		}
	}
	r.d.errorf(CodeUnknownDep, e.Span, "no ticket of this track has the id %s", quoteShort(e.Text))
}

// cutOff says whether tickets may stand behind a syntax error at which reading had to stop.
func (d *Document) cutOff() bool { return d.broken && (d.Form.JSON() || d.root == nil) }

func (d *Document) ids() []string {
	out := make([]string, 0, len(d.first))
	for i, t := range d.Track.Tickets {
		if at, ok := d.first[t.ID]; ok && at == i {
			out = append(out, t.ID)
		}
	}
	return out
}

// checkCycles reports each cycle at the dependency that closes it. A cycle that shares tickets with another is
// found once the closing dependency of the other is set aside.
func (d *Document) checkCycles() {
	g := d.graph()
	for n := 0; n < maxCycles; {
		found := false
		for _, component := range components(g) {
			if len(component) > 1 && n < maxCycles {
				d.reportCycle(g, component)
				n, found = n+1, true
			}
		}
		if !found {
			return
		}
	}
}

// graph lists for each ticket the tickets that it depends on, by index.
func (d *Document) graph() [][]int {
	g := make([][]int, len(d.Items))
	for i, t := range d.Track.Tickets {
		if d.first[t.ID] != i {
			continue
		}
		for _, id := range t.DependsOn {
			g[i] = append(g[i], d.first[id])
		}
	}
	return g
}

// reportCycle names a shortest cycle through the component's first ticket and removes its last edge.
func (d *Document) reportCycle(g [][]int, component []int) {
	start := slices.Min(component)
	cycle := shortestCycle(g, component, start)
	var names strings.Builder
	for _, i := range cycle {
		names.WriteString(d.Track.Tickets[i].ID + " → ")
	}
	names.WriteString(d.Track.Tickets[start].ID)
	last := cycle[len(cycle)-1]
	g[last] = slices.DeleteFunc(slices.Clone(g[last]), func(to int) bool { return to == start })
	at := d.Items[last].Span
	for _, e := range d.Items[last].Field("depends_on").Elements {
		if e.Text == d.Track.Tickets[start].ID {
			at = e.Span
			break
		}
	}
	d.errorf(CodeCycle, at, "dependency cycle, in which each ticket waits for the next: %s; delete one of these dependencies", names.String())
}

// shortestCycle is a shortest path within the component from start back to it, found breadth first.
func shortestCycle(g [][]int, component []int, start int) []int {
	inside := make(map[int]bool, len(component))
	for _, i := range component {
		inside[i] = true
	}
	from := map[int]int{}
	for queue := []int{start}; len(queue) > 0; queue = queue[1:] {
		i := queue[0]
		for _, to := range g[i] {
			if to == start {
				return pathTo(from, start, i)
			}
			if _, seen := from[to]; inside[to] && !seen {
				from[to] = i
				queue = append(queue, to)
			}
		}
	}
	return []int{start}
}

func pathTo(from map[int]int, start, end int) []int {
	var out []int
	for i := end; i != start; i = from[i] {
		out = append(out, i)
	}
	out = append(out, start)
	slices.Reverse(out)
	return out
}

// components lists the strongly connected components of a graph: R. Tarjan, "Depth-First Search and Linear
// Graph Algorithms", SIAM J. Comput. 1 (1972), with a stack of its own instead of recursion, so that a chain of
// any length fits.
func components(g [][]int) [][]int {
	t := &tarjan{g: g, index: make([]int, len(g)), low: make([]int, len(g)), next: make([]int, len(g)), on: make([]bool, len(g))}
	for i := range g {
		if t.index[i] == 0 {
			t.visit(i)
		}
	}
	return t.out
}

type tarjan struct {
	g     [][]int
	index []int // order of the visit, from 1; 0: not yet
	low   []int // the earliest vertex that is reached from here
	next  []int // how many edges have been followed
	on    []bool
	stack []int
	count int
	out   [][]int
}

func (t *tarjan) visit(root int) {
	calls := []int{root}
	t.enter(root)
	for len(calls) > 0 {
		v := calls[len(calls)-1]
		if t.next[v] < len(t.g[v]) {
			w := t.g[v][t.next[v]]
			t.next[v]++
			if t.index[w] == 0 {
				t.enter(w)
				calls = append(calls, w)
			} else if t.on[w] {
				t.low[v] = min(t.low[v], t.index[w])
			}
			continue
		}
		t.leave(v)
		calls = calls[:len(calls)-1]
		if n := len(calls); n > 0 {
			t.low[calls[n-1]] = min(t.low[calls[n-1]], t.low[v])
		}
	}
}

func (t *tarjan) enter(v int) {
	t.count++
	t.index[v], t.low[v], t.on[v] = t.count, t.count, true
	t.stack = append(t.stack, v)
}

// leave takes the component off the stack when v is the first of it that was met.
func (t *tarjan) leave(v int) {
	if t.low[v] != t.index[v] {
		return
	}
	at := len(t.stack) - 1
	for t.stack[at] != v {
		at--
	}
	component := slices.Clone(t.stack[at:])
	t.stack = t.stack[:at]
	for _, w := range component {
		t.on[w] = false
	}
	t.out = append(t.out, component)
}
