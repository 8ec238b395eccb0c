package traits

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/trackdoc"
)

// paramsOf are the initialize parameters that a real client sent. The file's name ends its editor and version.
func paramsOf(t *testing.T, file string, change ...func(map[string]any)) *protocol.InitializeParams {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "initialize", file+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]any
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(raw)
	}
	if data, err = json.Marshal(raw); err != nil {
		t.Fatal(err)
	}
	var p protocol.InitializeParams
	if err := rpc.Decode(data, &p); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return &p
}

// summary is what traits come to, in words.
func (t *Client) summary() string {
	words := []string{string(t.Encoding)}
	for _, w := range []struct {
		on   bool
		word string
	}{
		{t.ApplyEdit, "edits"},
		{t.DocumentChanges, "versions"},
		{t.BatchEdits, "batch"},
		{t.Previews, "previews"},
		{t.Saves, "saves"},
		{t.SafePrompts, "safe"},
		{t.MessageRequest, "prompts"},
		{t.OneLine, "line"},
		{t.ShowDocument, "shows"},
		{t.Progress, "progress"},
		{t.LensRefresh, "lenses"},
		{t.Pull, "pulls"},
		{t.LLMTag, "llm"},
		{t.State, "state"},
		{t.Stream, "stream"},
		{t.Virtual, "virtual"},
		{t.Events.On, "events"},
	} {
		if w.on {
			words = append(words, w.word)
		}
	}
	return strings.Join(words, " ")
}

func TestTraitsOfRealClients(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"emacs-28.2-eglot-1.9":                 "utf-16 edits versions prompts",
		"emacs-28.2-lsp-mode-8.0.0":            "utf-16 edits versions prompts progress lenses",
		"emacs-30.1-eglot-1.17.30":             "utf-8 edits versions prompts shows progress",
		"emacs-30.1-lsp-mode-10.0.0":           "utf-8 edits versions prompts shows progress lenses",
		"helix-25.01.1":                        "utf-8 edits versions progress",
		"helix-25.07.1":                        "utf-8 edits versions prompts shows progress",
		"kate-22.12.3":                         "utf-16 prompts progress",
		"kate-25.04.3":                         "utf-16 prompts progress",
		"neovim-0.10.4":                        "utf-16 edits versions prompts line shows progress",
		"neovim-0.12.4":                        "utf-8 edits versions prompts line shows progress lenses pulls",
		"neovim-0.7.2":                         "utf-16 edits versions prompts line progress",
		"vim-9.0-ale-3.3.0":                    "utf-16",
		"vim-9.0-vim-lsp-20260419":             "utf-16 edits prompts progress",
		"vim-9.0-yegappan-lsp-20260816":        "utf-16 edits prompts progress",
		"vscode-1.139.1-languageclient-11.0.0": "utf-16 edits versions batch previews safe prompts shows progress lenses pulls llm virtual",
	}
	files, err := filepath.Glob("testdata/initialize/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captured parameters (%v)", err)
	}
	got := map[string]string{}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		got[name] = Of(paramsOf(t, name)).summary()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// gets is what a client gets, in words, by the columns of docs/editors.md.
func (t *Client) gets() []string {
	edits := "written to the disk"
	switch {
	case t.ApplyEdit && t.DocumentChanges:
		edits = "for a version"
	case t.ApplyEdit:
		edits = "by `changes`, watched"
	}
	prompts := "announced, never asked"
	switch {
	case t.SafePrompts:
		prompts = "asked at once"
	case t.MessageRequest:
		prompts = "asked after the person's own command, else announced"
	}
	yes := func(on bool, yes, no string) string {
		if on {
			return yes
		}
		return no
	}
	return []string{
		edits,
		yes(t.ApplyEdit, yes(t.BatchEdits, "all in one", "one"), "–"),
		yes(t.Previews, "yes", "–"),
		prompts,
		yes(t.OneLine, "cut to a line", "whole"),
		yes(t.ShowDocument, "shown", "their path is said"),
		yes(t.Progress, "yes", "–"),
		yes(t.LensRefresh, "yes", "–"),
		string(t.Encoding),
	}
}

