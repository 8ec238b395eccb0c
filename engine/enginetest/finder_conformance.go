package enginetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
)

// FinderConformance is what every engine.Finder must do. open makes one over files.
func FinderConformance(t *testing.T, open func(t *testing.T, files *Files) engine.Finder) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *finderKit)
	}{
		{"declarations", findsDeclarations},
		{"uses", findsUses},
		{"drafts", findsInDrafts},
		{"changes", findsChanges},
		{"bounds", boundsFinds},
		{"cancelled", cancelsFinds},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := &finderKit{files: NewFiles(map[string]string{
				"lex/lex.go":   "package lex\n\ntype Lexer struct{}\n\n// Next is the next token.\nfunc (l *Lexer) Next() int {\n\treturn scan()\n}\n\nfunc scan() int { return 1 }\n",
				"parse/p.go":   "package parse\n\nfunc Parse(l Lexer) int {\n\t// scan is not called here\n\treturn l.Next()\n}\n",
				"notes.txt":    "scan Lexer Next\n",
				"parse/two.go": "package parse\n\ntype Next struct{}\n",
			})}
			k.finder = open(t, k.files)
			draft, release, err := (&Workbench{Files: k.files}).Draft(t.Context(), engine.Run{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(release)
			k.draft = draft
			c.test(t, k)
		})
	}
}

type finderKit struct {
	files  *Files
	finder engine.Finder
	draft  engine.Draft
}

func (k *finderKit) wantSymbols(t *testing.T, name string, want ...string) {
	t.Helper()
	found, err := k.finder.Symbols(t.Context(), k.draft, engine.FindQuery{Name: name, Max: 10})
	wantMentions(t, "symbols "+name, found, err, want)
}

func (k *finderKit) wantUses(t *testing.T, name string, want ...string) {
	t.Helper()
	found, err := k.finder.References(t.Context(), k.draft, engine.FindQuery{Name: name, Max: 10})
	wantMentions(t, "uses of "+name, found, err, want)
}

func wantMentions(t *testing.T, what string, found engine.Found, err error, want []string) {
	t.Helper()
	var got []string
	for _, m := range found.Mentions {
		kind := "uses"
		if m.Declares {
			kind = m.Kind + " " + m.Symbol
		}
		got = append(got, fmt.Sprintf("%s:%d %s", m.Path, m.Line, kind))
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%s (-want +got): %s%v", what, diff, err)
	}
}

func findsDeclarations(t *testing.T, k *finderKit) {
	k.wantSymbols(t, "Lexer.Next", "lex/lex.go:6 method Lexer.Next")
	k.wantSymbols(t, "scan", "lex/lex.go:10 function scan")
	found, err := k.finder.Symbols(t.Context(), k.draft, engine.FindQuery{Name: "Lexer", Max: 10, Match: func(p string) bool { return strings.HasPrefix(p, "parse/") }})
	wantMentions(t, "Lexer in parse/", found, err, nil)
	found, err = k.finder.Symbols(t.Context(), k.draft, engine.FindQuery{Name: "Parze", Max: 10})
	wantMentions(t, "Parze", found, err, nil)
	if diff := cmp.Diff([]string{"Parse"}, found.Nearest); diff != "" {
		t.Errorf("nearest to Parze (-want +got): %s", diff)
	}
	found, err = k.finder.Symbols(t.Context(), k.draft, engine.FindQuery{Name: "scan", Max: 10})
	if err != nil || found.Mentions[0].Text != "func scan() int { return 1 }" {
		t.Errorf("the line is %+v, %v", found, err)
	}
}

func findsUses(t *testing.T, k *finderKit) {
	k.wantUses(t, "scan", "lex/lex.go:7 uses", "lex/lex.go:10 function scan")
	k.wantUses(t, "Lexer.Next", "lex/lex.go:6 method Lexer.Next", "parse/p.go:5 uses")
	k.wantUses(t, "nowhere")
}

func findsInDrafts(t *testing.T, k *finderKit) {
	ctx := t.Context()
	for _, err := range []error{
		k.draft.Write(ctx, "new.go", []byte("package p\n\nfunc Fresh() { scan() }\n")),
		k.draft.Delete(ctx, "parse/p.go"),
		k.draft.Rename(ctx, "lex/lex.go", "lex/moved.go"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	k.wantSymbols(t, "Fresh", "new.go:3 function Fresh")
	k.wantSymbols(t, "Parse")
	k.wantUses(t, "scan", "lex/moved.go:7 uses", "lex/moved.go:10 function scan", "new.go:3 uses")
}

func findsChanges(t *testing.T, k *finderKit) {
	k.wantSymbols(t, "scan", "lex/lex.go:10 function scan")
	k.files.Put("lex/lex.go", "package lex\n\nfunc later() {}\n")
	k.files.Remove("parse/two.go")
	k.files.Put("more.go", "package more\n\nfunc scan() {}\n")
	k.wantSymbols(t, "scan", "more.go:3 function scan")
	k.wantSymbols(t, "later", "lex/lex.go:3 function later")
	k.wantSymbols(t, "Next")
}

func boundsFinds(t *testing.T, k *finderKit) {
	for i := range 20 {
		k.files.Put(fmt.Sprintf("f%02d.go", i), "package p\n\nfunc many() {}\n")
	}
	for name, find := range map[string]func(context.Context, engine.Draft, engine.FindQuery) (engine.Found, error){
		"symbols": k.finder.Symbols, "uses": k.finder.References,
	} {
		found, err := find(t.Context(), k.draft, engine.FindQuery{Name: "many", Max: 5})
		if err != nil || len(found.Mentions) != 5 || !found.More {
			t.Errorf("%s: %d, more: %t, %v", name, len(found.Mentions), found.More, err)
		}
		found, err = find(t.Context(), k.draft, engine.FindQuery{Name: "many", Max: 20})
		if err != nil || len(found.Mentions) != 20 || found.More {
			t.Errorf("%s: %d, more: %t, %v", name, len(found.Mentions), found.More, err)
		}
	}
}

func cancelsFinds(t *testing.T, k *finderKit) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("killed by a person")
	cancel(stop)
	if _, err := k.finder.Symbols(ctx, k.draft, engine.FindQuery{Name: "scan", Max: 1}); !errors.Is(err, stop) {
		t.Errorf("a cancelled search gave %v", err)
	}
	if _, err := k.finder.References(ctx, k.draft, engine.FindQuery{Name: "scan", Max: 1}); !errors.Is(err, stop) {
		t.Errorf("a cancelled search gave %v", err)
	}
}
