package lsp_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// reader is an editor that shows virtual documents: it asks for their text, and again when it is told to.
type reader struct {
	e *lsptest.Env

	mu    sync.Mutex
	texts map[uri.URI]string
	asks  map[uri.URI]int
}

// virtual announces workspace/textDocumentContent. Where deaf is set it shows an empty buffer and never asks.
func (r *reader) virtual(deaf bool) lsptest.Option {
	return lsptest.WithConfig(func(cfg *client.Config) {
		cfg.Initialize = json.RawMessage(`{"processId":null,"rootUri":` + quoted(string(uri.File(cfg.Root))) + `,
			"capabilities":{"window":{"showDocument":{"support":true}},"workspace":{"textDocumentContent":{"dynamicRegistration":true}}},"clientInfo":{"name":"reader"}}`)
		shows := cfg.Hooks.ShowDocument
		cfg.Hooks.ShowDocument = func(ctx context.Context, p protocol.ShowDocumentParams) (bool, error) {
			if p.URI.IsFile() {
				return shows(ctx, p)
			}
			if deaf {
				return true, nil
			}
			return true, r.ask(ctx, p.URI)
		}
		cfg.Hooks.Asked = func(method string, params json.RawMessage) error {
			var p protocol.TextDocumentContentRefreshParams
			if method != protocol.MethodWorkspaceTextDocumentContentRefresh || protocol.Unmarshal(params, &p) != nil {
				return nil
			}
			return r.ask(context.Background(), p.URI)
		}
	})
}

// eventually is wait that says what there is in place of what it waits for.
func eventually(t *testing.T, what string, ok func() bool, got func() string) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("there is:\n%s", got())
		}
	}()
	wait(t, what, ok)
}

func quoted(s string) string {
	b, _ := json.Marshal(s) // a string
	return string(b)
}

func (r *reader) ask(ctx context.Context, u uri.URI) error {
	var result protocol.TextDocumentContentResult
	err := r.e.Call(ctx, protocol.MethodWorkspaceTextDocumentContent, &protocol.TextDocumentContentParams{URI: u}, &result)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.texts[u] = result.Text
	r.asks[u]++
	return err
}

func (r *reader) text(u uri.URI) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.texts[u]
}

// paperFile waits for a document whose file has a name that begins so, and for a text in it.
func paperFile(t *testing.T, e *lsptest.Env, kind string, want ...string) string {
	t.Helper()
	var path string
	e.Await(lsptest.Expectation{What: "a document " + kind, Check: func(s lsptest.State) lsptest.Verdict {
		for _, shown := range s.Shown {
			if strings.HasPrefix(filepath.Base(shown), kind) {
				path = shown
				return lsptest.Met
			}
		}
		return lsptest.Unmet
	}})
	var got []byte
	eventually(t, "the "+kind+" with "+strings.Join(want, ", "), func() bool {
		var err error
		got, err = os.ReadFile(path)
		must(t, err)
		for _, w := range want {
			if !strings.Contains(string(got), w) {
				return false
			}
		}
		return true
	}, func() string { return string(got) })
	return path
}

func TestPlanDocument(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		must(t, e.Command(t.Context(), wire.TrackPlan, wire.TrackArgs{URI: string(e.URI(mainTrack + ".track.yaml"))}, nil))
		path := paperFile(t, e, "plan-main", "# Plan: Main", "2 tickets in 2 waves, at most 1 side by side", "| 2 | T2 |")
		info, err := os.Stat(path)
		must(t, err)
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o400 {
			t.Errorf("the plan has the mode %v", info.Mode())
		}
		if strings.HasPrefix(path, d.root) {
			t.Errorf("the plan is written into the workspace: %s", path)
		}
	})
}

func TestStatusAndTranscriptAreLive(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithConfig(trusting), lsptest.WithResponder(lsptest.Choose("Approve")))
		track := string(e.URI(mainTrack + ".track.yaml"))
		gate := make(chan struct{})
		d.worker.on("T1", func(ctx context.Context, job engine.Job) engine.ChangeSet {
			<-gate
			return d.replacing("a.go", "l.pos++", "l.pos += 2")(ctx, job)
		})
		must(t, e.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: track}, nil))
		must(t, e.Command(t.Context(), wire.StatusShow, wire.StatusArgs{URI: track, Open: true}, nil))
		must(t, e.Command(t.Context(), wire.TranscriptOpen, wire.TranscriptArgs{URI: track, ID: "T1"}, nil))
		paperFile(t, e, "status-main", "# Main", "T1")
		paperFile(t, e, "transcript-main", "# Transcript of T1", lsptest.Said("T1"))
		for _, shown := range e.Seen().Shown {
			must(t, e.CloseBuffer(t.Context(), shown)) // Neovim reloads a file so
			must(t, e.Open(t.Context(), shown))
		}
		close(gate)
		paperFile(t, e, "status-main", "2 of 2 completed", "done")
		paperFile(t, e, "transcript-main", "✓ T1", "Ticket T1")
	})
}

