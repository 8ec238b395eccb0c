//go:build linux

package main

import (
	"context"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// window is a fake editor whose language server is a process, each of which can die.
type window struct {
	*lsptest.Env
	forwarder *exec.Cmd
	pipes     []io.Closer
	ended     chan struct{} // closed when the forwarder has gone
}

// window opens one. edit is how it carries out edits, nil: as it should; like an editor that saves by itself.
func (p *daemonPlace) window(edit lsptest.ApplyEdit, more ...lsptest.Option) *window {
	p.t.Helper()
	return p.windowOf(p.command("--stdio"), edit, more...)
}

// windowOf opens one whose language server is a command, or stands behind it.
func (p *daemonPlace) windowOf(server *exec.Cmd, edit lsptest.ApplyEdit, more ...lsptest.Option) *window {
	p.t.Helper()
	w := &window{forwarder: server, ended: make(chan struct{})}
	connect := func(t testing.TB) io.ReadWriteCloser {
		in, err := w.forwarder.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := w.forwarder.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		w.pipes = []io.Closer{in, out}
		if err := w.forwarder.Start(); err != nil {
			t.Fatal(err)
		}
		go func() {
			defer close(w.ended)
			_ = w.forwarder.Wait()
		}()
		t.Cleanup(w.leave)
		return struct {
			io.Reader
			io.WriteCloser
		}{out, in}
	}
	if edit == nil {
		edit = saving
	}
	options := append([]lsptest.Option{lsptest.WithConfig(func(c *client.Config) { c.Hooks.ApplyEdit = edit })}, more...)
	w.Env = lsptest.Open(p.t, p.repo, connect, options...)
	return w
}

// saving carries out an edit and saves what it changed.
func saving(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
	result := c.Apply(ctx, p.Edit)
	if err := c.SaveAll(ctx); err != nil {
		return protocol.ApplyWorkspaceEditResult{}, err
	}
	return result, nil
}

// die is the death of the editor's process, as the forwarder sees it: both pipes end, and nothing was said.
func (w *window) die() {
	for _, p := range w.pipes {
		_ = p.Close()
	}
}

// leave is die, and the forwarder's end that follows from it.
func (w *window) leave() {
	w.die()
	select {
	case <-w.ended:
	case <-time.After(lsptest.Patience):
		w.T.Error("the forwarder lives on without its editor")
		_ = w.forwarder.Process.Kill()
	}
}

// pending lists the approvals that wait. A daemon that is being replaced is asked again.
func (w *window) pending() (list []wire.Approval) {
	w.T.Helper()
	w.eventually("the list of approvals", func() bool {
		list = nil
		return w.Command(context.Background(), wire.ApprovalList, nil, &list) == nil
	})
	return list
}

// awaitPending waits for an approval of a ticket.
func (w *window) awaitPending(ticket, kind string) (found wire.Approval) {
	w.T.Helper()
	w.eventually("the "+kind+" of "+ticket, func() bool {
		list := w.pending()
		i := slices.IndexFunc(list, func(a wire.Approval) bool { return a.Ticket == ticket && a.Kind == kind })
		if i >= 0 {
			found = list[i]
		}
		return i >= 0
	})
	return found
}

// answer approves, perhaps with another prompt.
func (w *window) answer(a wire.Approval, prompt string) {
	w.T.Helper()
	args := map[string]any{"id": a.ID, "decision": "approve"}
	if prompt != "" {
		args["prompt"] = prompt
	}
	if err := w.Command(context.Background(), wire.ApprovalAnswer, args, nil); err != nil {
		w.T.Fatalf("answering %s of %s: %v", a.Kind, a.Ticket, err)
	}
}

// statusOf is a ticket's status; empty where the daemon is being replaced.
func (w *window) statusOf(ticket string) string {
	var s wire.Status
	if err := w.Command(context.Background(), wire.StatusShow, nil, &s); err != nil {
		return ""
	}
	for _, track := range s.Tracks {
		for _, t := range track.Tickets {
			if t.ID == ticket {
				return t.Status
			}
		}
	}
	return ""
}

func (w *window) eventually(what string, met func() bool) {
	w.T.Helper()
	for end := time.Now().Add(lsptest.Patience); !met(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			w.T.Fatalf("waited too long for %s; seen: %s", what, strings.Join(messagesOf(w.Seen()), "; "))
		}
	}
}

func messagesOf(s lsptest.State) (out []string) {
	for _, m := range s.Messages {
		out = append(out, m.Message)
	}
	return out
}
