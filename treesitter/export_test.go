package treesitter

import "time"

// What the external tests share with the internal ones.
const (
	HasTrees = hasTrees
	Patience = patience
)

// patience is what a view may take in a test. By contract it is a second; this tells one that hangs from a machine that
// others keep busy. What a view takes is seen in the benchmarks.
const patience = slowdown * 30 * time.Second
