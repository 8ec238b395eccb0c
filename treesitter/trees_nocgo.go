//go:build !cgo

package treesitter

import (
	"context"
	"errors"
)

// hasTrees tells the two builds apart.
const hasTrees = false

// errNoCgo is why a build without cgo reads by lines what is not Go.
var errNoCgo = errors.New("this build has no tree-sitter (made without cgo)")

// errTooSlow has the same meaning as with cgo; without it nothing is slow enough.
var errTooSlow = errors.New("parsing takes too long")

// forest stands for the parsed trees, of which there are none without cgo.
type forest struct{}

func newForest(int) *forest { return &forest{} }

func (f *forest) close() {}

func (f *forest) analyse(context.Context, string, *language, []byte, []string) (*analysis, error) {
	return nil, errNoCgo
}

func (f *forest) uses(context.Context, string, *language, []byte, []span) (uses, bool) {
	return uses{}, false
}

func (f *forest) codeOnly(context.Context, string, *language, []byte, []int) ([]int, bool) {
	return nil, false
}
