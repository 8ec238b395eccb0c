package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine/scripted"
)

// bigNewFiles are what the tickets write anew; the scene has their content.
var bigNewFiles = []string{
	"xtea/keysize_test.go", "blowfish/keysize_test.go", "tea/keysize_test.go", "keysize/keysize.go", "keysize/keysize_test.go",
}

// bigScript is what the models say: each ticket looks around, edits, and finishes.
func bigScript(t *testing.T, scene fs.FS) scripted.Script {
	t.Helper()
	say := func(calls ...scripted.Call) scripted.Reply {
		return scripted.Reply{Text: "Next.", Calls: calls, Delay: time.Millisecond, Chunk: 200}
	}
	file := func(name string) scripted.Call {
		return toolCall("write_file", "path", name, "content", string(readAll(t, scene, "want/"+name)))
	}
	done := say(toolCall("finish", "status", "done", "summary", "Its error says which key it takes."))
	turns := map[string][]scripted.Reply{
		"T1": {
			say(toolCall("get_view", "path", "xtea/cipher.go", "kind", "skeleton"), toolCall("list_directory", "path", "xtea")),
			say(toolCall("edit_file", "path", "xtea/cipher.go", "search", `invalid key size " + strconv.Itoa(int(k))`,
				"replace", `invalid key size " + strconv.Itoa(int(k)) + ", want 16 bytes"`)),
			say(file("xtea/keysize_test.go")),
			done,
		},
		"T2": {
			say(toolCall("search_files", "pattern", "invalid key size", "path_glob", "blowfish/*.go")),
			// As models write it: spaces for the tab, white space behind, and one line more than needed.
			say(toolCall("edit_file", "path", "blowfish/cipher.go",
				"search", "func (k KeySizeError) Error() string {  \n    return \"crypto/blowfish: invalid key size \" + strconv.Itoa(int(k))\n}\n",
				"replace", "func (k KeySizeError) Error() string {\n    return \"crypto/blowfish: invalid key size \" + strconv.Itoa(int(k)) + \", want 1 to 56 bytes\"\n}\n")),
			say(file("blowfish/keysize_test.go")),
			done,
		},
		"T3": {
			say(toolCall("read_file", "path", "tea/cipher.go")),
			say(toolCall("edit_file", "path", "tea/cipher.go", "search", "// NewCipher returns an instance",
				"replace", "// ErrKeySize is returned for a key that is not KeySize bytes long.\n"+
					"var ErrKeySize = errors.New(\"tea: incorrect key size, want 16 bytes\")\n\n// NewCipher returns an instance"),
				toolCall("edit_file", "path", "tea/cipher.go", "search", `		return nil, errors.New("tea: incorrect key size")`+"\n",
					"replace", "		return nil, ErrKeySize\n"),
				file("tea/keysize_test.go")),
			done,
		},
		"T4": {
			say(toolCall("search_files", "pattern", `func NewCipher\(`, "path_glob", "**/*.go"),
				toolCall("get_view", "path", "cast5/cast5.go", "kind", "curated")),
			say(toolCall("edit_file", "path", "cast5/cast5.go", "search", "\"errors\"\n", "replace", "\"fmt\"\n"),
				toolCall("edit_file", "path", "cast5/cast5.go", "search", `errors.New("CAST5: keys must be 16 bytes")`,
					"replace", `fmt.Errorf("CAST5: keys must be 16 bytes, not %d", len(key))`),
				file("keysize/keysize.go"), file("keysize/keysize_test.go")),
			say(toolCall("run_command", "command", "go build ./...")),
			done,
		},
	}
	var script scripted.Script
	for ticket, replies := range turns {
		for i, reply := range replies {
			script.Rules = append(script.Rules, scripted.Rule{Ticket: ticket, Turn: scripted.At(i), Reply: reply})
		}
	}
	return script
}

// toolCall is a call with arguments that are all text: name, value, name, value.
func toolCall(tool string, args ...string) scripted.Call {
	named := map[string]any{}
	for i := 0; i < len(args); i += 2 {
		named[args[i]] = args[i+1]
	}
	return calls("", tool, named).Calls[0]
}

func readAll(t *testing.T, scene fs.FS, name string) []byte {
	t.Helper()
	data, err := fs.ReadFile(scene, name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func putFile(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// mustRun runs a command that must succeed and returns its output.
func mustRun(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	out, err := commandOutput(t.Context(), dir, name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func commandOutput(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// commitAll makes a repository of a folder.
func commitAll(t *testing.T, dir string) {
	t.Helper()
	mustRun(t, dir, "git", "init", "-q", "-b", "main")
	mustRun(t, dir, "git", "add", "--all")
	mustRun(t, dir, "git", "-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false",
		"commit", "-q", "-m", "as it was")
}
