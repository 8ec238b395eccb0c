package lsp_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// TestReviewForGood: the Review… document takes how far an approval is to hold; a word that is none has a diagnostic at
// its line and approves nothing.
func TestReviewForGood(t *testing.T) {
	t.Parallel()
	modes(t, commandsTrack, func(t *testing.T, d *daemon) {
		e := d.open()
		runTrack(t, e, mainTrack)
		asked := d.awaitPending(3)[0]
		must(t, e.Command(t.Context(), wire.ApprovalOpen, wire.ApprovalArgs{ID: "A1"}, nil))
		path := e.Await(lsptest.Shown("/A1.md")).Shown[0]
		whole, _, _ := e.Text(path)
		begin := strings.Index(whole, "<!-- slop:end remember")
		write := func(word string) {
			t.Helper()
			must(t, e.SetText(t.Context(), path, whole[:begin]+word+"\n"+whole[begin:]))
		}
		write("forever")
		uri := string(e.URI(path))
		list := e.Await(lsptest.DiagnosticCount(uri, 1)).Diagnostics[uri]
		if want := uint32(strings.Count(whole[:begin], "\n")); list[0].Range.Start.Line != want {
			t.Errorf("the diagnostic is on line %d, not %d", list[0].Range.Start.Line, want)
		}
		answer := wire.AnswerArgs{ID: "A1", Decision: wire.Approve, URI: uri}
		if err := e.Command(t.Context(), wire.ApprovalAnswer, answer, nil); err == nil || !strings.Contains(err.Error(), `"forever" is not how far`) {
			t.Errorf("approving: %v", err)
		}
		d.awaitPending(3)
		write("Workspace")
		e.Await(lsptest.DiagnosticCount(uri, 0))
		must(t, e.Command(t.Context(), wire.ApprovalAnswer, answer, nil))
		snap := d.await("it is remembered", func(s *engine.Snapshot) bool {
			for r := range s.Remembered() {
				return r.ID == "A1"
			}
			return false
		})
		for r := range snap.Remembered() {
			if r.Scope != engine.ScopeWorkspace || !r.Cover.Same(asked.Cover) {
				t.Errorf("remembered: %+v", r)
			}
		}
	})
}

// TestTwoReview: two editors have the same review; what one saved is not lost to the other, the first answer counts,
// and the decided document says so and goes when nobody has it open.
func TestTwoReview(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		first := d.open(lsptest.WithConfig(func(c *client.Config) { c.Name = "First" }))
		second := d.open()
		runTrack(t, first, mainTrack)
		d.awaitPending(1)
		must(t, first.Command(t.Context(), wire.ApprovalOpen, wire.ApprovalArgs{ID: "A1"}, nil))
		path := first.Await(lsptest.Shown("/A1.md")).Shown[0]
		content, _, _ := first.Text(path)
		i := strings.LastIndex(content, "First")
		must(t, first.Edit(t.Context(), path, text.Edit{Span: text.Span{Start: i, End: i + 5}, New: "Do it well"}))
		must(t, first.Save(t.Context(), path))
		must(t, second.Command(t.Context(), wire.ApprovalOpen, wire.ApprovalArgs{ID: "A1"}, nil))
		second.Await(lsptest.Shown("/A1.md"))
		if got, _, _ := second.Text(path); !strings.Contains(got, "Do it well") {
			t.Errorf("the second editor sees another document:\n%s", got)
		}
		answer := wire.AnswerArgs{ID: "A1", Decision: wire.Approve, URI: string(first.URI(path))}
		must(t, first.Command(t.Context(), wire.ApprovalAnswer, answer, nil))
		err := second.Command(t.Context(), wire.ApprovalAnswer, answer, nil)
		if err == nil || !strings.Contains(err.Error(), "A1 was already approved by person (First 1)") {
			t.Errorf("the second answer: %v", err)
		}
		d.awaitStatus(mainTrack, "T1", engine.Completed)
		if got := d.worker.spawned(); len(got) == 0 || !strings.Contains(got[0], "Do it well") {
			t.Errorf("the worker was told %q", got)
		}
		awaitFile(t, path, "> **This is decided.** A1 was already approved by person (First 1)")
		if got := actions(t, second, path, "## Prompt"); len(got) != 0 {
			t.Errorf("a decided review offers %q", got)
		}
		uri := string(second.URI(path))
		second.Await(lsptest.Expectation{What: "a diagnostic that says who decided", Check: func(s lsptest.State) lsptest.Verdict {
			if list := s.Diagnostics[uri]; len(list) == 1 && list[0].Severity == protocol.DiagnosticSeverityInformation {
				return lsptest.Met
			}
			return lsptest.Unmet
		}})
		must(t, first.CloseBuffer(t.Context(), path))
		must(t, second.CloseBuffer(t.Context(), path))
		wait(t, "the review is removed", func() bool { _, err := os.Stat(path); return os.IsNotExist(err) })
	})
}

// TestReviewFileGone: a review whose file was deleted, or that is stale, is written again.
func TestReviewFileGone(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		runTrack(t, e, mainTrack)
		d.awaitPending(1)
		path := filepath.Join(d.reviews, "A1.md")
		for _, old := range []string{"", "<!-- slop:review A1 0000 -->\nstale\n"} {
			must(t, os.RemoveAll(d.reviews))
			if old != "" {
				must(t, os.MkdirAll(d.reviews, 0o700))
				must(t, os.WriteFile(path, []byte(old), 0o600))
			}
			must(t, e.Command(t.Context(), wire.ApprovalOpen, wire.ApprovalArgs{ID: "A1"}, nil))
			awaitFile(t, path, "slop:begin prompt")
			wait(t, "the review is open", func() bool { _, _, ok := e.Text(path); return ok })
			must(t, e.CloseBuffer(t.Context(), path))
			settle(t, e)
		}
		// One that a person has damaged and saved is theirs.
		data, err := os.ReadFile(path)
		must(t, err)
		damaged := strings.Replace(string(data), "<!-- slop:begin prompt", "mine", 1)
		must(t, os.WriteFile(path, []byte(damaged), 0o600))
		must(t, e.Command(t.Context(), wire.ApprovalOpen, wire.ApprovalArgs{ID: "A1"}, nil))
		e.Await(lsptest.DiagnosticCount(string(e.URI(path)), 1))
		if mustText(t, e, path) != damaged {
			t.Errorf("what a person wrote is gone:\n%s", mustText(t, e, path))
		}
	})
}
