package tool_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/leaftest"
	"github.com/slop-ls/slop-ls/engine/tool"
)

// viewer shows a file's first line as every view of it.
type viewer struct{ engine.Viewer }

func (viewer) View(ctx context.Context, files engine.Files, req engine.ViewRequest) (engine.View, error) {
	f, err := files.Read(ctx, req.Path)
	if err != nil {
		return engine.View{}, err
	}
	for _, s := range req.Symbols {
		if !bytes.Contains(f.Data, []byte(s)) {
			return engine.View{}, &engine.SymbolError{Path: req.Path, Symbol: s, Nearest: []string{"Lexer.Next"}}
		}
	}
	return engine.View{Path: req.Path, Kind: req.Kind, Text: string(f.Data), Notes: []string{"one syntax error"}}, nil
}

// kit is the tools over a workspace in memory.
type kit struct {
	*testing.T
	files *enginetest.Files
	bench *enginetest.Workbench
	draft engine.Draft
	tools map[string]engine.Tool
}

// ports are the tools' with a viewer that shows a file's first line, and for which .env is secret.
func ports(bench engine.Workbench) tool.Ports {
	return tool.Ports{Viewer: viewer{}, Finder: enginetest.Finder{}, Bench: bench, Secret: func(p string) bool { return p == ".env" }}
}

