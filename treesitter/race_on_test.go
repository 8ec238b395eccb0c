//go:build race

package treesitter

// corpusStep: the race detector makes parsing ten times slower, so it sees one file of ten.
const corpusStep = 10
