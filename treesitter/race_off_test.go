//go:build !race

package treesitter

// Every file of a corpus is read, and bounds on time are as they are.
const (
	corpusStep = 1
	slowdown   = 1
)
