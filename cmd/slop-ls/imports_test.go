package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
)

const module = "github.com/slop-ls/slop-ls"

// rooms are the packages that may exist, by what they are in the house. A package that is in none of them has no rule
// that it could break, so it must get its row first.
var rooms = map[string][]string{
	"product": {"cmd/slop-ls"},
	"domain":  {"engine"},
	"leaf":    {"engine/text", "engine/trackfile", "engine/catalog", "engine/scripted", "lsp/wire", "lsp/frame"},
	"form":    {"engine/text/patch"},
	"line":    {"engine/lease"},
	"adapter": {
		"engine/config", "engine/policy", "engine/workspace", "engine/tool", "engine/tool/mcp", "engine/openai", "store", "treesitter", "lsp",
	},
	"planning": {"engine/planning", "engine/prompts"},
	"foreign":  {"engine/trackfile/foreign"},
	"page":     {"engine/page"},
	"wire":     {"lsp/attach", "lsp/client", "lsp/rpc"},
	"told":     {"lsp/document", "lsp/receipt", "lsp/trackdoc", "lsp/traits"},
	"test":     {"engine/enginetest", "engine/leaftest", "engine/tool/mcp/mcptest", "lsp/lsptest", "lsp/rpc/rpctest"},
	"editor":   {"editors/..."},
}

// ban is one line of what may never be imported directly, and why. Own packages are written without the module;
// "name/..." is name and everything below it; a room's name in <> stands for its packages; "own" is every package of
// ours and "library" every module of others.
type ban struct {
	who, what string
	but       []string // of who or of what, the exceptions
	why       string
	breaks    [2]string // an edge that this ban must refuse: the checker is tested with it
}