func TestDiffDocuments(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithConfig(trusting), lsptest.WithResponder(lsptest.Choose("Approve")))
		d.worker.on("T1", d.replacing("a.go", "l.pos++", "l.pos += 2"))
		runMain(t, d, e)
		args := wire.DiffArgs{URI: string(e.URI(mainTrack + ".track.yaml"))}
		must(t, e.Command(t.Context(), wire.DiffOpen, args, nil))
		paperFile(t, e, "outcome-main", "# Main: what has changed", "+\tl.pos += 2")
		args.ID = "T1"
		must(t, e.Command(t.Context(), wire.DiffOpen, args, nil))
		paperFile(t, e, "diff-main", "-\tl.pos++", "+\tl.pos += 2")
		args.Undo = true
		must(t, e.Command(t.Context(), wire.DiffOpen, args, nil))
		paperFile(t, e, "undo-main", "# What undoing T1 changes", "-\tl.pos += 2", "+\tl.pos++")
		args.Undo = false
		args.ID = "T9"
		if err := e.Command(t.Context(), wire.DiffOpen, args, nil); err == nil || !strings.Contains(err.Error(), "no ticket T9") {
			t.Errorf("a ticket that is not there: %v", err)
		}
	})
}

func TestVirtualDocuments(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		r := &reader{texts: map[uri.URI]string{}, asks: map[uri.URI]int{}}
		r.e = d.open(r.virtual(false))
		other := d.open(lsptest.WithConfig(trusting), lsptest.WithResponder(lsptest.Choose("Approve")))
		track := string(r.e.URI(mainTrack + ".track.yaml"))
		must(t, r.e.Command(t.Context(), wire.TrackPlan, wire.TrackArgs{URI: track}, nil))
		const plan, board = uri.URI("slop-ls:/plan/~2eslop~2ftracks~2fmain.md"), uri.URI("slop-ls:/status.md")
		eventually(t, "the plan", func() bool { return strings.Contains(r.text(plan), "# Plan: Main") }, func() string { return r.text(plan) })
		must(t, r.e.Command(t.Context(), wire.StatusShow, wire.StatusArgs{Open: true}, nil))
		eventually(t, "the board", func() bool { return strings.Contains(r.text(board), "# Status") }, func() string { return r.text(board) })
		runMain(t, d, other)
		eventually(t, "the board at the end", func() bool { return strings.Contains(r.text(board), "2 of 2 completed") }, func() string { return r.text(board) })
		if n := len(r.e.Seen().Shown); n != 0 {
			t.Errorf("%d files were shown as well", n)
		}
		if err := r.ask(t.Context(), "slop-ls:/nothing/at/all.md"); err == nil {
			t.Error("a document that is none was given")
		}
	})
}

// The inbox is a virtual document too, with its lenses and actions where the client opens it as one, and follows.
func TestVirtualInbox(t *testing.T) {
	t.Parallel()
	modes(t, commandsTrack, func(t *testing.T, d *daemon) {
		const inbox = uri.URI("slop-ls:/inbox.md")
		r := &reader{texts: map[uri.URI]string{}, asks: map[uri.URI]int{}}
		r.e = d.open(r.virtual(false))
		runTrack(t, r.e, mainTrack)
		d.awaitPending(3)
		must(t, r.e.Command(t.Context(), wire.ApprovalList, wire.ListArgs{Open: true}, nil))
		eventually(t, "the inbox", func() bool { return strings.Contains(r.text(inbox), "# 3 approvals wait for you\n") }, func() string { return r.text(inbox) })
		opened := `{"textDocument":{"uri":"` + string(inbox) + `","languageId":"markdown","version":1,"text":` + quoted(r.text(inbox)) + `}}`
		must(t, r.e.Notify(t.Context(), protocol.MethodTextDocumentDidOpen, json.RawMessage(opened)))
		var lenses []lens
		var answer json.RawMessage
		must(t, r.e.Call(t.Context(), protocol.MethodTextDocumentCodeLens, json.RawMessage(`{"textDocument":{"uri":"`+string(inbox)+`"}}`), &answer))
		must(t, json.Unmarshal(answer, &lenses))
		reject := slices.IndexFunc(lenses, func(l lens) bool { return l.Command.Title == "Reject A1" })
		if reject < 0 {
			t.Fatalf("lenses: %s", answer)
		}
		must(t, r.e.Command(t.Context(), lenses[reject].Command.Command, lenses[reject].Command.Arguments[0], nil))
		eventually(t, "the inbox after an answer", func() bool { return strings.Contains(r.text(inbox), "# 2 approvals wait for you\n") }, func() string { return r.text(inbox) })
		if _, err := os.Stat(filepath.Join(d.reviews, "approvals.md")); err == nil {
			t.Error("it was written as a file as well")
		}
		if n := len(r.e.Seen().Shown); n != 0 {
			t.Errorf("%d files were shown", n)
		}
	})
}

