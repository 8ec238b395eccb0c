package lsp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// editor is a real client as it was measured: by the parameters that it sent to initialize, what it serves, and what it
// does. What is not in serves it answers with an error, or not at all: that must not be sent to it.
type editor struct {
	params  string // the file of its captured parameters
	serves  []string
	apply   lsptest.ApplyEdit // of an edit for an old version; nil: it takes no edits
	form    string            // of an edit: "documentChanges" or "changes"
	batch   bool              // it may get several documents in one request
	unasked bool              // a prompt may come by itself
	asks    bool              // it shows prompts at all
	shows   bool              // it shows documents
	tokens  bool              // it shows progress
}

const (
	rqMessage  = protocol.MethodWindowShowMessageRequest
	rqApply    = protocol.MethodWorkspaceApplyEdit
	rqShow     = protocol.MethodWindowShowDocument
	rqToken    = protocol.MethodWindowWorkDoneProgressCreate
	rqSettings = protocol.MethodWorkspaceConfiguration
	rqRegister = protocol.MethodClientRegisterCapability
	rqDrop     = protocol.MethodClientUnregisterCapability
	rqLenses   = protocol.MethodWorkspaceCodeLensRefresh
	rqHints    = protocol.MethodWorkspaceInlayHintRefresh
	rqTokens   = protocol.MethodWorkspaceSemanticTokensRefresh
	rqPull     = protocol.MethodWorkspaceDiagnosticRefresh
	rqFolders  = protocol.MethodWorkspaceWorkspaceFolders
	rqContent  = "workspace/textDocumentContent/refresh"
	rqFolding  = "workspace/foldingRange/refresh"
)

// editors is the matrix of the editors that were measured.
var editors = []editor{
	{
		params: "vscode-1.139.1-languageclient-11.0.0",
		serves: []string{rqMessage, rqApply, rqShow, rqToken, rqSettings, rqRegister, rqDrop, rqLenses, rqHints, rqTokens, rqPull, rqFolders, rqContent, rqFolding},
		apply:  lsptest.Apply, form: "documentChanges", batch: true, unasked: true, asks: true, shows: true, tokens: true,
	},
	{
		params: "neovim-0.7.2", serves: []string{rqMessage, rqApply, rqToken, rqRegister, rqFolders},
		apply: lsptest.IgnoreStale, form: "documentChanges", asks: true, tokens: true,
	},
	{
		params: "neovim-0.10.4", serves: []string{rqMessage, rqApply, rqShow, rqToken, rqSettings, rqRegister, rqDrop, rqHints, rqTokens, rqFolders},
		apply: lsptest.IgnoreStale, form: "documentChanges", asks: true, shows: true, tokens: true,
	},
	{
		params: "neovim-0.12.4", serves: []string{rqMessage, rqApply, rqShow, rqToken, rqSettings, rqRegister, rqDrop, rqLenses, rqHints, rqTokens, rqPull, rqFolders},
		apply: lsptest.IgnoreStale, form: "documentChanges", asks: true, shows: true, tokens: true,
	},
	{
		params: "helix-25.01.1", serves: []string{rqApply, rqToken, rqSettings, rqRegister, rqDrop, rqFolders},
		apply: lsptest.Apply, form: "documentChanges", tokens: true,
	},
	{
		params: "helix-25.07.1", serves: []string{rqMessage, rqApply, rqShow, rqToken, rqSettings, rqRegister, rqDrop, rqPull, rqFolders},
		apply: lsptest.Apply, form: "documentChanges", asks: true, shows: true, tokens: true,
	},
	{
		params: "emacs-28.2-eglot-1.9", serves: []string{rqMessage, rqApply, rqSettings, rqRegister, rqDrop, rqFolders},
		apply: lsptest.FailStale, form: "documentChanges", asks: true,
	},
	{
		params: "emacs-30.1-eglot-1.17.30", serves: []string{rqMessage, rqApply, rqShow, rqToken, rqSettings, rqRegister, rqDrop, rqFolders},
		apply: lsptest.FailStale, form: "documentChanges", asks: true, shows: true, tokens: true,
	},
	{
		params: "emacs-28.2-lsp-mode-8.0.0", serves: []string{rqMessage, rqApply, rqToken, rqSettings, rqRegister, rqDrop, rqLenses, rqFolders},
		apply: lsptest.Apply, form: "documentChanges", asks: true, tokens: true,
	},
	{
		params: "emacs-30.1-lsp-mode-10.0.0", serves: []string{rqMessage, rqApply, rqShow, rqToken, rqSettings, rqRegister, rqDrop, rqLenses, rqFolders},
		apply: lsptest.Apply, form: "documentChanges", asks: true, shows: true, tokens: true,
	},
	{
		params: "vim-9.0-yegappan-lsp-20260816", serves: []string{rqMessage, rqApply, rqToken, rqSettings, rqRegister, rqDrop, rqPull, rqFolders},
		apply: lsptest.ApplyStale, form: "changes", asks: true, tokens: true,
	},
	{
		params: "vim-9.0-vim-lsp-20260419", serves: []string{rqMessage, rqApply, rqToken, rqSettings, rqRegister, rqDrop},
		apply: lsptest.ApplyStale, form: "changes", asks: true, tokens: true,
	},
	// Kate takes edits only while an executeCommand is open, and says that it takes none.
	{params: "kate-25.04.3", serves: []string{rqMessage, rqToken, rqRegister}, asks: true, tokens: true},
	// The older one sends the same parameters but for window.showMessage, which others do not send and yet ask: it is
	// asked once, and its error is the answer.
	{params: "kate-22.12.3", serves: []string{rqMessage, rqToken, rqRegister}, tokens: true},
	{params: "vim-9.0-ale-3.3.0"},
}

