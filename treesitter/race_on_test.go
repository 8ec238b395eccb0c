//go:build race

package treesitter

// The race detector makes Go ten times slower: tests over a corpus see one file of ten, and bounds on time are wider.
const (
	corpusStep = 10
	slowdown   = 10
)
