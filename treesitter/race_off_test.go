//go:build !race

package treesitter

// corpusStep: every file is read.
const corpusStep = 1
