package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/slop-ls/slop-ls/lsp"
	"github.com/slop-ls/slop-ls/lsp/attach"
)

// serve joins the editor on standard input and output to the daemon of its workspace, starting one where none runs,
// until the editor leaves. Workers go on without it.
func (a *app) serve(ctx context.Context) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	d, err := a.dialer(root)
	if err != nil {
		return err
	}
	ctx, unhook := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer unhook()
	return attach.Forward(ctx, a.in, a.out, attach.Forwarding{
		Log: slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Dial: func(ctx context.Context) (io.ReadWriteCloser, error) {
			c, err := d.Dial(ctx)
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
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	house, err := openServer(ctx, a, root, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, house.close()) }()
	ctx, unhook := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM) // workers end with their children, not alone
	defer unhook()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case err := <-house.failed:
			cancel(err) // an engine without a journal must not act, and an editor must not believe it does
		case <-ctx.Done():
		}
	}()
	stop := house.start(ctx)
	defer func() { err = errors.Join(err, stop()) }()
	return house.hub.Serve(ctx, lsp.Stdio(a.in, keepOpen{a.out}))
}

// keepOpen is standard output to who would close it: the process does that.
type keepOpen struct{ io.Writer }

func (keepOpen) Close() error { return nil }