// conduct is what was sent to an editor, and what of it was not for it.
type conduct struct {
	mu     sync.Mutex
	wrong  []string
	forms  []string // of each edit
	widest int      // the most documents of one edit
}

func (c *conduct) fault(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

// edit looks at the form of an edit.
func (c *conduct) edit(raw json.RawMessage) {
	var p struct{ Edit map[string]json.RawMessage }
	if err := json.Unmarshal(raw, &p); err != nil {
		c.fault("%v", err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for form, raw := range p.Edit {
		c.forms = append(c.forms, form)
		if form == "changes" {
			var docs map[string]any
			_ = json.Unmarshal(raw, &docs)
			c.widest = max(c.widest, len(docs))
		}
		var docs []struct {
			Kind  string
			Edits []struct{ AnnotationID string }
		}
		if form != "documentChanges" || json.Unmarshal(raw, &docs) != nil {
			continue
		}
		c.widest = max(c.widest, len(docs))
		for _, d := range docs {
			if d.Kind != "" {
				c.wrong = append(c.wrong, "a file operation: "+d.Kind)
			}
			for _, e := range d.Edits {
				if e.AnnotationID != "" {
					c.wrong = append(c.wrong, "an annotation")
				}
			}
		}
	}
}

// registration looks at what is registered: only what the client says can be, since all that is announced statically
// would be there twice.
func (c *conduct) registration(raw, initialize json.RawMessage) {
	var p struct{ Registrations []struct{ Method string } }
	var said struct {
		Capabilities map[string]map[string]json.RawMessage
	}
	if err := errors.Join(json.Unmarshal(raw, &p), json.Unmarshal(initialize, &said)); err != nil {
		c.fault("%v", err)
	}
	for _, r := range p.Registrations {
		group, name, _ := strings.Cut(r.Method, "/")
		var dynamic struct{ DynamicRegistration bool }
		if json.Unmarshal(said.Capabilities[group][name], &dynamic) != nil || !dynamic.DynamicRegistration {
			c.fault("a registration of %s", r.Method)
		}
	}
}

// be makes a client that is this editor.
func (ed editor) be(t *testing.T, c *conduct) lsptest.Option {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("traits", "testdata", "initialize", ed.params+".json"))
	must(t, err)
	return func(_ *lsptest.Env, cfg *client.Config) {
		home := "file://" + filepath.ToSlash(cfg.Root)
		cfg.Initialize = json.RawMessage(strings.ReplaceAll(strings.ReplaceAll(string(data), "file:///workspace", home), `"/workspace"`, `"`+cfg.Root+`"`))
		if ed.apply != nil {
			cfg.Hooks.ApplyEdit = lsptest.Typing(typed, lsptest.Times(1), ed.apply)
		}
		cfg.Hooks.Asked = func(method string, params json.RawMessage) error {
			switch method {
			case rqApply:
				c.edit(params)
			case rqRegister:
				c.registration(params, cfg.Initialize)
			}
			if slices.Contains(ed.serves, method) && (method != rqMessage || ed.asks) {
				return nil
			}
			if method != rqMessage || !strings.HasPrefix(ed.params, "kate-22") {
				c.fault("the request %s %s", method, params)
			}
			return jsonrpc2.ErrMethodNotFound
		}
		noted := cfg.Hooks.Notified
		cfg.Hooks.Notified = func(method string, params json.RawMessage) {
			if method == protocol.MethodProgress && !ed.tokens || strings.HasPrefix(method, "slop/") {
				c.fault("the notification %s", method)
			}
			noted(method, params)
		}
	}
}

const everything = sample + `
-- old.go --
package a
-- from.go --
package a

func From() {}
-- shut.go --
package a

const shut = "b"
`

// everyKind is a change of each kind: a file in two places, two in one, a new one, one that goes and one that moves.
func everyKind(t *testing.T, d *daemon) engine.ChangeSet {
	t.Helper()
	set := twoPlaces(t, d)
	set.Files = append(set.Files,
		d.replacement(t.Context(), "b.go", `"b"`, `"B"`),
		d.replacement(t.Context(), "shut.go", `"b"`, `"B"`),
		engine.FileChange{Path: "moved/to.go", From: "from.go", Op: engine.OpRename, Base: []byte(d.readFile("from.go")), After: []byte(d.readFile("from.go"))},
		engine.FileChange{Path: "new/c.go", Op: engine.OpCreate, After: []byte("package c\n")},
		engine.FileChange{Path: "old.go", Op: engine.OpDelete, Base: []byte(d.readFile("old.go"))},
	)
	return set
}

// Each editor gets what it can take, and nothing else; what is delivered through it is there, also when its person
// types while the edit is on its way.
func TestEditors(t *testing.T) {
	t.Parallel()
	for _, ed := range editors {
		t.Run(ed.params, func(t *testing.T) {
			t.Parallel()
			modes(t, everything, func(t *testing.T, d *daemon) {
				c := &conduct{}
				e := d.open(ed.be(t, c))
				ed.prompted(t, d, e)
				ed.edited(t, d, e)
				must(t, e.Command(t.Context(), wire.StatusShow, nil, nil)) // after all that came before
				c.mu.Lock()
				defer c.mu.Unlock()
				for _, w := range c.wrong {
					t.Errorf("it was sent what it does not take: %s", w)
				}
				for _, form := range c.forms {
					if form != ed.form {
						t.Errorf("an edit by %s", form)
					}
				}
				if c.widest > 1 && !ed.batch {
					t.Errorf("%d documents in one edit", c.widest)
				}
				if ed.apply != nil && len(c.forms) == 0 || ed.apply == nil && len(c.forms) > 0 {
					t.Errorf("%d edits were sent", len(c.forms))
				}
			}, hasty)
		})
	}
}

// prompted: another editor's run asks this one only where typing cannot answer; its own command asks where it shows
// prompts; and each approval's document is shown, or its path is said.
func (ed editor) prompted(t *testing.T, d *daemon, e *lsptest.Env) {
	t.Helper()
	must(t, e.Open(t.Context(), mainTrack+".track.yaml"))
	other := d.open()
	uri := string(other.URI(mainTrack + ".track.yaml"))
	must(t, other.Command(t.Context(), wire.TicketRun, wire.TicketArgs{URI: uri, ID: "T1"}, nil))
	prompts := 0
	if ed.unasked {
		prompts++
		e.Await(lsptest.Prompts(1))
	} else {
		e.Await(lsptest.Message("A1 waits for you: Start T1"), lsptest.Prompts(0))
	}
	must(t, other.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: "A1", Decision: wire.Approve}, nil))
	d.awaitStatus(mainTrack, "T1", engine.Completed)
	must(t, e.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: string(e.URI(mainTrack + ".track.yaml"))}, nil))
	d.awaitPending(1)
	if ed.asks {
		e.Await(lsptest.Prompts(prompts + 1))
	} else {
		e.Await(lsptest.Message("A2 waits for you: Start T2"), lsptest.Prompts(0))
	}
	must(t, e.Command(t.Context(), wire.ApprovalOpen, wire.ApprovalArgs{ID: "A2"}, nil))
	if ed.shows {
		e.Await(lsptest.Shown("A2.md"))
	} else {
		e.Await(lsptest.Message("A2.md"))
	}
	must(t, e.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: "A2", Decision: wire.Approve}, nil))
	e.Await(lsptest.Message("Main is done"))
}

