package lsp_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
)

// hasty makes edits that never come fail soon, and clients that never answer too.
func hasty(o *lsp.Options) { o.Settle, o.Answer = 400*time.Millisecond, 400*time.Millisecond }

// twoPlaces changes a.go in two places far apart.
func twoPlaces(t *testing.T, d *daemon) engine.ChangeSet {
	t.Helper()
	f := d.replacement(t.Context(), "a.go", "l.pos++", "l.pos += 2")
	f.After = []byte(strings.Replace(string(f.After), `println("plain")`, `println("edited")`, 1))
	return engine.ChangeSet{Label: "T1: two places", Files: []engine.FileChange{f}}
}

// unversioned is a client that takes no versions.
func unversioned(cfg *client.Config) {
	cfg.Initialize = []byte(`{"processId":null,"clientInfo":{"name":"plain"},"rootUri":"file://` + cfg.Root +
		`","capabilities":{"workspace":{"applyEdit":true}}}`)
}

const typed = "// typed by the person\n"

// What a client does with an edit, whatever it says, comes to one of two ends: all of it is there once, beside what the
// person typed, and is reported as delivered; or nothing of it is there, and that is an error.
func TestMisbehaviour(t *testing.T) {
	t.Parallel()
	first := func(n int) bool { return n == 0 }
	spaces := func(s string) string { return strings.ReplaceAll(s, "\t", "    ") }
	undo := func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
		before, _, _ := c.Text("a.go")
		c.Apply(ctx, p.Edit)
		return protocol.ApplyWorkspaceEditResult{Applied: true}, c.SetText(ctx, "a.go", before)
	}
	typeOver := func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
		result := c.Apply(ctx, p.Edit)
		now, _, _ := c.Text("a.go")
		return result, c.SetText(ctx, "a.go", strings.Replace(now, "+= 2", "+= 3", 1))
	}
	for name, tc := range map[string]struct {
		apply lsptest.ApplyEdit
		again func() lsptest.ApplyEdit // in place of apply, where it counts
		plain bool                     // the client takes no versions
		want  func(string) string      // of the text that all of the edit makes; nil: an error, and nothing of it
		part  string                   // of the error
	}{
		"says that it applied what it dropped":  {apply: lsptest.LieApplied, part: "did not change within"},
		"refuses":                               {apply: lsptest.Refuse, part: "the person said no"},
		"answers with an error":                 {apply: lsptest.Fail, part: "the editor answered with error"},
		"neither applies nor answers":           {apply: lsptest.Hang, part: "it did not answer within"},
		"never applies one hunk":                {apply: without("edited"), part: "did not change within"},
		"applies the first hunk only":           {apply: lsptest.Hunks(first), want: same},
		"takes it back at once":                 {apply: undo, part: "did not change within"},
		"applies and never answers":             {apply: lsptest.Mute, want: same},
		"drops a stale edit and says otherwise": {again: func() lsptest.ApplyEdit { return lsptest.Typing(typed, lsptest.Times(1), lsptest.IgnoreStale) }, want: withTyped(1)},
		"is typed into again and again":         {again: func() lsptest.ApplyEdit { return lsptest.Typing(typed, lsptest.Times(3), lsptest.IgnoreStale) }, want: withTyped(3)},
		"fails on a stale edit":                 {again: func() lsptest.ApplyEdit { return lsptest.Typing(typed, lsptest.Times(2), lsptest.FailStale) }, want: withTyped(2)},
		"refuses a stale edit":                  {again: func() lsptest.ApplyEdit { return lsptest.Typing(typed, lsptest.Times(1), lsptest.Apply) }, want: withTyped(1)},
		"applies a stale edit":                  {again: func() lsptest.ApplyEdit { return lsptest.Typing(typed, lsptest.Times(1), lsptest.ApplyStale) }, want: withTyped(1)},
		"applies a stale edit, of no version":   {again: func() lsptest.ApplyEdit { return lsptest.Typing(typed, lsptest.Times(1), lsptest.ApplyStale) }, plain: true, want: withTyped(1)},
		"loses a hunk once":                     {again: func() lsptest.ApplyEdit { return once(lsptest.Hunks(first)) }, want: same},
		"loses a hunk once, of no version":      {again: func() lsptest.ApplyEdit { return once(lsptest.Hunks(first)) }, plain: true, want: same},
		"is typed over":                         {apply: typeOver, want: func(s string) string { return strings.Replace(s, "+= 2", "+= 3", 1) }},
		"formats and saves":                     {apply: lsptest.Formatting(spaces), want: spaces},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, sample, func(t *testing.T, d *daemon) {
				apply := tc.apply
				if tc.again != nil {
					apply = tc.again()
				}
				options := []lsptest.Option{editing(apply)}
				if tc.plain {
					options = append(options, lsptest.WithConfig(unversioned))
				}
				e := d.open(options...)
				must(t, e.Open(t.Context(), "a.go"))
				settle(t, e)
				set := twoPlaces(t, d)
				got, err := d.deliver(t, set)
				now := mustText(t, e, "a.go")
				if tc.want == nil {
					var failed *lsp.DeliveryError
					if !errors.As(err, &failed) || !errors.Is(err, engine.ErrUndelivered) || !strings.Contains(err.Error(), tc.part) {
						t.Errorf("got %v, want %q", err, tc.part)
					}
					if diff := cmp.Diff(string(set.Files[0].Base), now); diff != "" {
						t.Errorf("something of it is left (-want +got):\n%s", diff)
					}
					return
				}
				must(t, err)
				if diff := cmp.Diff(tc.want(string(set.Files[0].After)), now); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if got.Files[0].Hash != engine.ContentHash([]byte(now)) {
					t.Errorf("what is reported is not what is there: %+v", got.Files[0])
				}
			}, hasty)
		})
	}
}

