package tool_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

func (k *kit) wantChanges(want string) {
	k.Helper()
	set, err := k.draft.Changes(k.Context())
	if got := enginetest.Describe(set); err != nil || got != want {
		k.Errorf("the changes are %q, %v; want %q", got, err, want)
	}
}

func TestDeleteFile(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"a.go": "1\n", "b.go": "2\n"})
	k.want("delete_file", `{"path":"a.go"}`, "deleted a.go\n", "deleted a.go")
	k.wantChanges("delete a.go \"1\\n\" → \"\"\n")
	if _, err := k.call("delete_file", `{"path":"a.go"}`); err == nil {
		t.Error("a file was deleted twice")
	}
}

func TestRenameFile(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"a.go": "1\n"})
	k.want("rename_file", `{"from":"a.go","to":"new/b.go"}`, "renamed a.go to new/b.go\n", "renamed a.go to new/b.go")
	k.wantChanges("rename new/b.go from a.go \"1\\n\" → \"1\\n\"\n")
	k.do("rename_file", `{"from":"new/b.go","to":"a.go"}`)
	k.wantChanges("")
}

func TestGetDiff(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"a.go": "1\n2\n", "b.go": "2\n", "gone": "x\n", "bin": "a\x00"})
	k.want("get_diff", `{}`, "nothing is changed yet\n", "nothing is changed yet")
	k.do("edit_file", `{"path":"a.go","search":"2","replace":"3"}`)
	k.do("rename_file", `{"from":"b.go","to":"c.go"}`)
	k.do("delete_file", `{"path":"gone"}`)
	k.do("write_file", `{"path":"empty","content":""}`)
	k.do("write_file", `{"path":"bin","content":"text\n"}`)
	k.want("get_diff", `{}`, `changed a.go
--- a/a.go
+++ b/a.go
@@ -1,2 +1,2 @@
 1
-2
+3
changed bin (binary, 5 bytes, before 2)
renamed b.go to c.go
new file empty
deleted file gone
--- a/gone
+++ /dev/null
@@ -1 +0,0 @@
-x
`, "showed the changes (5 files)")
	k.want("get_diff", `{"path":"b.go"}`, "renamed b.go to c.go\n", "showed the changes of b.go")
	if _, err := k.call("get_diff", `{"path":"none"}`); err == nil || !strings.Contains(err.Error(), "Changed: a.go, bin, c.go") {
		t.Errorf("a path that is not changed: %v", err)
	}
}

func TestReadFileWithNumbers(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"a": "one\ntwo\nthree\n"})
	k.want("read_file", `{"path":"a","start_line":2,"line_numbers":true}`, "a, lines 2 to 3 of 3\n\n    2|two\n    3|three\n", "read a (lines 2 to 3 of 3)")
}

func TestSearchWithContext(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	for i := range 20 {
		fmt.Fprintf(&lines, "line %d\n", i+1)
	}
	k := newKit(t, map[string]string{"a": lines.String(), "b": "line 3\nend\n"})
	k.want("search_files", `{"pattern":"line (3|5|12)$","context":1}`, `a-2- line 2
a:3: line 3
a-4- line 4
a:5: line 5
a-6- line 6
--
a-11- line 11
a:12: line 12
a-13- line 13
--
b:1: line 3
b-2- end
`, "searched for line (3|5|12)$ (4 matching lines)")
	k.want("search_files", `{"pattern":"line","path_glob":"a","context":1,"max":1}`,
		"a:1: line 1\n[there are more matches after these 1: narrow the search with path_glob or a longer pattern]\n", "searched for line (1 matching line and more)")
}

// TestKeptResults: what was cut out of a result can be read on, and searched, and is no file.
func TestKeptResults(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"a": "1\n"})
	var out strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&out, "test %d ok\n", i+1)
	}
	cut := k.draft.Shelf().Fit(out.String())
	if !strings.Contains(cut, `read_file {"path":"result://1","start_line":2`) {
		t.Fatalf("%.300q", cut[len(cut)/2:])
	}
	k.want("read_file", `{"path":"result://1","start_line":20000,"end_line":20001}`,
		"result://1, lines 20000 to 20001 of 30000\n\ntest 20000 ok\ntest 20001 ok\n", "read result://1 (lines 20000 to 20001 of 30000)")
	k.want("search_files", `{"pattern":"test 2000[01] ","path_glob":"result://1"}`, "result://1:20000: test 20000 ok\nresult://1:20001: test 20001 ok\n",
		"searched for test 2000[01]  (2 matching lines)")
	for _, args := range []string{`write_file {"path":"result://1","content":""}`, `delete_file {"path":"result://1"}`, `read_file {"path":"result://2"}`} {
		name, args, _ := strings.Cut(args, " ")
		if _, err := k.call(name, args); err == nil {
			t.Errorf("%s %s went well", name, args)
		}
	}
}

// TestCommandOutputWhole: a command's output is there whole, though the workbench keeps less of it.
func TestCommandOutputWhole(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	long := strings.Repeat("0123456789abcde\n", 10_000) + "the end\n"
	k.bench.Shell = func(_ context.Context, _ engine.Files, _ engine.ShellCommand) (engine.CommandResult, error) {
		return engine.CommandResult{Output: long}, nil
	}
	k.bench.Keep = 1000
	k.bench.Remark = "[2 files could not be kept]\n"
	if got, want := k.do("run_command", `{"command":"x"}`).Text, "exit status 0\n\n"+long+"[2 files could not be kept]\n"; got != want {
		t.Errorf("%d bytes, want %d: …%s", len(got), len(want), got[max(0, len(got)-100):])
	}
	long = strings.Repeat(long, 40)
	got := k.do("run_command", `{"command":"x"}`).Text
	if len(got) > engine.MaxKept || !strings.Contains(got, "bytes were not kept …]") || !strings.HasSuffix(got, "the end\n[2 files could not be kept]\n") {
		t.Errorf("%d bytes: …%s", len(got), got[max(0, len(got)-100):])
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{
		"a.go": "package a\n\nfunc scan() {}\n\nfunc use() { scan() }\n", "b.go": "package a\n\nvar x = scan()\n\n\tscan()\n", ".env": "scan",
	})
	k.want("find_symbol", `{"name":"scan"}`, "a.go:3: function scan: func scan() {}\n", "found 1 declaration of scan")
	k.want("find_references", `{"name":"scan"}`, "a.go:3: (declares function scan) func scan() {}\na.go:5: (in use) func use() { scan() }\n"+
		"b.go:3: (in x) var x = scan()\nb.go:5: (outside of declarations) scan()\n", "found 4 lines of scan")
	k.want("find_references", `{"name":"scan","path_glob":"b.go","max":1}`,
		"b.go:3: (in x) var x = scan()\n[there are more after these 1: narrow the search with path_glob, or set max]\n", "found 1 line of scan and more")
	k.want("find_references", `{"name":"nobody"}`, "no code uses the name nobody (search_files finds it in comments, strings and other files)\n", "no code uses the name nobody")
}
