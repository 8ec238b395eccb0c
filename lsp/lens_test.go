package lsp

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"
)

// TestLensesStayInOrder holds that a client that sorts the lenses of a line by where they start keeps their order, and that
// none is so long that it hides the next.
func TestLensesStayInOrder(t *testing.T) {
	t.Parallel()
	lens := func(line, from, to uint32, title string) protocol.CodeLens {
		at := protocol.Range{Start: protocol.Position{Line: line, Character: from}, End: protocol.Position{Line: line, Character: to}}
		return protocol.CodeLens{Range: at, Command: protocol.Command{Title: title}}
	}
	got := beside([]protocol.CodeLens{
		lens(1, 4, 9, "Review… "+strings.Repeat("x", 200)), lens(1, 4, 9, "Approve"), lens(2, 0, 0, "Run"), lens(1, 4, 4, "Reject"),
	})
	want := []protocol.CodeLens{
		lens(1, 4, 9, "Review… "+strings.Repeat("x", maxLens-9)+"…"), lens(1, 5, 9, "Approve"), lens(2, 0, 0, "Run"), lens(1, 6, 6, "Reject"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lenses (-want +got):\n%s", diff)
	}
}
