package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"github.com/slop-ls/slop-ls/lsp/attach"
	"github.com/slop-ls/slop-ls/lsp/rpc"
)

// serve joins the editor on standard input and output to the daemon of its workspace, starting one where none runs,
// until the editor leaves. Workers go on without it.
func (a *app) serve(ctx context.Context) error {
	root, in, err := a.editorRoot(ctx)
	if err != nil {
		return leftEarly(err)
	}
	first, err := a.dialer(root)
	if err != nil {
		return err
	}
	var to atomic.Pointer[attach.Dialer]
	to.Store(first)
	ctx, unhook := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer unhook()
	return attach.Forward(ctx, in, a.out, attach.Forwarding{
		Log: slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: slog.LevelWarn})),
		// An editor may start a server for a Review… document by itself, and anywhere: that file says whose it is.
		Elsewhere: func(uri string) bool {
			other := workspaceOf(pathOf(uri))
			if other == "" || other == root || a.rootFlag != "" {
				return false
			}
			d, err := a.dialer(other)
			if err != nil {
				return false
			}
			to.Store(d)
			return true
		},
		Dial: func(ctx context.Context) (io.ReadWriteCloser, error) {
			c, err := to.Load().Dial(ctx)
			if err != nil {
				return nil, err // a nil *Conn is no nil connection
			}
			return c, nil
		},
	})
}

// serveAlone is the language server on standard input and output, until the editor leaves. Standard output carries
// nothing but the protocol; the log goes to standard error.
func (a *app) serveAlone(ctx context.Context) (err error) {
	root, in, err := a.editorRoot(ctx)
	if err != nil {
		return leftEarly(err)
	}
	log := slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ctx, unhook := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM) // workers end with their children, not alone
	defer unhook()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	alone, err := openTenancy(ctx, a, root, opening{log: log}, cancel, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, alone.Close()) }()
	return alone.Serve(ctx, rpc.Stdio(in, keepOpen{a.out}), attach.Hello{Kind: attach.Editor})
}

// leftEarly makes nothing of an editor that was gone before it said where it is at work.
func leftEarly(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// keepOpen is standard output to who would close it: the process does that.
type keepOpen struct{ io.Writer }

func (keepOpen) Close() error { return nil }