// edited delivers a change of each kind.
func (ed editor) edited(t *testing.T, d *daemon, e *lsptest.Env) {
	t.Helper()
	open := []string{"a.go", "b.go"}
	for _, path := range open {
		must(t, e.Open(t.Context(), path))
	}
	settle(t, e)
	set := everyKind(t, d)
	got, err := d.deliver(t, set)
	must(t, err)
	want := map[string]string{}
	for _, f := range set.Files {
		want[f.Path] = string(f.After)
	}
	if ed.apply == nil {
		e.Await(lsptest.Message("written to the disk, and open here as it was before: reload a.go, b.go"))
	}
	for _, path := range open {
		if ed.apply == nil && !strings.Contains(got.Note, path) {
			t.Errorf("nobody is told that the open %s was written: %q", path, got.Note)
		}
		if ed.apply == nil {
			continue
		}
		if now := strings.Replace(mustText(t, e, path), typed, "", 1); now != want[path] {
			t.Errorf("the buffer (-want +got):\n%s", cmp.Diff(want[path], now))
		}
		want[path] = baseOf(set, path)
	}
	delete(want, "old.go")
	for path, content := range want {
		if diff := cmp.Diff(content, d.readFile(path)); diff != "" {
			t.Errorf("%s on the disk (-want +got):\n%s", path, diff)
		}
	}
	for _, gone := range []string{"old.go", "from.go"} {
		if _, err := os.Stat(filepath.Join(d.root, gone)); err == nil {
			t.Errorf("%s is still there", gone)
		}
	}
	ed.occupied(t, d)
}

