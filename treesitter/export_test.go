package treesitter

import "time"

// What the external tests share with the internal ones.
const (
	HasTrees = hasTrees
	Patience = patience
)

// patience is what a view may take in a test: a second by contract, and more because other tests share the machine.
const patience = slowdown * 3 * time.Second
