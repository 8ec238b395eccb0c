package lsp

import (
	"slices"
	"sync/atomic"

	"github.com/slop-ls/slop-ls/engine"
)

// Which tickets are about which file and symbol is asked at every move of a cursor, and changes only with the plans:
// it is kept until one does.

// aims holds what was found out last; which of two that are made at once stays is all the same.
type aims = atomic.Pointer[aimIndex]

// aimIndex is which tickets are about what, by the plans that it was made of. It is immutable.
type aimIndex struct {
	plans  []plan
	byPath map[string]*aimedFile
}

// plan names one state of a track's document.
type plan struct {
	track   engine.TrackID
	version int
}

// aimedFile lists tickets in the order of their tracks.
type aimedFile struct {
	keys     []engine.TicketKey
	bySymbol map[string][]int // of keys
}

func plansOf(snap *engine.Snapshot) []plan {
	var plans []plan
	for tr := range snap.Tracks() {
		plans = append(plans, plan{tr.ID, tr.Plans})
	}
	return plans
}

func newAimIndex(snap *engine.Snapshot, plans []plan) *aimIndex {
	x := &aimIndex{plans: plans, byPath: map[string]*aimedFile{}}
	for tr := range snap.Tracks() {
		for t := range tr.Tickets() {
			if t.Spec.TargetFile == "" || t.Orphaned {
				continue
			}
			f := x.byPath[t.Spec.TargetFile]
			if f == nil {
				f = &aimedFile{bySymbol: map[string][]int{}}
				x.byPath[t.Spec.TargetFile] = f
			}
			for _, symbol := range t.Spec.TargetSymbols {
				f.bySymbol[symbol] = append(f.bySymbol[symbol], len(f.keys))
			}
			f.keys = append(f.keys, t.Key)
		}
	}
	return x
}

// about is what is known of the tickets about a file; nil where there are none.
func (h *Hub) about(snap *engine.Snapshot, path string) *aimedFile {
	x, plans := h.aims.Load(), plansOf(snap)
	if x == nil || !slices.Equal(x.plans, plans) {
		x = newAimIndex(snap, plans)
		h.aims.Store(x)
	}
	return x.byPath[path]
}

// aimed lists the tickets about a file, in the order of their tracks. Those that are gone from their document are
// left out.
func (h *Hub) aimed(snap *engine.Snapshot, path string) []*engine.Ticket {
	f := h.about(snap, path)
	if f == nil {
		return nil
	}
	out := make([]*engine.Ticket, 0, len(f.keys))
	for _, key := range f.keys {
		if t, ok := snap.Ticket(key); ok {
			out = append(out, t)
		}
	}
	return out
}

// aiming lists the tickets that target a symbol and that there is something to do about, in the order of their
// tracks. What is completed or killed is over.
func (h *Hub) aiming(snap *engine.Snapshot, path string, sym engine.Symbol) []*engine.Ticket {
	f := h.about(snap, path)
	if f == nil {
		return nil
	}
	places := slices.Concat(f.bySymbol[sym.Path], f.bySymbol[sym.Name])
	slices.Sort(places)
	var out []*engine.Ticket
	for _, i := range slices.Compact(places) {
		if t, ok := snap.Ticket(f.keys[i]); ok && t.Status != engine.Completed && t.Status != engine.Killed {
			out = append(out, t)
		}
	}
	return out
}

// aimsAt says whether a ticket targets a symbol.
func aimsAt(t *engine.Ticket, sym engine.Symbol) bool {
	return slices.Contains(t.Spec.TargetSymbols, sym.Path) || slices.Contains(t.Spec.TargetSymbols, sym.Name)
}