var bans = []ban{
	{
		who: "engine", what: "own", but: []string{"<leaf>", "<form>", "<line>"},
		why:    "the domain declares the ports that it needs; if it knew an adapter, no fake could stand in for it",
		breaks: [2]string{"engine", "store"},
	},
	{
		who: "engine", what: "library",
		why:    "the domain must not move when a library does",
		breaks: [2]string{"engine", "github.com/cenkalti/backoff/v5"},
	},
	{
		who: "engine", what: "os/...",
		why:    "files and processes come through Files, Applier and Workbench, so that a draft cannot be gone round",
		breaks: [2]string{"engine", "os/exec"},
	},
	{
		who: "engine", what: "net/...",
		why:    "models come through Provider; a test of the domain needs no network",
		breaks: [2]string{"engine", "net/http"},
	},
	{
		who: "engine", what: "path/filepath",
		why:    "a path of the domain is slash-separated and workspace-relative on every system",
		breaks: [2]string{"engine", "path/filepath"},
	},
	{
		who: "<leaf>", what: "own",
		why:    "a leaf is usable, testable and fuzzable by itself",
		breaks: [2]string{"engine/text", "engine"},
	},
	{
		who: "<form>", what: "own", but: []string{"engine/text"},
		why:    "it is a leaf on a leaf: what a model's edit comes to is worked out without files and without the engine",
		breaks: [2]string{"engine/text/patch", "engine"},
	},
	{
		who: "<line>", what: "own", but: []string{"engine/trackfile"},
		why:    "it is a leaf on a leaf: who waits for whom is worked out without tickets, and tested against the plain rule",
		breaks: [2]string{"engine/lease", "engine"},
	},
	{
		who: "<adapter>", what: "<adapter>",
		why:    "one dependency an adapter: two that know each other are one that cannot be replaced. They meet in cmd",
		breaks: [2]string{"store", "engine/config"},
	},
	{
		who: "<adapter>", what: "engine/page", but: []string{"lsp"},
		why:    "pages are for who shows something to people: cmd and lsp",
		breaks: [2]string{"store", "engine/page"},
	},
	{
		who: "lsp/...", what: "<adapter>", but: []string{"lsp"},
		why:    "editors are views: the server sees store, views, models and files as the interfaces of engine",
		breaks: [2]string{"lsp/client", "store"},
	},
	{
		who: "<foreign>", what: "own", but: []string{"engine/trackfile"},
		why:    "other programs' plans become documents, and know nothing of what is done with these",
		breaks: [2]string{"engine/trackfile/foreign", "engine"},
	},
	{
		who: "engine/prompts", what: "own", but: []string{"<leaf>"},
		why:    "what a model is told is text with fields: it needs neither the domain nor where files are",
		breaks: [2]string{"engine/prompts", "engine"},
	},
	{
		who: "engine/planning", what: "own", but: []string{"engine", "engine/prompts", "<leaf>"},
		why:    "planning sees models, files and prompts as the interfaces of engine, so that every face can do it",
		breaks: [2]string{"engine/planning", "engine/workspace"},
	},
	{
		who: "<planning>", what: "os/...",
		why:    "files come through Files and through the layers of prompts",
		breaks: [2]string{"engine/planning", "os"},
	},
	{
		who: "engine/page", what: "own", but: []string{"engine", "<leaf>"},
		why:    "a page is a pure function of a snapshot",
		breaks: [2]string{"engine/page", "engine/workspace"},
	},
	{
		who: "engine/...", what: "lsp/...",
		why:    "what goes over the wire is the face's: the domain and its adapters must not move when the protocol does",
		breaks: [2]string{"engine/page", "lsp/wire"},
	},
	{
		who: "engine/page", what: "os/...",
		why:    "a page is a pure function of a snapshot",
		breaks: [2]string{"engine/page", "os"},
	},
	{
		who: "own", what: "cmd/...",
		why:    "wiring happens in one place, and nothing depends on it",
		breaks: [2]string{"store", "cmd/slop-ls"},
	},
	{
		who: "own", what: "go.lsp.dev/...", but: []string{"lsp/..."},
		why:    "positions, URIs and the protocol's types stop at the wire",
		breaks: [2]string{"engine/page", "go.lsp.dev/uri"},
	},
	{
		who: "own", what: "go.lsp.dev/jsonrpc2/...", but: []string{"lsp/rpc", "lsp/client", "<test>"},
		why:    "the server's connection is one room, where the order of the wire is kept; the client has its own",
		breaks: [2]string{"lsp", "go.lsp.dev/jsonrpc2"},
	},
	{
		who: "own", what: "go.etcd.io/bbolt/...", but: []string{"store", "treesitter"},
		why:    "one package knows the file's layout, its lock and its panics; treesitter keeps its index cache",
		breaks: [2]string{"cmd/slop-ls", "go.etcd.io/bbolt"},
	},
	{
		who: "own", what: "github.com/sashabaranov/go-openai/...", but: []string{"engine/openai"},
		why:    "its traps are mended in one place",
		breaks: [2]string{"cmd/slop-ls", "github.com/sashabaranov/go-openai"},
	},
	{
		who: "own", what: "github.com/modelcontextprotocol/go-sdk/...", but: []string{"engine/tool/mcp/..."},
		why:    "what a foreign server says is made harmless in one place; the built-in tools do without the SDK",
		breaks: [2]string{"engine/tool", "github.com/modelcontextprotocol/go-sdk/mcp"},
	},
	{
		who: "own", what: "C", but: []string{"treesitter"},
		why:    "everything else builds without cgo and for every system",
		breaks: [2]string{"engine/workspace", "C"},
	},
	{
		who: "own", what: "github.com/smacker/go-tree-sitter/...", but: []string{"treesitter"},
		why:    "it is cgo, and its trees and parsers have rules that one package keeps",
		breaks: [2]string{"lsp", "github.com/smacker/go-tree-sitter"},
	},
	{
		who: "own", what: "<test>", but: []string{"<test>"},
		why:    "what is made for tests cuts corners that a product must not",
		breaks: [2]string{"cmd/slop-ls", "lsp/lsptest"},
	},
	{
		who: "own", what: "testing/...", but: []string{"<test>"},
		why:    "it registers flags in the product, and a product that knows it is tested is not what is tested",
		breaks: [2]string{"engine/scripted", "testing"},
	},
	{
		who: "own", what: "net/http/httptest", but: []string{"<test>"},
		why:    "as testing: it registers a flag in the product",
		breaks: [2]string{"engine/scripted", "net/http/httptest"},
	},
	{
		who: "own", what: "log",
		why:    "log/slog serves, with the logger handed in",
		breaks: [2]string{"lsp", "log"},
	},
	{
		who: "own", what: "io/ioutil",
		why:    "deprecated since Go 1.16",
		breaks: [2]string{"store", "io/ioutil"},
	},
}

// TestImports holds the product's import graph, as it is built for each system with and without cgo, against the bans.
func TestImports(t *testing.T) {
	t.Parallel()
	for _, env := range [][]string{
		{"CGO_ENABLED=1"},
		{"CGO_ENABLED=0"},
		{"CGO_ENABLED=0", "GOOS=darwin"},
		{"CGO_ENABLED=0", "GOOS=windows"},
	} {
		t.Run(strings.Join(env, " "), func(t *testing.T) {
			t.Parallel()
			for _, complaint := range check(readGraph(t, env)) {
				t.Error(complaint)
			}
		})
	}
}

