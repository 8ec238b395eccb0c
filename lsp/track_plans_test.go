package lsp_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

const mainDoc = mainTrack + ".track.yaml"

// disked are changes of the workspace that no editor makes.
func (d *daemon) write(path, content string) {
	d.t.Helper()
	abs := filepath.Join(d.root, filepath.FromSlash(path))
	must(d.t, os.MkdirAll(filepath.Dir(abs), 0o755))
	must(d.t, os.WriteFile(abs, []byte(content), 0o644))
}

func (d *daemon) move(from, to string) {
	d.t.Helper()
	abs := filepath.Join(d.root, filepath.FromSlash(to))
	must(d.t, os.MkdirAll(filepath.Dir(abs), 0o755))
	must(d.t, os.Rename(filepath.Join(d.root, filepath.FromSlash(from)), abs))
}

// announcing lets an editor say what it can do with files and settings; the rest is as usual.
func announcing(capabilities string) lsptest.Option {
	return lsptest.WithConfig(func(cfg *client.Config) {
		cfg.Initialize = json.RawMessage(`{"processId":null,"clientInfo":{"name":"lsptest"},"capabilities":{"workspace":{
			"applyEdit":true,"configuration":true,"workspaceEdit":{"documentChanges":true},` + capabilities + `}}}`)
	})
}

// running starts the sample's first ticket, whose worker goes on when the test lets it.
func running(t *testing.T, d *daemon, e *lsptest.Env) (goOn func()) {
	t.Helper()
	gate := make(chan struct{})
	change := d.replacing("a.go", "l.pos++", "l.pos += 2")
	d.worker.on("T1", func(ctx context.Context, job engine.Job) engine.ChangeSet {
		select {
		case <-gate:
		case <-ctx.Done():
			return engine.ChangeSet{}
		}
		return change(ctx, job)
	})
	must(t, e.Open(t.Context(), mainDoc))
	must(t, e.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: string(e.URI(mainDoc))}, nil))
	e.Await(lsptest.Answered(1))
	d.await("T1 works", func(s *engine.Snapshot) bool {
		tk, ok := s.Ticket(engine.TicketKey{Track: mainTrack, ID: "T1"})
		return ok && tk.Spawned
	})
	return func() { close(gate) }
}

// edited replaces a text in an open document and saves it.
func edited(t *testing.T, e *lsptest.Env, path, old, repl string) {
	t.Helper()
	content, _, _ := e.Text(path)
	if !strings.Contains(content, old) {
		t.Fatalf("%s holds no %q", path, old)
	}
	must(t, e.SetText(t.Context(), path, strings.ReplaceAll(content, old, repl)))
	must(t, e.Save(t.Context(), path))
}

// TestTrackIsEditedWhileItRuns: an id is renamed under its worker, the document breaks and is mended, a ticket
// vanishes and comes back.
func TestTrackIsEditedWhileItRuns(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithConfig(trusting), lsptest.WithResponder(lsptest.Choose("Approve")))
		goOn := running(t, d, e)
		edited(t, e, mainDoc, "T1", "first")
		d.await("the new name", func(s *engine.Snapshot) bool {
			tk, ok := s.Ticket(engine.TicketKey{Track: mainTrack, ID: "first"})
			return ok && tk.Status == engine.InProgress
		})
		edited(t, e, mainDoc, "[first]", "[nobody]")
		e.Await(lsptest.Message("so its last plan stays"), lsptest.DiagnosticCount(string(e.URI(mainDoc)), 2))
		edited(t, e, mainDoc, "title: Main", "title: Other")
		edited(t, e, mainDoc, "[nobody]", "[first]")
		d.await("the mended plan", func(s *engine.Snapshot) bool { tr, ok := s.Track(mainTrack); return ok && tr.Title == "Other" })
		said := 0
		for _, m := range e.Seen().Messages {
			if strings.Contains(m.Message, "last plan stays") {
				said++
			}
		}
		if said != 1 {
			t.Errorf("the broken document was told of %d times", said)
		}
		whole, _, _ := e.Text(mainDoc)
		edited(t, e, mainDoc, "  - id: first\n    description: First\n    target_file: a.go\n    target_symbols: [Lexer.Next]\n", "")
		// T2 depends on what is gone: that is an error, and the plan stays.
		must(t, e.SetText(t.Context(), mainDoc, strings.ReplaceAll(mustText(t, e, mainDoc), "    depends_on: [first]\n", "")))
		must(t, e.Save(t.Context(), mainDoc))
		e.Await(lsptest.Message("does not have first any more"))
		if titles := lenses(t, e, mainDoc); !strings.Contains(strings.Join(titles, "\n"), "first is not here any more") {
			t.Errorf("no lens shows it: %q", titles)
		}
		must(t, e.SetText(t.Context(), mainDoc, whole))
		must(t, e.Save(t.Context(), mainDoc))
		d.await("it is back", func(s *engine.Snapshot) bool {
			tk, ok := s.Ticket(engine.TicketKey{Track: mainTrack, ID: "first"})
			return ok && !tk.Orphaned
		})
		goOn()
		done := d.awaitStatus(mainTrack, "first", engine.Completed)
		if done.Attempt != 1 || done.Stale {
			t.Errorf("first: attempt %d, stale %v", done.Attempt, done.Stale)
		}
		d.awaitStatus(mainTrack, "T2", engine.Completed)
	})
}

