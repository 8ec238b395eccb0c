//go:build unix

package attach

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/slop-ls/slop-ls/lsp/frame"
)

// BenchmarkRoundTrip is a request and its answer over a Unix socket: directly, and through a forwarder. The difference
// is what the forwarder costs, its two further hops between goroutines included.
func BenchmarkRoundTrip(b *testing.B) {
	for _, size := range []int{100, 10_000, 1_000_000} {
		body := mustJSON(map[string]any{
			"jsonrpc": "2.0", "id": 1, "method": "textDocument/hover", "params": strings.Repeat("x", size),
		})
		b.Run(fmt.Sprintf("direct/%d", size), func(b *testing.B) { roundTrips(b, body, false) })
		b.Run(fmt.Sprintf("forwarded/%d", size), func(b *testing.B) { roundTrips(b, body, true) })
	}
}

func roundTrips(b *testing.B, body []byte, through bool) {
	near, far, err := socketPair()
	if err != nil {
		b.Fatal(err)
	}
	go serveFake(far, Hello{})
	client := near
	ended := make(chan error, 1)
	if through {
		var editor *net.UnixConn
		client, editor, err = socketPair()
		if err != nil {
			b.Fatal(err)
		}
		go func() {
			ended <- Forward(context.Background(), editor, editor, Forwarding{
				Dial: func(context.Context) (io.ReadWriteCloser, error) { return near, nil },
			})
			editor.Close()
		}()
	} else {
		ended <- nil
	}
	w, r := &frame.Writer{Out: client}, frame.NewReader(client)
	b.SetBytes(int64(2 * len(body)))
	for b.Loop() {
		if err := w.Write(body); err != nil {
			b.Fatal(err)
		}
		if _, err := r.Next(); err != nil {
			b.Fatal(err)
		}
	}
	client.Close()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
}

// BenchmarkRemember is what a keystroke in a document of 50,000 lines costs the forwarder.
func BenchmarkRemember(b *testing.B) {
	m := newMemory()
	text := strings.Repeat("some line of code that is of a usual length\n", 50_000)
	open, _ := scan(encode("textDocument/didOpen", openParams{textItem{URI: "file:///w/a", Text: text}}))
	m.client(&open)
	change := encode("textDocument/didChange", map[string]any{
		"textDocument": map[string]any{"uri": "file:///w/a", "version": 2},
		"contentChanges": []plainChange{{
			Range: &plainRange{Start: plainPosition{25_000, 3}, End: plainPosition{25_000, 4}}, Text: "x",
		}},
	})
	b.ReportAllocs()
	for b.Loop() {
		msg, _ := scan(change)
		m.client(&msg)
	}
}

// BenchmarkStart is an editor that finds no daemon: the gate, a process, its lock, its socket, the hello. The process
// is this test binary, and a stale socket is there each time.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	d := &Dialer{
		Place: Place{Dir: dir}, Root: dir, Command: []string{os.Args[0]}, Env: append(os.Environ(), "ATTACH_TEST_DAEMON="+dir),
		Hello: Hello{Root: dir, Kind: Editor},
	}
	for b.Loop() {
		c, err := d.Dial(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		if err := syscall.Kill(c.Reply.PID, syscall.SIGKILL); err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}

// BenchmarkAttach is an editor that finds a daemon.
func BenchmarkAttach(b *testing.B) {
	p := Place{Dir: b.TempDir()}
	ctx, cancel := context.WithCancel(context.Background())
	_, ended := inProcess(ctx, b, p, -1)
	for b.Loop() {
		c, err := p.Connect(ctx, Hello{Build: "a", Root: p.Dir, Kind: Editor})
		if err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
	cancel()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
}
