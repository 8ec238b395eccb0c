package trackfile

import "iter"

// Names is a set of declared names that tells which of them overlap with one, at the cost of those in its folder,
// below it if it is a pattern, and of the patterns above. It is for one goroutine. The zero value is empty.
type Names struct {
	all      map[string]*Name
	patterns map[string]map[*Name]bool // by their folder
	below    map[string]map[*Name]bool // all names, by each folder from their own up to the root
}

// Add takes a name in; one of the same text is in it once.
func (x *Names) Add(n *Name) {
	if x.all == nil {
		x.all, x.patterns, x.below = map[string]*Name{}, map[string]map[*Name]bool{}, map[string]map[*Name]bool{}
	}
	if x.all[n.text] != nil {
		return
	}
	x.all[n.text] = n
	if !n.exact {
		put(x.patterns, n.folder, n)
	}
	for f := range upwards(n.folder) {
		put(x.below, f, n)
	}
}

// Remove lets the name of n's text go.
func (x *Names) Remove(n *Name) {
	if n = x.all[n.text]; n == nil {
		return
	}
	delete(x.all, n.text)
	drop(x.patterns, n.folder, n)
	for f := range upwards(n.folder) {
		drop(x.below, f, n)
	}
}

// Overlapping yields the names of the set that overlap with n, in no order; n's own text is among them where it is in
// the set. The set must not change meanwhile.
func (x *Names) Overlapping(n *Name) iter.Seq[*Name] {
	return func(yield func(*Name) bool) {
		if own := x.all[n.text]; own != nil && !yield(own) {
			return
		}
		for f := range upwards(n.folder) {
			for o := range x.patterns[f] {
				if (n.exact || f != n.folder) && o.text != n.text && n.Overlaps(o) && !yield(o) {
					return
				}
			}
		}
		if n.exact {
			return
		}
		for o := range x.below[n.folder] {
			if o.text != n.text && n.Overlaps(o) && !yield(o) {
				return
			}
		}
	}
}

// upwards yields a folder and those above it, the root last.
func upwards(folder string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for yield(folder) && folder != "" {
			folder = parent(folder)
		}
	}
}

func parent(folder string) string {
	for i := len(folder) - 1; i >= 0; i-- {
		if folder[i] == '/' {
			return folder[:i]
		}
	}
	return ""
}

func put(m map[string]map[*Name]bool, folder string, n *Name) {
	if m[folder] == nil {
		m[folder] = map[*Name]bool{}
	}
	m[folder][n] = true
}

func drop(m map[string]map[*Name]bool, folder string, n *Name) {
	delete(m[folder], n)
	if len(m[folder]) == 0 {
		delete(m, folder)
	}
}
