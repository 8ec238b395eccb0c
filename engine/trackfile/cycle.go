package trackfile

import (
	"slices"
	"strings"
)

// maxCycles bounds how many cycles of one document are named.
const maxCycles = 20

// checkCycles reports each cycle at the dependency that closes it. A cycle that shares tickets with another is
// found once the closing dependency of the other is set aside.
func (k *linker) checkCycles() {
	g := k.graph()
	for n := 0; n < maxCycles; {
		found := false
		for _, component := range components(g) {
			if n < maxCycles {
				k.reportCycle(g, component)
				n, found = n+1, true
			}
		}
		if !found {
			return
		}
	}
}

// graph lists for each ticket the tickets that it depends on, by index.
func (k *linker) graph() [][]int {
	g := make([][]int, len(k.pieces))
	room := make([]int, 0, k.edges)
	for i, p := range k.pieces {
		if at, ok := k.first[p.ticket.ID]; !ok || at != i {
			continue
		}
		from := len(room)
		for _, id := range k.dependsOn[i] {
			room = append(room, k.first[id])
		}
		g[i] = room[from:len(room):len(room)]
	}
	return g
}

// reportCycle names a shortest cycle through the component's first ticket and removes its last edge.
func (k *linker) reportCycle(g [][]int, component []int) {
	start := slices.Min(component)
	cycle := shortestCycle(g, component, start)
	var names strings.Builder
	for _, i := range cycle {
		names.WriteString(k.pieces[i].ticket.ID + " → ")
	}
	id := k.pieces[start].ticket.ID
	names.WriteString(id)
	last := cycle[len(cycle)-1]
	g[last] = slices.DeleteFunc(slices.Clone(g[last]), func(to int) bool { return to == start })
	at := slices.IndexFunc(k.pieces[last].deps.Elements, func(e Element) bool { return e.Text == id })
	k.report(Error, CodeCycle, last, at,
		"dependency cycle, in which each ticket waits for the next: %s; delete one of these dependencies", names.String())
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

// components lists the strongly connected components of a graph that have several vertices: R. Tarjan, "Depth-First Search and Linear
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
	for _, w := range t.stack[at:] {
		t.on[w] = false
	}
	if len(t.stack)-at > 1 {
		t.out = append(t.out, slices.Clone(t.stack[at:]))
	}
	t.stack = t.stack[:at]
}
