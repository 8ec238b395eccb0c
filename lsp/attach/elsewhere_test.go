//go:build unix

package attach

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
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

// slow is a connection to a daemon that takes no more after a word was written, until it is closed.
type slow struct {
	io.ReadWriteCloser
	word   []byte
	closed chan struct{}
	once   sync.Once
}

func (s *slow) Write(p []byte) (int, error) {
	n, err := s.ReadWriteCloser.Write(p)
	if bytes.Contains(p, s.word) {
		<-s.closed
	}
	return n, err
}

func (s *slow) Close() error {
	s.once.Do(func() { close(s.closed) })
	return s.ReadWriteCloser.Close()
}

// TestElsewhereEarly: the first document comes while the first daemon is still told what was said before it. It, and a
// command that nobody may carry out twice, reach the other daemon alone.
func TestElsewhereEarly(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	first := true
	dial := func(ctx context.Context) (io.ReadWriteCloser, error) {
		c, err := s.dial(ctx)
		if err == nil && first {
			first, c = false, &slow{ReadWriteCloser: c, word: []byte(`"initialize"`), closed: make(chan struct{})}
		}
		return c, err
	}
	start := make(chan struct{})
	editor, _ := forwarded(t, Forwarding{Dial: func(ctx context.Context) (io.ReadWriteCloser, error) {
		<-start
		return dial(ctx)
	}, Patience: 2 * time.Second, Elsewhere: func(uri string) bool { return strings.HasPrefix(uri, "file:///other/") }})
	id := editor.send("initialize", map[string]any{"rootUri": nil})
	editor.notify("$/late", map[string]any{})
	close(start) // initialize is taken now, since what follows it is read
	one := s.daemon()
	one.greet()
	editor.awaitReply(id)
	editor.open("file:///other/A1.md", "review", 1)
	command := editor.send("workspace/executeCommand", map[string]any{"command": "c"})

	two := s.daemon()
	two.greet()
	two.awaitMethod("textDocument/didOpen")
	two.answer(two.awaitMethod("workspace/executeCommand"), "done")
	if a := editor.awaitReply(command); string(a.Result) != `"done"` {
		t.Errorf("the answer is %s", a.body)
	}
	for _, m := range one.all() {
		if m.Method != "initialize" {
			t.Errorf("the first daemon was told %s", m.body)
		}
	}
}