// without never applies the hunks that bring a word.
func without(word string) lsptest.ApplyEdit {
	return func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
		e, ok := p.Edit.DocumentChanges[0].(*protocol.TextDocumentEdit)
		edits := e.Edits
		_, err := lsptest.Hunks(func(n int) bool {
			plain, is := edits[n].(*protocol.TextEdit)
			return ok && is && !strings.Contains(plain.NewText, word)
		})(ctx, c, p)
		return protocol.ApplyWorkspaceEditResult{Applied: true}, err
	}
}

func same(s string) string { return s }

func withTyped(n int) func(string) string {
	return func(s string) string { return strings.Repeat(typed, n) + s }
}

// once misbehaves the first time.
func once(bad lsptest.ApplyEdit) lsptest.ApplyEdit {
	more := lsptest.Times(1)
	return func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
		if more() {
			return bad(ctx, c, p)
		}
		return c.Apply(ctx, p.Edit), nil
	}
}

// A client lays an edit where its lines were, and the file is closed before that could be mended: what the disk has then is
// mended, and nothing is delivered on top of it.
func TestStrayEditIsClosed(t *testing.T) {
	t.Parallel()
	save := func(ctx context.Context, c *client.Client) error { return c.Save(ctx, "a.go") }
	typeMore := func(ctx context.Context, c *client.Client) error {
		return c.Edit(ctx, "a.go", text.Edit{New: "// not saved\n"})
	}
	for name, tc := range map[string]struct {
		before []func(context.Context, *client.Client) error // it is closed
		want   func(string) string
	}{
		"saved":                   {before: []func(context.Context, *client.Client) error{save}, want: withTyped(1)},
		"saved, then typed into":  {before: []func(context.Context, *client.Client) error{save, typeMore}, want: withTyped(1)},
		"dropped with what it is": {want: same},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, sample, func(t *testing.T, d *daemon) {
				stray, open := lsptest.Typing(typed, lsptest.Times(1), lsptest.ApplyStale), lsptest.Times(1)
				closed := make(chan struct{})
				e := d.open(editing(func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
					if !open() {
						<-closed
						return lsptest.Fail(ctx, c, p)
					}
					defer close(closed)
					result, err := stray(ctx, c, p)
					for _, do := range tc.before {
						err = errors.Join(err, do(ctx, c))
					}
					return result, errors.Join(err, c.CloseBuffer(ctx, "a.go"))
				}))
				must(t, e.Open(t.Context(), "a.go"))
				settle(t, e)
				set := twoPlaces(t, d)
				_, err := d.deliver(t, set)
				must(t, err)
				if diff := cmp.Diff(tc.want(string(set.Files[0].After)), d.readFile("a.go")); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}, hasty)
		})
	}
}

// The person changes the very lines of the edit: that is a conflict, and their text stays.
func TestTypingOnTheSameLine(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(editing(func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
			now, _, _ := c.Text("a.go")
			if err := c.SetText(ctx, "a.go", strings.Replace(now, "l.pos++", "l.pos = 7", 1)); err != nil {
				return protocol.ApplyWorkspaceEditResult{}, err
			}
			return c.Apply(ctx, p.Edit), nil
		}))
		must(t, e.Open(t.Context(), "a.go"))
		settle(t, e)
		_, err := d.deliver(t, twoPlaces(t, d))
		var conflict *engine.ConflictError
		if !errors.As(err, &conflict) {
			t.Errorf("got %v", err)
		}
		if now := mustText(t, e, "a.go"); !strings.Contains(now, "l.pos = 7") || strings.Contains(now, "edited") {
			t.Errorf("the buffer holds:\n%s", now)
		}
	}, hasty)
}

// An edit that comes after the answer to it is waited for; one that comes after it was given up was never reported as
// delivered.
func TestEditComesLate(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		gate := make(chan struct{})
		e := d.open(editing(lsptest.Later(gate, lsptest.Apply)))
		must(t, e.Open(t.Context(), "a.go"))
		settle(t, e)
		set := twoPlaces(t, d)
		time.AfterFunc(20*time.Millisecond, func() { close(gate) })
		_, err := d.deliver(t, set)
		must(t, err)
		if now := mustText(t, e, "a.go"); now != string(set.Files[0].After) {
			t.Errorf("the buffer holds:\n%s", now)
		}
	})
}

// With a formatter, delivering what is there already is still nothing: a daemon that died after a delivery delivers it
// once more.
func TestDeliverAgainAfterFormatting(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(editing(lsptest.Formatting(func(s string) string { return strings.ReplaceAll(s, "\t", "  ") })))
		must(t, e.Open(t.Context(), "a.go"))
		settle(t, e)
		set := twoPlaces(t, d)
		for range 2 {
			_, err := d.deliver(t, set)
			must(t, err)
		}
		if now := mustText(t, e, "a.go"); strings.Count(now, "+= 2") != 1 || strings.Contains(now, "\t") {
			t.Errorf("the buffer holds:\n%s", now)
		}
	})
}
