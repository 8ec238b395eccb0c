package treesitter_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/treesitter"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// memFiles is a workspace in memory.
type memFiles map[string][]byte

func (m memFiles) Read(_ context.Context, p string) (engine.File, error) {
	data, ok := m[p]
	if !ok {
		return engine.File{}, fmt.Errorf("%s: %w", p, fs.ErrNotExist)
	}
	return engine.File{Path: p, Data: bytes.Clone(data)}, nil
}

func (m memFiles) List(_ context.Context, dir string, _ bool) ([]engine.Entry, error) {
	var list []engine.Entry
	for p, data := range m {
		if path.Dir(p) == dir {
			list = append(list, engine.Entry{Path: p, Size: int64(len(data))})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Path < list[j].Path })
	return list, nil
}

// TestGolden runs the commands in the comment of each archive over its files. A command's outcome is the archive's
// file of the same name. Commands: `skeleton FILE`, `curated FILE`, `targeted FILE SYMBOL…`, `outline FILE`.
func TestGolden(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/golden/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			if base := filepath.Base(name); !treesitter.HasTrees && base != "go.txtar" && base != "lines.txtar" {
				t.Skip("built without cgo")
			}
			golden(t, name)
		})
	}
}

func golden(t *testing.T, name string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	files, want := split(archive)
	viewer := treesitter.New(treesitter.Options{})
	defer viewer.Close()
	commands := strings.Fields(strings.ReplaceAll(strings.TrimSpace(string(archive.Comment)), " ", "\x00"))
	for _, c := range commands {
		c = strings.ReplaceAll(c, "\x00", " ")
		got := run(t, viewer, files, strings.Fields(c))
		if *update {
			want[c] = got
		} else if diff := cmp.Diff(want[c], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c, diff)
		}
	}
	if *update {
		rewrite(t, name, archive, commands, want)
	}
}

// split tells the inputs of an archive from the wanted outcomes, whose names have a space.
func split(a *txtar.Archive) (memFiles, map[string]string) {
	files, want := memFiles{}, map[string]string{}
	for _, f := range a.Files {
		if strings.Contains(f.Name, " ") {
			want[f.Name] = string(f.Data)
		} else {
			files[f.Name] = f.Data
		}
	}
	return files, want
}

func rewrite(t *testing.T, name string, a *txtar.Archive, commands []string, want map[string]string) {
	out := &txtar.Archive{Comment: a.Comment}
	for _, f := range a.Files {
		if !strings.Contains(f.Name, " ") {
			out.Files = append(out.Files, f)
		}
	}
	for _, c := range commands {
		c = strings.ReplaceAll(c, "\x00", " ")
		out.Files = append(out.Files, txtar.File{Name: c, Data: []byte(want[c])})
	}
	if err := os.WriteFile(name, txtar.Format(out), 0o644); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, v *treesitter.Viewer, files memFiles, args []string) string {
	if args[0] == "outline" {
		return outline(t, v, args[1], files[args[1]])
	}
	view, err := v.View(t.Context(), files, engine.ViewRequest{Path: args[1], Kind: engine.ViewKind(args[0]), Symbols: args[2:]})
	var unknown *engine.SymbolError
	if errors.As(err, &unknown) {
		return "error: " + err.Error() + "\n"
	}
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, n := range view.Notes {
		b.WriteString("note: " + n + "\n")
	}
	b.WriteString(view.Text)
	if !strings.HasSuffix(view.Text, "\n") {
		b.WriteString("(no newline)\n")
	}
	return b.String()
}

func outline(t *testing.T, v *treesitter.Viewer, p string, src []byte) string {
	o, err := v.Outline(t.Context(), p, src)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s fallback=%t\n", o.Language, o.Fallback)
	line := func(offset int) int { return bytes.Count(src[:offset], []byte("\n")) + 1 }
	for _, s := range o.Symbols {
		if string(src[s.NameStart:s.NameEnd]) != s.Name && !strings.Contains(string(src[s.NameStart:s.NameEnd]), s.Name) {
			t.Errorf("%s: name span of %s is %q", p, s.Name, src[s.NameStart:s.NameEnd])
		}
		fmt.Fprintf(&b, "%d-%d %s %s | %s\n", line(s.Start), line(max(s.Start, s.End-1)), s.Kind, s.Path, s.Signature)
	}
	return b.String()
}
