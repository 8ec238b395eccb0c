package workspace_test

import (
	"os"
	"testing"

	"github.com/slop-ls/slop-ls/engine/workspace"
)

func TestMain(m *testing.M) {
	if help := workspace.Helper(os.Args); help != nil {
		os.Exit(help())
	}
	os.Exit(m.Run())
}