func newKit(t *testing.T, contents map[string]string) *kit {
	k := &kit{T: t, files: enginetest.NewFiles(contents), tools: make(map[string]engine.Tool)}
	k.bench = &enginetest.Workbench{Files: k.files}
	for _, tl := range tool.Builtin(ports(k.bench)) {
		k.tools[tl.Spec().Name] = tl
	}
	d, release, err := k.bench.Draft(t.Context(), engine.Run{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	k.draft = d
	return k
}

func (k *kit) call(name, args string) (engine.ToolResult, error) {
	return k.tools[name].Call(k.Context(), k.draft, json.RawMessage(args))
}

// do is call for what must go well.
func (k *kit) do(name, args string) engine.ToolResult {
	k.Helper()
	res, err := k.call(name, args)
	if err != nil {
		k.Fatalf("%s %s: %v", name, args, err)
	}
	return res
}

func (k *kit) want(name, args, text, summary string) {
	k.Helper()
	got := k.do(name, args)
	if diff := cmp.Diff([]string{text, summary}, []string{got.Text, got.Summary}); diff != "" {
		k.Errorf("%s %s (-want +got):\n%s", name, args, diff)
	}
}

func (k *kit) content(path string) string {
	k.Helper()
	f, err := k.draft.Read(k.Context(), path)
	if err != nil {
		k.Fatal(err)
	}
	return string(f.Data)
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	leaftest.Golden(t, filepath.Join("testdata", name), string(got))
}

func TestSchemas(t *testing.T) {
	t.Parallel()
	var all bytes.Buffer
	for _, tl := range tool.Builtin(ports(&enginetest.Workbench{})) {
		spec := tl.Spec()
		fmt.Fprintf(&all, "# %s (%s)\n\n%s\n\n", spec.Name, spec.Effect, spec.Description)
		if err := json.Indent(&all, spec.Schema, "", "  "); err != nil {
			t.Fatal(err)
		}
		all.WriteString("\n\n")
		var schema struct {
			Type       string
			Additional any `json:"additionalProperties"`
			Properties map[string]struct {
				Type        string
				Description string
			}
		}
		if err := json.Unmarshal(spec.Schema, &schema); err != nil {
			t.Errorf("%s: %v", spec.Name, err)
		}
		if no, ok := schema.Additional.(bool); schema.Type != "object" || ok && no {
			t.Errorf("%s is not a closed object: %s", spec.Name, spec.Schema)
		}
		for name, p := range schema.Properties {
			if p.Description == "" || p.Type == "" {
				t.Errorf("%s: the field %s has no description or type", spec.Name, name)
			}
		}
		if strings.Contains(string(spec.Schema), "null") {
			t.Errorf("%s has nulls: %s", spec.Name, spec.Schema)
		}
		spec.Schema[0] = 'X'
		if tl.Spec().Schema[0] != '{' {
			t.Errorf("%s: its schema can be changed from outside", spec.Name)
		}
	}
	golden(t, "schemas.md", all.Bytes())
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	contents := map[string]string{
		"parser/lex.go": "package parser\n\nfunc a() {\n\treturn\n}\n\nfunc b() {\n\treturn\n}\n", "parser/lexer.md": "x", "bin": "a\x00b", "empty": "",
	}
	cases, err := os.ReadFile(filepath.Join("testdata", "mistakes.in"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for line := range strings.Lines(string(cases)) {
		k := newKit(t, contents)
		name, args, _ := strings.Cut(strings.TrimSpace(line), " ")
		res, err := k.call(name, args)
		var told *engine.ToolError
		if !errors.As(err, &told) || told.Tool != name || told.Msg == "" {
			t.Errorf("%s %s gave %+v, %v; want a ToolError", name, args, res, err)
			continue
		}
		fmt.Fprintf(&out, "%s %s\n\t%s\n\n", name, args, strings.ReplaceAll(told.Msg, "\n", "\n\t"))
		if set, err := k.draft.Changes(t.Context()); err != nil || !set.Empty() {
			t.Errorf("%s %s changed the draft: %v %v", name, args, set, err)
		}
	}
	golden(t, "mistakes.golden", out.Bytes())
}

func TestReadFile(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{
		"a.txt": "one\ntwo\nthree\n", "odd.txt": "\ufeffa\r\nb\xff", "empty": "",
		"long.txt": strings.Repeat("0123456789abcdef\n", 10_000), "wide.txt": strings.Repeat("ä", 500_000) + "\nend\n",
	})
	k.want("read_file", `{"path":"a.txt"}`, "a.txt, lines 1 to 3 of 3\n\none\ntwo\nthree\n", "read a.txt (3 lines)")
	k.want("read_file", `{"path":"a.txt","start_line":2,"end_line":9}`, "a.txt, lines 2 to 3 of 3\n\ntwo\nthree\n", "read a.txt (lines 2 to 3 of 3)")
	k.want("read_file", `{"path":"a.txt","start_line":null,"end_line":1}`, "a.txt, lines 1 to 1 of 3\n\none\n", "read a.txt (lines 1 to 1 of 3)")
	k.want("read_file", `{"path":"empty"}`, "empty is empty\n", "read empty (empty)")
	k.want("read_file", `{"path":"odd.txt"}`, "odd.txt, lines 1 to 2 of 2, begins with a byte order mark, lines end with CRLF, "+
		"not UTF-8: bytes that are not are shown as \ufffd, no newline at the end\n\na\nb\ufffd\n", "read odd.txt (2 lines)")
	got := k.do("read_file", `{"path":"long.txt"}`).Text
	if !strings.Contains(got, "\n[… lines 1888 to 9057 are left out: read them with start_line 1888 …]\n") || len(got) > 50<<10 {
		t.Errorf("%d bytes: …%.200s…", len(got), got[max(0, strings.Index(got, "[…")):])
	}
	if got := k.do("read_file", `{"path":"wide.txt"}`).Text; len(got) > 5000 || !strings.HasSuffix(got, "more bytes in this line]\nend\n") || !utf8.ValidString(got) {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

func TestListDirectory(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"a.go": "12345", "sub/b.go": "1", "sub/deep/c\nd": ""})
	k.want("list_directory", ``, "a.go  5\nsub/\n", "listed the workspace's root (2 entries)")
	k.want("list_directory", `{"path":"sub"}`, "sub/b.go  1\nsub/deep/\n", "listed sub (2 entries)")
	k.want("list_directory", `{"path":".","recursive":true}`, "a.go  5\nsub/b.go  1\n\"sub/deep/c\\nd\"  0\n", "listed the workspace's root (3 entries)")
	for i := range 1000 {
		k.files.Put(fmt.Sprintf("many/%04d", i), "")
	}
	got := k.do("list_directory", `{"path":"many"}`).Text
	if n := strings.Count(got, "\n"); n != 500 || !strings.Contains(got, "\n[… 501 entries from many/0333 to many/0833 left out: list a folder of them …]\nmany/0834  0\n") {
		t.Errorf("%d lines:\n%s", n, got)
	}
}

func TestSearchFiles(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{
		"a.go": "package a\nfunc Foo() {}\nfunc foo() {}\n", "sub/b.go": "\ufefffunc Foo()\r\n\r\nfunc Bar() {}\r\n", "c.md": "Foo Foo\nfoo",
		"bin": "Foo\x00", ".env": "Foo=1", "wide": strings.Repeat("x", 5000) + "Foo" + strings.Repeat("y", 5000) + "\n",
	})
	if err := k.draft.Write(t.Context(), "new.go", []byte("// Foo\n")); err != nil {
		t.Fatal(err)
	}
	const secret = "[1 file not searched: look like they hold secrets, or are closed by a rule]\n"
	k.want("search_files", `{"pattern":"^func Foo\\(\\)$","path_glob":"*.go"}`, "sub/b.go:1: func Foo()\n", "searched for ^func Foo\\(\\)$ (1 matching line)")
	k.want("search_files", `{"pattern":"(?i)foo","path_glob":"*.{go,md}"}`,
		"a.go:2: func Foo() {}\na.go:3: func foo() {}\nc.md:1: Foo Foo\nc.md:2: foo\nnew.go:1: // Foo\nsub/b.go:1: func Foo()\n",
		"searched for (?i)foo (6 matching lines)")
	k.want("search_files", `{"pattern":"Bar","path_glob":"sub"}`, "sub/b.go:3: func Bar() {}\n", "searched for Bar (1 matching line)")
	k.want("search_files", `{"pattern":"Bar","path_glob":"none/*"}`, "no line matches in the 0 text files that path_glob selects\n", "searched for Bar (0 matching lines)")
	k.want("search_files", `{"pattern":"nowhere"}`, "no line matches in the 5 text files\n"+secret, "searched for nowhere (0 matching lines)")
	k.want("search_files", `{"pattern":"Foo","max":1}`, "a.go:2: func Foo() {}\n"+secret+"[there are more matches after these 1: narrow the search with path_glob or a longer pattern]\n",
		"searched for Foo (1 matching line and more)")
	if got := k.do("search_files", `{"pattern":"Foo","path_glob":"wide"}`).Text; len(got) > 400 || !strings.Contains(got, "xFooy") {
		t.Errorf("a long line gave %q", got)
	}
	k.want("search_files", `{"pattern":"foo()","literal":true,"ignore_case":true}`, "a.go:2: func Foo() {}\na.go:3: func foo() {}\nsub/b.go:1: func Foo()\n"+secret,
		"searched for foo() (3 matching lines)")
	k.want("search_files", `{"pattern":"$","path_glob":"a.go"}`, "a.go:1: package a\na.go:2: func Foo() {}\na.go:3: func foo() {}\n", "searched for $ (3 matching lines)")
}

func TestGetView(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"a.go": "func Foo()\n", "big.go": strings.Repeat("func Foo()\n", 10_000)})
	k.want("get_view", `{"path":"a.go","kind":"skeleton"}`, "func Foo()\n\nnote: one syntax error\n", "viewed a.go (skeleton)")
	k.want("get_view", `{"path":"a.go","kind":"targeted","symbols":["Foo"]}`, "func Foo()\n\nnote: one syntax error\n", "viewed Foo in a.go (targeted)")
	if got := k.do("get_view", `{"path":"big.go","kind":"curated"}`).Text; !strings.HasPrefix(got, "[this view is too long to show whole: ") {
		t.Errorf("%.200q", got)
	}
}