func baseOf(set engine.ChangeSet, path string) string {
	i := slices.IndexFunc(set.Files, func(f engine.FileChange) bool { return f.Path == path })
	return string(set.Files[i].Base)
}

// occupied: what would replace a file that is there is a conflict, and the file stays as it is.
func (ed editor) occupied(t *testing.T, d *daemon) {
	t.Helper()
	before := d.readFile("b.go")
	for _, f := range []engine.FileChange{
		{Path: "b.go", Op: engine.OpCreate, After: []byte("package other\n")},
		{Path: "b.go", From: "new/c.go", Op: engine.OpRename, Base: []byte("package c\n"), After: []byte("package c\n")},
	} {
		_, err := d.deliver(t, engine.ChangeSet{Label: "T1: onto a file", Files: []engine.FileChange{f}})
		var conflict *engine.ConflictError
		if !errors.As(err, &conflict) {
			t.Errorf("%s onto a file that is there: %v", f.Op, err)
		}
	}
	if d.readFile("b.go") != before || d.readFile("new/c.go") != "package c\n" {
		t.Error("a file was replaced")
	}
}

// previewing is VS Code, whose person takes those hunks that take chooses.
func previewing(t *testing.T, take func(n int) bool, seen *protocol.WorkspaceEdit) lsptest.Option {
	t.Helper()
	ed := editors[0]
	ed.apply = nil
	be := ed.be(t, &conduct{})
	return func(e *lsptest.Env, cfg *client.Config) {
		be(e, cfg)
		cfg.Hooks.Asked = nil
		cfg.Hooks.ApplyEdit = func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
			*seen = p.Edit
			return lsptest.Hunks(take)(ctx, c, p)
		}
	}
}