// Where the client shows it and does not open it, it would have no lenses: it comes as a file then.
func TestVirtualInboxThatIsNotOpened(t *testing.T) {
	t.Parallel()
	modes(t, commandsTrack, func(t *testing.T, d *daemon) {
		r := &reader{texts: map[uri.URI]string{}, asks: map[uri.URI]int{}}
		r.e = d.open(r.virtual(false))
		runTrack(t, r.e, mainTrack)
		d.awaitPending(3)
		press(t, r.e, openInbox(t, r.e), "Reject A1")
		d.awaitPending(2)
	})
}

// A plan and a view follow what is saved, be they files or virtual.
func TestPlansAndViewsFollow(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		r := &reader{texts: map[uri.URI]string{}, asks: map[uri.URI]int{}}
		r.e = d.open(r.virtual(false))
		e := d.open()
		const plan, view = uri.URI("slop-ls:/plan/~2eslop~2ftracks~2fmain.md"), uri.URI("slop-ls:/view/a.go/skeleton.md")
		for _, editor := range []*lsptest.Env{r.e, e} {
			must(t, editor.Command(t.Context(), wire.TrackPlan, wire.TrackArgs{URI: string(e.URI(mainDoc))}, nil))
			must(t, editor.Command(t.Context(), wire.ViewOpen, wire.ViewArgs{URI: string(e.URI("a.go")), Kind: "skeleton"}, nil))
		}
		path, viewPath := paperFile(t, e, "plan-main", "2 tickets"), paperFile(t, e, "view-a-go", "func Plain")
		eventually(t, "both", func() bool { return r.text(plan) != "" && strings.Contains(r.text(view), "func Plain") }, func() string { return r.text(view) })
		must(t, e.Open(t.Context(), mainDoc))
		must(t, e.Open(t.Context(), "a.go"))
		edited(t, e, mainDoc, "tickets:\n", "tickets:\n  - id: T3\n    description: Third\n")
		edited(t, e, "a.go", "func Plain", "func Fancy")
		eventually(t, "the new plan", func() bool { return strings.Contains(r.text(plan), "3 tickets") }, func() string { return r.text(plan) })
		eventually(t, "the new view", func() bool { return strings.Contains(r.text(view), "func Fancy") }, func() string { return r.text(view) })
		awaitFile(t, path, "3 tickets")
		awaitFile(t, viewPath, "func Fancy")
	})
}

// A client that announces virtual documents and shows an empty buffer gets the file, and files from then on.
func TestVirtualDocumentsThatNobodyAsksFor(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		r := &reader{texts: map[uri.URI]string{}, asks: map[uri.URI]int{}}
		e := d.open(r.virtual(true))
		must(t, e.Command(t.Context(), wire.TrackPlan, wire.TrackArgs{URI: string(e.URI(mainTrack + ".track.yaml"))}, nil))
		paperFile(t, e, "plan-main", "# Plan: Main")
		must(t, e.Command(t.Context(), wire.StatusShow, wire.StatusArgs{Open: true}, nil))
		paperFile(t, e, "status", "# Status")
	})
}

func TestDocumentsWithoutShowDocument(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithConfig(func(cfg *client.Config) {
			cfg.Initialize = json.RawMessage(`{"processId":null,"rootUri":` + quoted(string(uri.File(cfg.Root))) + `,"capabilities":{}}`)
		}))
		must(t, e.Command(t.Context(), wire.TrackPlan, wire.TrackArgs{URI: string(e.URI(mainTrack + ".track.yaml"))}, nil))
		e.Await(lsptest.Message("to read the plan of " + mainTrack))
	})
}

func TestViewOpen(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		for args, want := range map[string]string{
			`{"uri":"a.go","kind":"whole"}`:                        "must be skeleton, curated or targeted",
			`{"uri":"a.go","kind":"targeted"}`:                     `needs "symbols"`,
			`{"uri":"a.go","kind":"skeleton","symbols":["Lexer"]}`: "are for targeted views",
			`{"uri":"none.go","kind":"skeleton"}`:                  "none.go",
		} {
			var a wire.ViewArgs
			must(t, json.Unmarshal([]byte(args), &a))
			a.URI = string(e.URI(a.URI))
			if err := e.Command(t.Context(), wire.ViewOpen, a, nil); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", args, err, want)
			}
		}
		must(t, e.Command(t.Context(), wire.ViewOpen, wire.ViewArgs{URI: string(e.URI("a.go")), Kind: "skeleton"}, nil))
		paperFile(t, e, "view-a-go-skeleton", "# a.go: skeleton", "in the whole file", "func Plain() {")
	})
}
