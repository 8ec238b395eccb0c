package lsp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/receipt"
)

// BenchmarkDeliveryUnderTyping lays a ticket's three hunks onto a buffer of 50,000 lines that moves with each keystroke,
// and reads from the version that comes back that they arrived: what a delivery costs the server each time that its
// person was faster.
func BenchmarkDeliveryUnderTyping(b *testing.B) {
	lines := make([]string, 50_000)
	for i := range lines {
		lines[i] = fmt.Sprintf("line %d of a large file\n", i)
	}
	base := strings.Join(lines, "")
	after := append([]string(nil), lines...)
	for _, i := range []int{20, 25_000, 49_000} {
		after[i] = "a ticket's\n" + after[i]
	}
	change := engine.FileChange{Path: "big.txt", Op: engine.OpModify, Base: []byte(base), After: []byte(strings.Join(after, ""))}
	n := 0
	for b.Loop() {
		n++
		now := strings.Replace(base, "line 10 of", fmt.Sprintf("line 10 typed %d of", n), 1)
		target, conflict := rebase(now, change)
		if conflict != nil {
			b.Fatal(conflict)
		}
		r := receipt.New(now, target)
		r.See(target)
		if r.Judge(); r.State != receipt.Arrived || len(r.Hunks) != 3 {
			b.Fatalf("%d hunks, %v", len(r.Hunks), r.State)
		}
	}
}
