package lsp_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/slop-ls/slop-ls/engine/workspace"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/store"
)

func TestMain(m *testing.M) {
	if help := workspace.Helper(os.Args); help != nil {
		os.Exit(help())
	}
	lsptest.Main(realParts)
	goleak.VerifyTestMain(m)
}

// realParts are the product's own store and files, for the tests' separate processes.
func realParts(_ context.Context, root, state string) (lsptest.Parts, error) {
	s, err := store.Open(filepath.Join(state, "slop.db"), store.Options{})
	if err != nil {
		return lsptest.Parts{}, err
	}
	disk, err := workspace.Open(root)
	if err != nil {
		return lsptest.Parts{}, errors.Join(err, s.Close())
	}
	disk.KeepReceipts(filepath.Join(state, "receipts"))
	return lsptest.Parts{
		Journal: s, Blobs: s, Disk: disk, Applier: disk, Viewer: lsptest.GoViewer{},
		Close: func() error { return errors.Join(disk.Close(), s.Close()) },
	}, nil
}
