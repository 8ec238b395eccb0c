package lsp_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/jsonrpc2"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// saving is a client that takes slop/save, and formats what it saves.
func saving(asked *[]string, format func(string) string) lsptest.Option {
	return func(e *lsptest.Env, cfg *client.Config) {
		cfg.Experimental = map[string]any{"slop": wire.Capabilities{Save: true}}
		cfg.Hooks.Custom = func(ctx context.Context, method string, params json.RawMessage) (any, error) {
			var args wire.SaveArgs
			if err := json.Unmarshal(params, &args); method != wire.SaveMethod || err != nil {
				return nil, jsonrpc2.ErrMethodNotFound
			}
			for _, path := range []string{"a.go", "b.go"} {
				if !strings.Contains(strings.Join(args.URIs, " "), "/"+path) {
					continue
				}
				*asked = append(*asked, path)
				content, _, _ := e.Text(path)
				if err := e.SetText(ctx, path, format(content)); err != nil {
					return nil, err
				}
				if err := e.Save(ctx, path); err != nil {
					return nil, err
				}
			}
			return nil, nil
		}
	}
}

// A file that was as the disk has it is saved after its edit, by the editor; one that was not stays unsaved. What a
// formatter makes of it is what was delivered.
func TestSavedWhatWasClean(t *testing.T) {
	t.Parallel()
	spaces := func(s string) string { return strings.ReplaceAll(s, "\t", "    ") }
	modes(t, sample, func(t *testing.T, d *daemon) {
		var asked []string
		e := d.open(saving(&asked, spaces))
		must(t, e.Open(t.Context(), "a.go"))
		must(t, e.Open(t.Context(), "b.go"))
		must(t, e.Edit(t.Context(), "b.go", text.Edit{New: typed}))
		settle(t, e)
		got, err := d.deliver(t, d.both(t))
		must(t, err)
		if diff := cmp.Diff([]string{"a.go"}, asked); diff != "" {
			t.Error(diff)
		}
		a, b := mustText(t, e, "a.go"), mustText(t, e, "b.go")
		if d.readFile("a.go") != a || !strings.Contains(a, "    l.pos += 2") {
			t.Errorf("a.go is not on the disk as it is shown:\n%s", d.readFile("a.go"))
		}
		if strings.Contains(d.readFile("b.go"), typed) || !strings.Contains(b, `"B"`) {
			t.Error("what the person had not saved was saved")
		}
		if f := got.Files[0]; !f.Reshaped || f.Hash != engine.ContentHash([]byte(a)) {
			t.Errorf("reported %+v", f)
		}
	})
}

func TestSaveNever(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		var asked []string
		e := d.open(saving(&asked, same))
		must(t, e.Open(t.Context(), "a.go"))
		settle(t, e)
		_, err := d.deliver(t, d.both(t))
		must(t, err)
		if len(asked) != 0 || strings.Contains(d.readFile("a.go"), "+= 2") {
			t.Errorf("%v was saved", asked)
		}
	}, func(o *lsp.Options) { o.Save = lsp.SaveNever })
}

// An editor that says that it saved, and did not, is not believed; the edit itself has arrived.
func TestSaveThatIsNone(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithConfig(func(cfg *client.Config) {
			cfg.Experimental = map[string]any{"slop": wire.Capabilities{Save: true}}
			cfg.Hooks.Custom = func(context.Context, string, json.RawMessage) (any, error) { return nil, nil }
		}))
		must(t, e.Open(t.Context(), "a.go"))
		settle(t, e)
		got, err := d.deliver(t, d.both(t))
		must(t, err)
		if got.Files[0].Hash != engine.ContentHash([]byte(mustText(t, e, "a.go"))) {
			t.Errorf("reported %+v", got.Files[0])
		}
		if !strings.Contains(got.Note, "a.go was not saved") {
			t.Errorf("the note is %q", got.Note)
		}
	}, hasty)
}