// TestImportsChecker breaks every ban once, and keeps every exception.
func TestImportsChecker(t *testing.T) {
	t.Parallel()
	for _, b := range bans {
		graph := map[string][]string{b.breaks[0]: {b.breaks[1]}}
		found := check(graph)
		want := b.complaint(b.breaks[0], b.breaks[1])
		if !slices.Contains(found, want) {
			t.Errorf("the edge %s → %s: got %q, want %q among it", b.breaks[0], b.breaks[1], found, want)
		}
	}
	legal := map[string][]string{
		"engine":            {"context", "engine/text", "engine/trackfile"},
		"engine/text/patch": {"engine/text", "io/fs"},
		"store":             {"engine", "engine/text", "go.etcd.io/bbolt", "os"},
		"lsp":               {"engine", "engine/page", "lsp/wire", "go.lsp.dev/protocol"},
		"cmd/slop-ls":       {"store", "lsp", "treesitter", "engine/config"},
		"treesitter":        {"C", "go.etcd.io/bbolt"},
		"lsp/lsptest":       {"testing", "lsp/client"},
	}
	if found := check(legal); len(found) > 0 {
		t.Errorf("legal edges were refused: %q", found)
	}
	if found := check(map[string][]string{"engine/helpers": nil}); len(found) != 1 {
		t.Errorf("a package without a room: got %q, want one complaint", found)
	}
}

// TestEngineHasNoMutex holds that state has one owner: a mutex in the domain would hide a second one.
func TestEngineHasNoMutex(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../engine/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files of package engine: %v", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if mutex.Match(src) && !strings.HasSuffix(file, "_test.go") {
			t.Errorf("%s uses a mutex: send the Conductor a command instead", filepath.Base(file))
		}
	}
}

var mutex = regexp.MustCompile(`\bsync\.(RW)?Mutex\b`)

// check gives a sentence for each forbidden edge of a graph of package → direct imports, sorted.
func check(graph map[string][]string) []string {
	var found []string
	for pkg, imports := range graph {
		if !hasRoom(pkg) {
			found = append(found, fmt.Sprintf("%s has no room: add it to rooms, and to docs/architecture.md", pkg))
		}
		for _, imported := range imports {
			for _, b := range bans {
				if b.forbids(pkg, imported) {
					found = append(found, b.complaint(pkg, imported))
				}
			}
		}
	}
	sort.Strings(found)
	return found
}

func (b ban) complaint(pkg, imported string) string {
	return fmt.Sprintf("%s imports %s: never, because %s", pkg, imported, b.why)
}

func (b ban) forbids(pkg, imported string) bool {
	if !matches(b.who, pkg) || !matches(b.what, imported) {
		return false
	}
	return !slices.ContainsFunc(b.but, func(but string) bool {
		// An exception names who may, where the ban is on everyone, and what may be, where it is on one package.
		if b.who == "own" || b.what == "engine/page" {
			return matches(but, pkg)
		}
		return matches(but, imported)
	})
}

func matches(pattern, pkg string) bool {
	if room, ok := strings.CutPrefix(pattern, "<"); ok {
		return slices.ContainsFunc(rooms[strings.TrimSuffix(room, ">")], func(p string) bool { return matches(p, pkg) })
	}
	switch pattern {
	case "own":
		return hasRoom(pkg)
	case "library":
		first, _, _ := strings.Cut(pkg, "/")
		return strings.Contains(first, ".")
	}
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg == base || strings.HasPrefix(pkg, base+"/")
	}
	return pkg == pattern
}

func hasRoom(pkg string) bool {
	for room := range rooms {
		if matches("<"+room+">", pkg) {
			return true
		}
	}
	return false
}

// readGraph asks the go command for the direct imports of the product's packages, tests left out.
func readGraph(t *testing.T, env []string) map[string][]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports", module+"/...")
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	graph := map[string][]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg struct {
			ImportPath string
			Imports    []string
		}
		err := decoder.Decode(&pkg)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		graph[relative(pkg.ImportPath)] = relatives(pkg.Imports)
	}
	if len(graph["engine"]) == 0 {
		t.Fatal("the go command listed no imports of engine: this test would hold nothing")
	}
	return graph
}

func relatives(imports []string) []string {
	own := make([]string, len(imports))
	for i, p := range imports {
		own[i] = relative(p)
	}
	return own
}

func relative(importPath string) string {
	if importPath == module {
		return "."
	}
	return path.Clean(strings.TrimPrefix(importPath, module+"/"))
}