func TestEditFile(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"a.go": "package a\n\nfunc a() {\n\treturn 1\n}\n", "crlf": "a\r\nb\r\nc\r\n"})
	k.want("edit_file", `{"path":"a.go","search":"return 1","replace":"return 2"}`, "edited a.go: exact match at line 4\n", "edited a.go: exact match at line 4")
	if got := k.content("a.go"); got != "package a\n\nfunc a() {\n\treturn 2\n}\n" {
		t.Errorf("got %q", got)
	}
	got := k.do("edit_file", `{"path":"a.go","search":"func a() {\n    return 2\n}","replace":"func a() {\n    return 3\n}"}`)
	if !strings.Contains(got.Text, "+\treturn 3\n") || !strings.HasPrefix(got.Summary, "edited a.go: match but for ") {
		t.Errorf("got %+v", got)
	}
	k.do("edit_file", `{"path":"crlf","search":"b\n","replace":"B\nB2\n"}`)
	if got := k.content("crlf"); got != "a\r\nB\r\nB2\r\nc\r\n" {
		t.Errorf("got %q", got)
	}
	if got, _ := k.files.Read(t.Context(), "crlf"); string(got.Data) != "a\r\nb\r\nc\r\n" {
		t.Errorf("the workspace itself was written: %q", got.Data)
	}
}

