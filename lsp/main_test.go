package lsp_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/lsp"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// childRoot makes this test binary serve the folder that it names over standard input and output.
const childRoot = "SLOP_LSP_TEST_CHILD_ROOT"

func TestMain(m *testing.M) {
	if root := os.Getenv(childRoot); root != "" {
		if err := serveChild(root); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func serveChild(root string) error {
	disk := &diskFiles{root: root}
	hub := lsp.NewHub(lsp.Options{Root: root, Disk: disk, Applier: disk, Blobs: enginetest.NewBlobs(), Viewer: goViewer{}})
	hub.Use(still{engine.NewState().Freeze()})
	return hub.Serve(context.Background(), lsp.Stdio(os.Stdin, os.Stdout))
}

// The same editor drives a server in a process of its own, and one that ends as it should.
func TestChildProcess(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	lsptest.Files(t, root, sample)
	var child *exec.Cmd
	e := lsptest.Open(t, root, lsptest.Child(func() *exec.Cmd {
		child = exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childRoot+"="+root)
		return child
	}))
	must(t, e.Open(t.Context(), "a.go"))
	if got := actions(t, e, "a.go", "println"); len(got) != 2 {
		t.Errorf("code actions: %v", got)
	}
	var status wire.Status
	must(t, e.Command(t.Context(), wire.StatusShow, nil, &status))
	if len(status.Tracks) != 0 {
		t.Errorf("status: %+v", status)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Log(err) // the child may have closed first
	}
	<-e.Ended()
}
