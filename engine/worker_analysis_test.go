package engine_test

import (
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

// TestProposedPatch: tier 4 sees what was changed and the lines that the output names, and what it proposes comes to the
// worker as a diff of its draft, or with the reason why it does not apply. The draft is not touched by it.
func TestProposedPatch(t *testing.T) {
	t.Parallel()
	const block = "x.go\n<<<<<<< SEARCH\nfunc A() int { return 1 }\n=======\nfunc A() int { return 2 }\n>>>>>>> REPLACE"
	tests := []struct {
		name, reply string
		told, not   []string
	}{
		{
			"a block", "A returns 1.\n\n" + block,
			[]string{
				"A returns 1.\n\nIt proposes this change, which is not made; it applies to your draft as it is.",
				"-func A() int { return 1 }\n+func A() int { return 2 }",
			},
			[]string{"SEARCH", "x.go\n\nIt"},
		},
		{
			"a fenced diff", "Wrong.\n```diff\n--- a/x.go\n+++ b/x.go\n@@ -3 +3 @@\n-func A() int { return 1 }\n+func A() int { return 3 }\n```\n",
			[]string{"Wrong.\n\nIt proposes", "+func A() int { return 3 }"},
			nil,
		},
		{
			"of lines that are not there", strings.ReplaceAll("No.\n\n"+block, "return 1", "call(everything, that, there, is)"),
			[]string{"(The patch above does not apply to the draft: x.go: ", "SEARCH"},
			[]string{"It proposes"},
		},
		{
			"outside", strings.Replace("No.\n\n"+block, "x.go", "../../etc/passwd", 1),
			[]string{"does not apply to the draft: ../../etc/passwd"},
			[]string{"It proposes"},
		},
		{"cut off", "No.\n\n" + block[:len(block)-20], []string{"(The patch above cannot be read: "}, []string{"It proposes"}},
		{"none", "It is <b>x.go:3</b>, = 1.", []string{"It is <b>x.go:3</b>, = 1.\n"}, []string{"patch", "It proposes"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			shown := make(chan string, 1)
			s := newShop(t, newDisk(), shopConfig{
				files: map[string]string{"x.go": "package x\n\nfunc A() int { return 1 }\n", "secret.env": "KEY=hunter2\n"},
				rules: rules{"secret.env": engine.Ask},
				shell: func(engine.Files, string) engine.CommandResult {
					return engine.CommandResult{ExitCode: 1, Output: "./x.go:3: got 1, want 2\nsecret.env:1\n../up.go:1\nnone.go:1\nx.go:99"}
				},
				model: func(r engine.Request) enginetest.ProviderReply {
					switch {
					case r.Tier == engine.TierQA:
						shown <- lastText(r)
						return enginetest.ProviderReply{Text: tt.reply}
					case turnOf(r) == 0:
						return says(call("write_file", map[string]string{"Path": "new.txt", "Content": "mine\n"}), call("run_command", map[string]string{"Command": "go test"}))
					default:
						return says(finishCall("done", lastText(r)))
					}
				},
			})
			s.run(ticket("T1"))
			snap := s.until("done", trackIs("a", engine.TrackDone))
			saw := get(t, shown)
			for _, part := range []string{"Ticket T1\n", "got 1, want 2", "+mine", "x.go, around line 3:\n", "func A() int { return 1 }"} {
				if !strings.Contains(saw, part) {
					t.Errorf("tier 4 did not see %q:\n%s", part, saw)
				}
			}
			if strings.Contains(saw, "hunter2") || strings.Count(saw, "around line") != 1 {
				t.Errorf("tier 4 saw too much:\n%s", saw)
			}
			tk, _ := snap.Ticket(key("T1"))
			for _, part := range tt.told {
				if !strings.Contains(tk.Summary, part) {
					t.Errorf("the worker was not told %q:\n%s", part, tk.Summary)
				}
			}
			for _, part := range tt.not {
				if _, said, _ := strings.Cut(tk.Summary, "Analysis of"); strings.Contains(said, part) {
					t.Errorf("the worker was told %q:\n%s", part, tk.Summary)
				}
			}
			if len(tk.Delivered) != 1 {
				t.Errorf("delivered %+v", tk.Delivered)
			}
		})
	}
}
