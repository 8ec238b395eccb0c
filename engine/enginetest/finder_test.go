package enginetest_test

import (
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

func TestFinder(t *testing.T) {
	t.Parallel()
	enginetest.FinderConformance(t, func(*testing.T, *enginetest.Files) engine.Finder { return enginetest.Finder{} })
}