// What a person takes in a preview is what was delivered.
func TestPreview(t *testing.T) {
	t.Parallel()
	always := func(o *lsp.Options) { hasty(o); o.Preview = lsp.PreviewAlways }
	for name, tc := range map[string]struct {
		take   func(n int) bool
		asked  bool
		change lsptest.Change
		want   []string // of the changes; nil: declined
		note   string
	}{
		"all":      {take: func(int) bool { return true }, change: always, want: []string{"+= 2", "edited"}},
		"the last": {take: func(n int) bool { return n == 1 }, change: always, want: []string{"edited"}, note: "of the 2 changes of a.go 1 were taken in the preview; not those at line 11"},
		"none":     {take: func(int) bool { return false }, change: always},
		"asked":    {take: func(n int) bool { return n == 0 }, asked: true, change: hasty, want: []string{"+= 2"}, note: "not those at line 15"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, everything, func(t *testing.T, d *daemon) {
				var edit protocol.WorkspaceEdit
				e := d.open(previewing(t, tc.take, &edit))
				must(t, e.Open(t.Context(), "a.go"))
				settle(t, e)
				set := everyKind(t, d)
				set.Asked = tc.asked
				got, err := d.deliver(t, set)
				a := edit.ChangeAnnotations["slop"]
				if a.NeedsConfirmation == nil || !*a.NeedsConfirmation || a.Label != set.Label || a.Description == nil || !strings.Contains(*a.Description, "new/c.go") {
					t.Errorf("the annotation is %+v", a)
				}
				now := mustText(t, e, "a.go")
				for _, piece := range []string{"+= 2", "edited"} {
					if strings.Contains(now, piece) != slices.Contains(tc.want, piece) {
						t.Errorf("the buffer holds:\n%s", now)
					}
				}
				if tc.want == nil {
					var declined *engine.DeclinedError
					if !errors.As(err, &declined) {
						t.Errorf("got %v", err)
					}
					if d.readFile("b.go") != string(set.Files[1].Base) {
						t.Error("the disk was written although the change was declined")
					}
					return
				}
				must(t, err)
				f := got.Files[0]
				if f.Partly != (len(tc.want) < 2) || f.Added != len(tc.want) || f.Hash != engine.ContentHash([]byte(now)) || !strings.Contains(got.Note, tc.note) {
					t.Errorf("reported %+v, note %q", f, got.Note)
				}
				if d.readFile("new/c.go") != "package c\n" {
					t.Error("the disk was not written")
				}
				if tc.note != "" {
					e.Await(lsptest.Message(tc.note))
				}
			}, tc.change)
		})
	}
}

// A file that is closed while the preview is open is not there to be taken: it is written to the disk, as any other.
func TestPreviewOfAFileThatIsClosed(t *testing.T) {
	t.Parallel()
	modes(t, everything, func(t *testing.T, d *daemon) {
		var edit protocol.WorkspaceEdit
		e := d.open(previewing(t, func(int) bool { return true }, &edit), editing(
			func(ctx context.Context, c *client.Client, _ protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
				return protocol.ApplyWorkspaceEditResult{Applied: true}, c.CloseBuffer(ctx, "a.go")
			}))
		must(t, e.Open(t.Context(), "a.go"))
		settle(t, e)
		set := everyKind(t, d)
		_, err := d.deliver(t, set)
		must(t, err)
		if got := d.readFile("a.go"); got != string(set.Files[0].After) {
			t.Errorf("the disk holds:\n%s", got)
		}
	}, func(o *lsp.Options) { hasty(o); o.Preview = lsp.PreviewAlways })
}
