package lsp

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/lsp/traits"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// What a model will write is marked for a client that knows the mark; what only changes a state, or is an edit of
// ours, is not.
func TestModelsWorkIsTagged(t *testing.T) {
	t.Parallel()
	quick := protocol.CodeActionKindQuickFix
	actions := asActions([]protocol.Command{
		commandOf("Run T1", wire.TicketRun, wire.TicketArgs{ID: "T1"}), commandOf("Block T1", wire.TicketBlock, wire.TicketArgs{ID: "T1"}),
	})
	actions = append(actions, protocol.CodeAction{Title: "Fix", Kind: &quick, Edit: &protocol.WorkspaceEdit{}})
	for _, tc := range []struct {
		llm  bool
		only []protocol.CodeActionKind
		want string
	}{
		{true, nil, "Run T1 [1], Block T1 [], Fix []"},
		{true, []protocol.CodeActionKind{"refactor"}, "Run T1 [1], Block T1 []"},
		{true, []protocol.CodeActionKind{"quickfix"}, "Fix []"},
		{false, nil, "Run T1 [], Block T1 [], Fix []"},
	} {
		answer, err := encodeActions(&traits.Client{LLMTag: tc.llm}, tc.only, slices.Clone(actions))
		if err != nil {
			t.Fatal(err)
		}
		var list []struct {
			Title string
			Tags  []int
		}
		if err := json.Unmarshal(answer.(json.RawMessage), &list); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range list {
			got = append(got, fmt.Sprintf("%s %v", a.Title, a.Tags))
		}
		if diff := cmp.Diff(tc.want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("known: %v, only %v (-want +got):\n%s", tc.llm, tc.only, diff)
		}
	}
}

func TestCommandsAreThoseOfWire(t *testing.T) {
	t.Parallel()
	for _, name := range wire.Commands {
		if commands[name] == nil {
			t.Errorf("%s is announced and not served", name)
		}
	}
	if len(commands) != len(wire.Commands) {
		t.Errorf("%d commands are served, %d announced", len(commands), len(wire.Commands))
	}
}