// lenses are the titles of a document's lenses.
func lenses(t *testing.T, e *lsptest.Env, path string) []string {
	t.Helper()
	var out []string
	for _, l := range rawLenses(t, e, path) {
		out = append(out, l.Command.Title)
	}
	return out
}

// TestTrackChangesOutsideOfTheEditor: what a client's watcher tells becomes the plan, a renamed file brings its state,
// and a deleted one holds the track.
func TestTrackChangesOutsideOfTheEditor(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithConfig(trusting), lsptest.WithResponder(lsptest.Choose("Approve")))
		tell := func(paths ...string) {
			var list []string
			for _, p := range paths {
				list = append(list, `{"uri":"`+string(e.URI(p))+`","type":2}`)
			}
			must(t, e.Notify(t.Context(), protocol.MethodWorkspaceDidChangeWatchedFiles, json.RawMessage(`{"changes":[`+strings.Join(list, ",")+`]}`)))
		}
		goOn := running(t, d, e)
		must(t, e.CloseBuffer(t.Context(), mainDoc))
		before := d.readFile(mainDoc)
		d.write(mainDoc, before+"  - id: T3\n    description: Third\n    depends_on: [T2]\n")
		tell(mainDoc)
		d.await("the third", func(s *engine.Snapshot) bool {
			_, ok := s.Ticket(engine.TicketKey{Track: mainTrack, ID: "T3"})
			return ok
		})
		const moved = ".slop/tracks/deep/other"
		d.move(mainDoc, moved+".track.yml")
		tell(moved+".track.yml", mainDoc)
		d.await("the new name", func(s *engine.Snapshot) bool {
			tk, ok := s.Ticket(engine.TicketKey{Track: moved, ID: "T1"})
			_, old := s.Track(mainTrack)
			return ok && !old && tk.Status == engine.InProgress
		})
		must(t, os.Rename(filepath.Join(d.root, moved+".track.yml"), filepath.Join(d.root, "kept")))
		tell(moved + ".track.yml")
		e.Await(lsptest.Message("is gone while its track runs"))
		goOn()
		d.awaitStatus(moved, "T1", engine.Completed)
		d.await("nothing more starts", func(s *engine.Snapshot) bool {
			tr, ok := s.Track(moved)
			return ok && tr.Status == engine.TrackBlocked && strings.Contains(tr.Reason, "document is gone")
		})
		d.move("kept", moved+".track.yml")
		tell(moved + ".track.yml")
		d.awaitStatus(moved, "T3", engine.Completed)
		if got := d.readFile("a.go"); !strings.Contains(got, "l.pos += 2") {
			t.Errorf("what was under way did not arrive:\n%s", got)
		}
	})
}

