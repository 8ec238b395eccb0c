package lsp_test

import (
	"strings"
	"testing"

	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// sides asks for the files of a diff and for the texts of both sides of each.
func (r *reader) sides(t *testing.T, args wire.DiffFilesArgs) (files []wire.DiffFile, texts []string) {
	t.Helper()
	must(t, r.e.Command(t.Context(), wire.DiffFiles, args, &files))
	for _, f := range files {
		for _, u := range []string{f.Before, f.After} {
			if strings.HasPrefix(u, "file:") {
				texts = append(texts, "the file")
				continue
			}
			must(t, r.ask(t.Context(), uri.URI(u)))
			texts = append(texts, r.text(uri.URI(u)))
		}
	}
	return files, texts
}

// TestSidesOfADiff: what a ticket delivered, what its undo would change and what a track changed, as documents for an
// editor's own diff view; the editor need not have announced that it asks for the text of such.
func TestSidesOfADiff(t *testing.T) {
	t.Parallel()
	modes(t, undoable, func(t *testing.T, d *daemon) {
		r := &reader{texts: map[uri.URI]string{}, asks: map[uri.URI]int{}}
		r.e = d.open(lsptest.WithConfig(trusting), lsptest.WithResponder(lsptest.Choose("Approve")))
		d.worker.on("T1", d.several)
		runMain(t, d, r.e)
		track := string(r.e.URI(mainTrack + ".track.yaml"))
		one := wire.DiffFilesArgs{URI: track, ID: "T1"}
		files, texts := r.sides(t, one)
		var named []string
		for _, f := range files {
			named = append(named, f.Op+" "+f.From+">"+f.Path)
		}
		if got := strings.Join(named, ", "); !strings.Contains(got, "modify >a.go") || !strings.Contains(got, "create >new/c.go") {
			t.Errorf("the files: %s", got)
		}
		for i, f := range files {
			before, after := texts[2*i], texts[2*i+1]
			switch {
			case before == after && f.Op != string(engine.OpRename):
				t.Errorf("both sides of %s are %q", f.Path, before)
			case f.Op == string(engine.OpCreate) && (before != "" || after != d.readFile(f.Path)):
				t.Errorf("the new file %s: %q and %q", f.Path, before, after)
			case f.Op == string(engine.OpModify) && after != d.readFile(f.Path):
				t.Errorf("%s is delivered as %q", f.Path, after)
			}
		}
		undone := one
		undone.Undo = true
		if back, its := r.sides(t, undone); len(back) == 0 || its[0] != texts[1] || its[1] != texts[0] {
			t.Errorf("an undo of %s: %q", files[0].Path, its)
		}
		whole, its := r.sides(t, wire.DiffFilesArgs{URI: track})
		if len(whole) == 0 || whole[0].After != string(r.e.URI("a.go")) || its[0] != texts[0] {
			t.Errorf("of the whole track: %+v", whole)
		}
		must(t, undo(r.e, "T1"))
		if gone, _ := r.sides(t, one); len(gone) != 0 {
			t.Errorf("after the undo: %+v", gone)
		}
		for _, u := range []uri.URI{uri.URI(files[0].Before), uri.URI(strings.Replace(files[0].Before, "/diff/", "/undo/", 1))} {
			if err := r.ask(t.Context(), u); err != nil || r.text(u) != "" {
				t.Errorf("a side of what was undone, %s: %q, %v", u, r.text(u), err)
			}
		}
	})
}

func TestSidesThatAreNone(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		r := &reader{texts: map[uri.URI]string{}, asks: map[uri.URI]int{}}
		r.e = d.open()
		track := string(r.e.URI(mainTrack + ".track.yaml"))
		for want, args := range map[string]wire.DiffFilesArgs{
			`"approval" stands alone`:  {Approval: "A1", ID: "T1"},
			"there is no approval A99": {Approval: "A99"},
			`"id" must name it`:        {URI: track, Undo: true},
			"there is no track":        {URI: track, ID: "T9"},
			"the uri is empty":         {},
		} {
			if err := r.e.Command(t.Context(), wire.DiffFiles, args, nil); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %v", args, err)
			}
		}
		for _, u := range []uri.URI{"slop-ls:/before", "slop-ls:/before/diff/a/T1", "slop-ls:/after/plan/a/b.go", "slop-ls:/after/diff/~x/T1/a.go", "slop-ls:/after/diff/a/T1/a.go"} {
			if err := r.ask(t.Context(), u); err == nil {
				t.Errorf("%s was given: %q", u, r.text(u))
			}
		}
	})
}