func TestWriteFile(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"crlf": "\ufeffa\r\nb\r\n", "mixed": "a\r\nb\n"})
	k.want("write_file", `{"path":"new/x","content":"1\n2"}`, "created new/x (2 lines)\n", "created new/x (2 lines)")
	k.want("write_file", `{"path":"new/x","content":"1\n"}`, "replaced new/x (1 line, before 2)\n", "replaced new/x (1 line, before 2)")
	k.want("write_file", `{"path":"new/x","content":"1\n"}`, "new/x already has this content: nothing was changed\n", "new/x already has this content: nothing was changed")
	k.do("write_file", `{"path":"crlf","content":"x\ny\n"}`)
	k.do("write_file", `{"path":"mixed","content":"x\ny\n"}`)
	k.do("write_file", `{"path":"none","content":""}`)
	for path, want := range map[string]string{"crlf": "\ufeffx\r\ny\r\n", "mixed": "x\ny\n", "none": ""} {
		if got := k.content(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}

func TestRunCommand(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"a": "1"})
	var res engine.CommandResult
	var fails error
	k.bench.Shell = func(_ context.Context, _ engine.Files, cmd engine.ShellCommand) (engine.CommandResult, error) {
		if cmd.Timeout.Seconds() != 7 {
			t.Errorf("the timeout is %v", cmd.Timeout)
		}
		return res, fails
	}
	const args = `{"command":"go test","timeout_s":7}`
	res = engine.CommandResult{Output: "ok\n", Took: 1234e6}
	k.want("run_command", args, "exit status 0\n\nok\n", "ran go test: exit status 0 after 1.2s")
	res = engine.CommandResult{ExitCode: 2, Output: "bad\xff"}
	k.want("run_command", args, "exit status 2\n\nbad\ufffd", "ran go test: exit status 2 after 0s")
	if got := k.do("run_command", args); got.Command == nil || got.Command.OK() || got.Command.ExitCode != 2 {
		t.Errorf("the command is %+v", got.Command)
	}
	res = engine.CommandResult{ExitCode: -1, TimedOut: true}
	k.want("run_command", args, "stopped, its time was up (timeout_s)\n", "ran go test: stopped, its time was up (timeout_s) after 0s")
	res = engine.CommandResult{Output: "ok\n", Unheld: "this kernel has no Landlock"}
	k.want("run_command", args, "exit status 0 (not sandboxed: this kernel has no Landlock)\n\nok\n", "ran go test: exit status 0 after 0s")
	fails = fs.ErrPermission
	if _, err := k.call("run_command", args); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("a broken workbench gave %v", err)
	}
	fails = fmt.Errorf("here: %w", errors.ErrUnsupported)
	var told *engine.ToolError
	if _, err := k.call("run_command", args); !errors.As(err, &told) {
		t.Errorf("an unsupported system gave %v", err)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"a": "1\n"})
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("killed by a person")
	cancel(stop)
	for name, args := range map[string]string{
		"read_file": `{"path":"a"}`, "list_directory": `{}`, "search_files": `{"pattern":"1"}`, "get_view": `{"path":"a","kind":"skeleton"}`,
		"edit_file": `{"path":"a","search":"1","replace":"2"}`, "write_file": `{"path":"a","content":"2"}`, "run_command": `{"command":"x"}`,
		"delete_file": `{"path":"a"}`, "rename_file": `{"from":"a","to":"b"}`, "get_diff": `{}`, "get_diagnostics": `{}`,
		"find_symbol": `{"name":"x"}`, "find_references": `{"name":"x"}`,
	} {
		if _, err := k.tools[name].Call(ctx, k.draft, json.RawMessage(args)); !errors.Is(err, stop) {
			t.Errorf("%s gave %v", name, err)
		}
	}
}

func FuzzArguments(f *testing.F) {
	for _, s := range []string{
		`{"path":"a"}`, `{"path":"a","search":"x","replace":"y"}`, `{"path":"a","kind":"targeted","symbols":["x",null]}`,
		`{"command":"x","timeout_s":1e9}`, `{"pattern":"(","path_glob":"[","max":-1}`, `[]`, ``, `{`, `{"path":"\ud800"}`, `{"path":1}{`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, args string) {
		k := newKit(t, map[string]string{"a": "x\ny\n", "dir/b": "x"})
		for name := range k.tools {
			res, err := k.call(name, args)
			var told *engine.ToolError
			if err != nil && !errors.As(err, &told) {
				t.Errorf("%s %q: %v is no ToolError", name, args, err)
			}
			if told != nil && (told.Msg == "" || len(told.Msg) > 8<<10 || !utf8.ValidString(told.Msg)) {
				t.Errorf("%s %q: the message is %q", name, args, told.Msg)
			}
			if err == nil && (res.Text == "" || res.Summary == "" || !utf8.ValidString(res.Text+res.Summary)) {
				t.Errorf("%s %q: the result is %+v", name, args, res)
			}
		}
	})
}
