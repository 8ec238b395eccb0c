//go:build linux

package main

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// editorOf is a process of its own that stands for an editor: it starts the language server, and holds its pipes.
func editorOf(server *exec.Cmd) *exec.Cmd {
	editor := exec.Command("slop-editor", server.Args...) // the test kills it, or closes its pipes
	editor.Dir, editor.Env = server.Dir, server.Env
	return editor
}

// ruinAnswers are states in which an answer is more than a yes: a rejection, an answer that comes from two sides at the
// very moment of the death, and an edit of what is asked.
var ruinAnswers = []ruinState{
	{name: "spawn rejected", reach: func(r *ruin) {
		r.start()
		r.reject("T1", "spawn", "not in this release")
		r.ends, r.asks, r.once, r.files = "blocked", map[string]int{"T1 spawn": 1}, map[string]int{}, map[string]string{"a.txt": "one\ntwo\n", "b.txt": "one\ntwo\n"}
	}},
	{name: "command rejected, the worker not told", crowded: true, reach: func(r *ruin) {
		r.let = r.models.hold("T2", 0)
		r.spawned()
		r.first.awaitPending("T1", "command")
		r.approve("T2", "spawn", "")
		r.models.await("T2", 0)
		r.rejectCommand()
	}},
	{name: "command rejected, the worker told", reach: func(r *ruin) {
		r.let = r.models.hold("T1", 1)
		r.spawned()
		r.rejectCommand()
		r.models.await("T1", 1)
	}},
	{name: "spawn answered here and on the command line", reach: func(r *ruin) { r.twoAnswers(0) }},
	{name: "spawn answered here and on the command line, later", reach: func(r *ruin) { r.twoAnswers(15 * time.Millisecond) }},
	{name: "review saved", reach: func(r *ruin) { r.start(); r.savedReview() }},
	{name: "review saved, on its way to be approved", reach: func(r *ruin) {
		r.start()
		a, path := r.savedReview()
		r.racing.Go(func() {
			// Who is first is the case: this answer, or the death of who takes it.
			_ = r.first.Command(r.t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: a.ID, Decision: wire.Approve, URI: string(r.first.URI(path))}, nil)
		})
	}},
}

// reject answers no in the first editor.
func (r *ruin) reject(ticket, kind, reason string) {
	r.t.Helper()
	a := r.first.awaitPending(ticket, kind)
	if err := r.first.Command(r.t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: a.ID, Decision: wire.Reject, Reason: reason}, nil); err != nil {
		r.t.Fatal(err)
	}
	r.given[ticket+" "+kind] = true
}

// rejectCommand rejects the command of T1. Its worker is told why, and goes on without it.
func (r *ruin) rejectCommand() {
	r.t.Helper()
	r.said, r.saidIn = "never on this machine", 1
	r.reject("T1", "command", r.said)
}

// twoAnswers lets the first editor and the command line approve the spawn at once, each in its own way.
func (r *ruin) twoAnswers(later time.Duration) {
	r.t.Helper()
	r.start()
	a := r.first.awaitPending("T1", "spawn")
	begun := make(chan struct{})
	r.racing.Go(func() {
		close(begun)
		_, _ = r.call("approve", "yes", a.ID)
	})
	r.racing.Go(func() {
		prompt := "Ticket T1\n\nsaid by the first editor"
		_ = r.first.Command(r.t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: a.ID, Decision: wire.Approve, Prompt: &prompt}, nil)
	})
	r.again = func(a wire.Approval) bool {
		if a.Kind == "spawn" {
			prompt := "Ticket T1\n\nsaid by the second editor"
			r.answerUnlessDecided(wire.AnswerArgs{ID: a.ID, Decision: wire.Approve, Prompt: &prompt})
		}
		return a.Kind == "spawn"
	}
	<-begun
	time.Sleep(later) // the moment of the death is the case
	r.t.Cleanup(func() {
		told := r.models.await("T1", 0)
		for who, prompt := range map[string]string{"terminal": "a line more", "lsptest": "said by the "} {
			if by := string(r.decided["T1 spawn"]); strings.Contains(by, who) && !strings.Contains(told, prompt) {
				r.t.Errorf("%s decided, and the models were told %s", by, told)
			}
		}
	})
}

// answerUnlessDecided answers in the second editor. What the first one said before it died may be taken at that moment.
func (r *ruin) answerUnlessDecided(args wire.AnswerArgs) {
	r.t.Helper()
	err := r.second.Command(r.t.Context(), wire.ApprovalAnswer, args, nil)
	if err != nil && !strings.Contains(err.Error(), "was already approved by") {
		r.t.Fatal(err)
	}
}

const keptWords = "kept, for a person wrote it"

// savedReview writes into the prompt of the spawn's Review… document and saves that. Whoever approves it, in whichever
// editor, approves what was written.
func (r *ruin) savedReview() (wire.Approval, string) {
	r.t.Helper()
	a := r.first.awaitPending("T1", "spawn")
	path := openReview(r.t, r.first, a)
	content, _, _ := r.first.Text(path)
	at := strings.Index(content, "It will also change:")
	if at < 0 {
		r.t.Fatalf("the review has no prompt:\n%s", content)
	}
	if err := r.first.SetText(r.t.Context(), path, content[:at]+keptWords+"\n"+content[at:]); err != nil {
		r.t.Fatal(err)
	}
	if err := r.first.Save(r.t.Context(), path); err != nil {
		r.t.Fatal(err)
	}
	r.said = keptWords
	r.again = func(a wire.Approval) bool {
		if a.Kind != "spawn" {
			return false
		}
		path := openReview(r.t, r.second, a)
		if content, _, _ := r.second.Text(path); !strings.Contains(content, keptWords) {
			r.t.Errorf("what was saved is lost:\n%s", content)
		}
		args := wire.AnswerArgs{ID: a.ID, Decision: wire.Approve, URI: string(r.second.URI(path))}
		r.answerUnlessDecided(args)
		return true
	}
	return a, path
}

// openReview opens the Review… document of an approval in a window and gives its path.
func openReview(t *testing.T, w *window, a wire.Approval) (path string) {
	t.Helper()
	if err := w.Command(t.Context(), wire.ApprovalOpen, wire.ApprovalArgs{ID: a.ID}, nil); err != nil {
		t.Fatal(err)
	}
	w.Await(lsptest.Shown("/" + a.ID + ".md"))
	for _, shown := range w.Seen().Shown {
		if strings.HasSuffix(shown, "/"+a.ID+".md") {
			path = shown
		}
	}
	return path
}
