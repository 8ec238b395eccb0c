package lease

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// naive is the rule in its plainest words: a claim's turn has come when none that came before and overlaps is left.
type naive struct {
	keys  []string // in the order of their claims
	names map[string][]string
	held  map[string]bool
}

func (n *naive) turn(key string) bool {
	if n.held[key] {
		return true
	}
	for _, o := range n.keys {
		if o == key {
			return true
		}
		if overlap(n.names[o], n.names[key]) {
			return false
		}
	}
	return true
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool {
		return slices.ContainsFunc(b, func(y string) bool { return trackfile.ParseName(x).Overlaps(trackfile.ParseName(y)) })
	})
}

func (n *naive) drop(key string) {
	n.keys = slices.DeleteFunc(n.keys, func(o string) bool { return o == key })
	delete(n.names, key)
	delete(n.held, key)
}

// Over random claims, whose turn it is, who is freed by whom, and in which order people wait is what the plain rule says.
func TestLineAgainstThePlainRule(t *testing.T) {
	t.Parallel()
	files := []string{"a.go", "b.go", "x/a.go", "x/b.go", "x/", "x/**", "*.go", "x/y/c.go", "x/y/"}
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		l, rule := New[string](), &naive{names: map[string][]string{}, held: map[string]bool{}}
		for step := range 60 {
			key := fmt.Sprint("T", rng.IntN(8))
			switch known := slices.Contains(rule.keys, key); {
			case known && rng.IntN(3) == 0:
				before := turns(rule)
				rule.drop(key)
				var want []string
				for _, k := range rule.keys {
					if rule.turn(k) && !before[k] {
						want = append(want, k)
					}
				}
				if got := l.Drop(key); !slices.Equal(got, want) {
					t.Fatalf("seed %d, step %d: dropping %s frees %v, want %v", seed, step, key, got, want)
				}
			case known && rule.turn(key):
				rule.held[key] = true
				l.Hold(key, rule.names[key])
			case !known:
				rule.keys = append(rule.keys, key)
				rule.names[key] = slices.Compact(slices.Sorted(slices.Values([]string{files[rng.IntN(len(files))], files[rng.IntN(len(files))]})))
				if got, want := l.Take(key, rule.names[key]), rule.turn(key); got != want {
					t.Fatalf("seed %d, step %d: %s (%v) has its turn: %v, want %v", seed, step, key, rule.names[key], got, want)
				}
			}
			waiting := slices.DeleteFunc(slices.Clone(rule.keys), func(k string) bool { return rule.held[k] })
			if got := l.Waiting(); !slices.Equal(got, waiting) {
				t.Fatalf("seed %d, step %d: %v wait, want %v", seed, step, got, waiting)
			}
		}
		for _, key := range slices.Clone(rule.keys) {
			l.Drop(key)
		}
		if len(l.claims) > 0 || len(l.names) > 0 {
			t.Fatalf("seed %d: %d claims and %d names are left when everyone has gone", seed, len(l.claims), len(l.names))
		}
	}
}

func turns(n *naive) map[string]bool {
	out := map[string]bool{}
	for _, k := range n.keys {
		out[k] = n.turn(k)
	}
	return out
}

// A claim follows its key, keeps its place, and two that change their keys with each other change nothing else.
func TestRename(t *testing.T) {
	t.Parallel()
	l := New[string]()
	l.Take("A", []string{"a.go"})
	l.Take("B", []string{"a.go", "b.go"})
	l.Rename(map[string]string{"A": "B", "B": "A"})
	if got := l.Waiting(); !slices.Equal(got, []string{"B", "A"}) {
		t.Errorf("%v wait", got)
	}
	if got := l.Names("A"); !slices.Equal(got, []string{"a.go", "b.go"}) {
		t.Errorf("A waits for %v", got)
	}
	if got := l.Drop("B"); !slices.Equal(got, []string{"A"}) {
		t.Errorf("dropping B frees %v", got)
	}
	if l.Waits("B") || !l.Waits("A") || l.Names("B") != nil {
		t.Error("who was dropped still waits")
	}
}