// The table of docs/editors.md is what the captured clients get. -update writes it.
func TestEditorsDoc(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("| client | open files are edited | documents a request | preview | approvals | messages | documents | progress | lens refresh | positions |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|\n")
	files, err := filepath.Glob("testdata/initialize/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		b.WriteString("| " + name + " | " + strings.Join(Of(paramsOf(t, name)).gets(), " | ") + " |\n")
	}
	const path, begin, end = "../../docs/editors.md", "<!-- begin: lsp/traits/quirks_test.go -->\n", "<!-- end -->\n"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(data), begin)
	table, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no table", path)
	}
	if u := flag.Lookup("update"); u != nil && u.Value.String() == "true" {
		if err := os.WriteFile(path, []byte(head+begin+b.String()+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(b.String(), table); diff != "" {
		t.Errorf("%s is stale: go test ./lsp/traits -run TestEditorsDoc -update (-want +got):\n%s", path, diff)
	}
}

// named gives captured parameters another client's name.
func named(name string) func(map[string]any) {
	return func(p map[string]any) {
		if info, ok := p["clientInfo"].(map[string]any); ok {
			info["name"] = name
		}
	}
}

// Each line of the quirk table changes something for the client that it is about.
func TestEachQuirkMatters(t *testing.T) {
	t.Parallel()
	captured := map[string]string{ // by the quirk's name
		"visual studio code": "vscode-1.139.1-languageclient-11.0.0", "code-server": "vscode-1.139.1-languageclient-11.0.0",
		"vscodium": "vscode-1.139.1-languageclient-11.0.0", "neovim": "neovim-0.10.4", "helix": "helix-25.01.1",
	}
	for _, q := range quirks {
		if q.is != nil {
			ale := paramsOf(t, "vim-9.0-ale-3.3.0")
			if !q.is(ale) || Of(ale).MessageRequest {
				t.Errorf("the quirk %q changes nothing", q.why)
			}
			for _, other := range []string{"kate-22.12.3", "emacs-28.2-eglot-1.9", "vim-9.0-vim-lsp-20260419"} {
				if q.is(paramsOf(t, other)) {
					t.Errorf("%s is taken for ALE", other)
				}
			}
			continue
		}
		with := Of(paramsOf(t, captured[q.name], named(q.name)))
		without := Of(paramsOf(t, captured[q.name], named("nobody")))
		if with.summary() == without.summary() {
			t.Errorf("the quirk of %s changes nothing", q.name)
		}
	}
}

func TestExperimentalCapabilities(t *testing.T) {
	t.Parallel()
	for experimental, want := range map[string]string{
		`{"slop":{"prompts":true,"state":true}}`: "utf-16 prompts progress safe state",
		`{"slop":{"stream":true,"events":7}}`:    "utf-16 prompts progress stream events",
		`{"slop":{"prompts":"yes"}}`:             "utf-16 prompts progress",
		`{"other":{}}`:                           "utf-16 prompts progress",
		`null`:                                   "utf-16 prompts progress",
	} {
		p := paramsOf(t, "kate-25.04.3", func(raw map[string]any) {
			caps, _ := raw["capabilities"].(map[string]any)
			caps["experimental"] = json.RawMessage(experimental)
		})
		got := strings.Fields(Of(p).summary())
		for _, w := range strings.Fields(want) {
			if !strings.Contains(strings.Join(got, " "), w) {
				t.Errorf("%s: got %v, want %s", experimental, got, want)
			}
		}
		if len(got) != len(strings.Fields(want)) {
			t.Errorf("%s: got %v, want %s", experimental, got, want)
		}
	}
}

// A client's name is shown and journalled: nothing in it may hide.
func TestClientNameIsVisible(t *testing.T) {
	t.Parallel()
	traits := Of(paramsOf(t, "neovim-0.12.4", named("Neo\u202evim\n2")))
	if got := traits.Label(); got != "Neo⟨U+202E⟩vim 0.12.4" {
		t.Errorf("the label is %q", got)
	}
}

// What real clients can take of the language.
func TestLanguageOfRealClients(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Language{
		"emacs-28.2-eglot-1.9":                 {Client: trackdoc.Client{Tree: true, Links: true}},
		"helix-25.07.1":                        {Client: trackdoc.Client{Snippets: true, Markdown: true}, DiagnosticVersions: true},
		"kate-25.04.3":                         {Client: trackdoc.Client{Snippets: true, Markdown: true, Tree: true}},
		"neovim-0.12.4":                        {Client: trackdoc.Client{Snippets: true, Markdown: true, MarkdownItems: true, Tree: true, Links: true}},
		"vim-9.0-ale-3.3.0":                    {},
		"vim-9.0-vim-lsp-20260419":             {Client: trackdoc.Client{Markdown: true, MarkdownItems: true, Links: true, FoldLimit: 5000}},
		"vscode-1.139.1-languageclient-11.0.0": {Client: trackdoc.Client{Snippets: true, AsIs: true, Markdown: true, MarkdownItems: true, Tree: true, Links: true, FoldLimit: 5000}},
	} {
		if diff := cmp.Diff(want, Of(paramsOf(t, name)).Language, cmp.AllowUnexported(Language{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
