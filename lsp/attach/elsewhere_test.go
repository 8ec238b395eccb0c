//go:build unix

package attach

import (
	"strings"
	"testing"
	"time"
)

// TestElsewhere: an editor whose first document is of another workspace is moved to the daemon of that one, without a
// word; later documents move nobody.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var asked []string // Forward asks under its lock
	editor, _ := forwarded(t, Forwarding{Dial: s.dial, Patience: 2 * time.Second, Elsewhere: func(uri string) bool {
		asked = append(asked, uri)
		return strings.HasPrefix(uri, "file:///other/")
	}})
	first := s.daemon()
	id := editor.send("initialize", map[string]any{"rootUri": nil})
	first.greet()
	editor.awaitReply(id)
	editor.notify("initialized", map[string]any{})
	editor.open("file:///other/A1.md", "review", 1)
	hover := editor.send("textDocument/hover", doc("file:///other/A1.md"))

	second := s.daemon()
	second.greet()
	second.awaitMethod("initialized")
	second.awaitMethod("textDocument/didOpen")
	second.answer(second.awaitMethod("textDocument/hover"), "there")
	if a := editor.awaitReply(hover); string(a.Result) != `"there"` {
		t.Errorf("the answer is %s", a.body)
	}
	editor.open("file:///other/A2.md", "review", 1)
	second.await("the other document", func(m said) bool { return strings.Contains(string(m.Params), "A2.md") })
	for _, m := range first.all() {
		if strings.Contains(string(m.Params), "A1.md") {
			t.Errorf("the first daemon was told %s", m.body)
		}
	}
	for _, m := range editor.all() {
		if m.Method == "window/showMessage" {
			t.Errorf("the editor is told %s", m.Params)
		}
	}
	if len(asked) != 1 {
		t.Errorf("asked about %q", asked)
	}
}