// TestUnknownDocumentsAreLeftAlone: a file that comes with a pull becomes nothing by itself.
func TestUnknownDocumentsAreLeftAlone(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		var list []string
		for _, path := range []string{mainDoc, "a.go", "gone.track.yaml"} {
			list = append(list, `{"uri":"`+string(e.URI(path))+`","type":1}`)
		}
		must(t, e.Notify(t.Context(), protocol.MethodWorkspaceDidChangeWatchedFiles, json.RawMessage(`{"changes":[`+strings.Join(list, ",")+`]}`)))
		// It is taken up in the background: by the time that a later change of another document has become the plan.
		const known = ".slop/tracks/known"
		d.write(known+".track.yaml", "tickets:\n  - id: K\n    description: k\n")
		must(t, e.Open(t.Context(), known+".track.yaml"))
		must(t, e.Save(t.Context(), known+".track.yaml"))
		snap := d.await("the known track", func(s *engine.Snapshot) bool { _, ok := s.Track(known); return ok })
		for tr := range snap.Tracks() {
			if tr.ID != known {
				t.Errorf("%s became a plan", tr.ID)
			}
		}
	})
}

// TestTwoFilesNeverShareState: beside another file of the same id a document is an error, and plans nothing.
func TestTwoFilesNeverShareState(t *testing.T) {
	t.Parallel()
	modes(t, sample+"-- "+mainTrack+".track.json --\n[{\"id\": \"X\", \"description\": \"x\"}]\n", func(t *testing.T, d *daemon) {
		e := d.open()
		must(t, e.Open(t.Context(), mainDoc))
		must(t, e.Save(t.Context(), mainDoc))
		s := e.Await(lsptest.Message("would be the same track"), lsptest.DiagnosticCount(string(e.URI(mainDoc)), 1))
		if found := s.Diagnostics[string(e.URI(mainDoc))][0]; found.Severity != protocol.DiagnosticSeverityError {
			t.Errorf("the diagnostic is %+v", found)
		}
		err := e.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: string(e.URI(mainDoc))}, nil)
		if err == nil || !strings.Contains(err.Error(), "rename one of them") {
			t.Errorf("running it: %v", err)
		}
		if _, known := d.Snapshot().Track(mainTrack); known {
			t.Error("it became a plan")
		}
	})
}

// TestRenamedFilesAreFollowed: the documents that name a file get an edit before it is renamed, their state follows,
// and completed tickets stay what they are.
func TestRenamedFilesAreFollowed(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(announcing(`"fileOperations":{"willRename":true,"didRename":true}`))
		must(t, e.Open(t.Context(), mainDoc))
		must(t, e.Save(t.Context(), mainDoc))
		d.await("the plan", func(s *engine.Snapshot) bool { _, ok := s.Track(mainTrack); return ok })
		must(t, e.Command(t.Context(), wire.TicketSkip, wire.TicketArgs{URI: string(e.URI(mainDoc)), ID: "T1"}, nil))
		renamed := json.RawMessage(`{"files":[{"oldUri":"` + string(e.URI("a.go")) + `","newUri":"` + string(e.URI("pkg/new.go")) + `"}]}`)
		var edit protocol.WorkspaceEdit
		must(t, e.Call(t.Context(), protocol.MethodWorkspaceWillRenameFiles, renamed, &edit))
		if result := e.Apply(t.Context(), edit); !result.Applied {
			t.Fatalf("the edit was not taken: %+v", result)
		}
		d.move("a.go", "pkg/new.go")
		must(t, e.Notify(t.Context(), protocol.MethodWorkspaceDidRenameFiles, renamed))
		if got := mustText(t, e, mainDoc); !strings.Contains(got, "target_file: pkg/new.go\n") {
			t.Errorf("the document says\n%s", got)
		}
		must(t, e.Save(t.Context(), mainDoc))
		snap := d.await("the new plan", func(s *engine.Snapshot) bool {
			tk, ok := s.Ticket(engine.TicketKey{Track: mainTrack, ID: "T1"})
			return ok && tk.Spec.TargetFile == "pkg/new.go"
		})
		if tk, _ := snap.Ticket(engine.TicketKey{Track: mainTrack, ID: "T1"}); tk.Stale || tk.Status != engine.Completed {
			t.Errorf("T1 is %s, stale %v", tk.Status, tk.Stale)
		}
		// The folder with the document: its state moves.
		d.move(".slop/tracks", "plans")
		must(t, e.Notify(t.Context(), protocol.MethodWorkspaceDidRenameFiles, json.RawMessage(
			`{"files":[{"oldUri":"`+string(e.URI(".slop/tracks"))+`","newUri":"`+string(e.URI("plans"))+`"}]}`)))
		d.await("the moved track", func(s *engine.Snapshot) bool {
			tk, ok := s.Ticket(engine.TicketKey{Track: "plans/main", ID: "T1"})
			return ok && tk.Status == engine.Completed
		})
	})
}

