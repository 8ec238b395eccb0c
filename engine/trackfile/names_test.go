package trackfile

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNamesFindWhatComparingAllFinds holds the index against the plain way, over additions and removals.
func TestNamesFindWhatComparingAllFinds(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	pieces := []string{"a", "b", "*", "?", "{a,b}", "**", "a"}
	for range 300 {
		var x Names
		there := map[string]bool{}
		for range 40 {
			name := randomName(rng, pieces)
			if n := ParseName(name); rng.IntN(3) == 0 {
				x.Remove(n)
				delete(there, name)
			} else {
				x.Add(n)
				there[name] = true
			}
			asked := ParseName(randomName(rng, pieces))
			var want, got []string
			for other := range maps.Keys(there) {
				if Overlap(asked.String(), other) {
					want = append(want, other)
				}
			}
			for o := range x.Overlapping(asked) {
				got = append(got, o.String())
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s among %v:\n%s", asked, slices.Sorted(maps.Keys(there)), diff)
			}
		}
	}
}