// TestRenamedFilesAreFollowedLate: a client that only tells afterwards gets the edit then.
func TestRenamedFilesAreFollowedLate(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(announcing(`"fileOperations":{"didRename":true}`))
		must(t, e.Open(t.Context(), "b.go"))
		d.move("a.go", "new.go")
		must(t, e.Notify(t.Context(), protocol.MethodWorkspaceDidRenameFiles, json.RawMessage(
			`{"files":[{"oldUri":"`+string(e.URI("a.go"))+`","newUri":"`+string(e.URI("new.go"))+`"}]}`)))
		wait(t, "the document follows", func() bool { return strings.Contains(d.readFile(mainDoc), "target_file: new.go\n") })
	})
}

// TestRegistersWhatAClientCan: a client is asked to watch only where it can, and nothing is announced that it did not.
func TestRegistersWhatAClientCan(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ says, want string }{
		"nothing":  {`"x":1`, ""},
		"watching": {`"didChangeWatchedFiles":{"dynamicRegistration":true}`, "workspace/didChangeWatchedFiles"},
		"both":     {`"didChangeWatchedFiles":{"dynamicRegistration":true},"didChangeConfiguration":{"dynamicRegistration":true}`, "workspace/didChangeWatchedFiles workspace/didChangeConfiguration"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, sample, func(t *testing.T, d *daemon) {
				asked := make(chan string, 1)
				d.open(announcing(tc.says), lsptest.WithConfig(func(cfg *client.Config) {
					cfg.Hooks.Register = func(p protocol.RegistrationParams) {
						var methods []string
						for _, r := range p.Registrations {
							methods = append(methods, r.Method)
						}
						asked <- strings.Join(methods, " ")
					}
				}))
				if tc.want == "" {
					return
				}
				if got := next(t, asked); got != tc.want {
					t.Errorf("it was asked for %q", got)
				}
			})
		})
	}
}

// TestSettings: an editor's section arrives when it starts and when it changes, however it says that, and a client that
// says nothing, or nonsense, is left alone.
func TestSettings(t *testing.T) {
	t.Parallel()
	modes(t, sample, testSettings)
}

// next is the next value that comes.
func next[T any](t *testing.T, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(lsptest.Patience):
		t.Fatal("nothing came")
	}
	return v
}

func testSettings(t *testing.T, d *daemon) {
	took := make(chan string, 10)
	d.worker.OnSettings(func(_ context.Context, section json.RawMessage) []string {
		took <- string(section)
		return []string{"heard " + string(section)}
	})
	section := make(chan any, 10)
	section <- map[string]any{"mma": map[string]any{"max_workers": 2}}
	pulls := d.open(lsptest.WithConfig(func(cfg *client.Config) {
		cfg.Hooks.Configuration = func(string) any { return <-section }
	}))
	if got := next(t, took); got != `{"mma":{"max_workers":2}}` {
		t.Errorf("at the start: %s", got)
	}
	pulls.Await(lsptest.Message("heard"))
	changed := func(e *lsptest.Env, settings string) {
		must(t, e.Notify(t.Context(), protocol.MethodWorkspaceDidChangeConfiguration, json.RawMessage(`{"settings":`+settings+`}`)))
	}
	section <- nil
	changed(pulls, "null")
	if got := next(t, took); got != "null" {
		t.Errorf("unset: %s", got)
	}
	pushes := d.open(lsptest.WithConfig(func(cfg *client.Config) {
		cfg.Initialize = json.RawMessage(`{"processId":null,"clientInfo":{"name":"pusher"},"capabilities":{}}`)
	}))
	changed(pushes, `{"other":1}`)
	changed(pushes, `"nonsense"`)
	changed(pushes, `{"slop":{"mma":{"auto_queue":true}}}`)
	if got := next(t, took); got != `{"mma":{"auto_queue":true}}` {
		t.Errorf("pushed: %s", got)
	}
}
