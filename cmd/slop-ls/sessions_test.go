package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/slop-ls/slop-ls/lsp/attach"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// sessionsMain is a process of its own for TestThousandSessions: nothing else runs in it, so that whatever is left was
// left by sessions. Its arguments are the workspace and how many sessions there are.
func sessionsMain() {
	n, err := strconv.Atoi(os.Args[2])
	if err == nil {
		err = manySessions(context.Background(), os.Args[1], n)
	}
	if err == nil {
		err = goleak.Find()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// manySessions opens and closes sessions with a daemon of this process, and says what has grown.
func manySessions(ctx context.Context, root string, n int) (err error) {
	place, err := placeOf(root)
	if err != nil {
		return err
	}
	ctx, end := context.WithCancelCause(ctx)
	opened, ended := make(chan struct{}), make(chan error, 1)
	a := &app{in: os.Stdin, out: io.Discard, err: os.Stderr}
	go func() {
		ended <- attach.Run(ctx, attach.Options{
			Place: place, Root: root, Build: buildName(), Grace: -1,
			Open: func(ctx context.Context) (attach.Workspace, error) {
				defer close(opened)
				return openTenancy(ctx, a, root, opening{log: slog.New(slog.DiscardHandler)}, end, nil)
			},
		})
	}()
	defer func() { end(nil); err = errors.Join(err, <-ended) }()
	<-opened
	dial := func(ctx context.Context) (io.ReadWriteCloser, error) {
		d := attach.Dialer{Place: place, Root: root, Command: []string{"/nowhere"}, Hello: attach.Hello{
			Build: buildName(), Root: root, Kind: attach.Editor,
		}}
		return d.Dial(ctx)
	}
	if err := sessions(ctx, dial, root, 50); err != nil { // whatever is made once is made now
		return err
	}
	goroutines, files := settled(0, 0)
	if err := sessions(ctx, dial, root, n); err != nil {
		return err
	}
	if g, f := settled(goroutines, files); g > goroutines || f > files {
		return fmt.Errorf("%d goroutines and %d files after %d sessions, %d and %d before", g, f, n, goroutines, files)
	}
	return nil
}

// sessions opens and closes many, some at a time and in each of the ways in which editors leave.
func sessions(ctx context.Context, dial func(context.Context) (io.ReadWriteCloser, error), root string, n int) error {
	var group errgroup.Group
	group.SetLimit(8)
	for i := range n {
		group.Go(func() error {
			if err := oneSession(ctx, dial, root, i%3); err != nil {
				return fmt.Errorf("session %d: %w", i, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// oneSession is one editor through one forwarder. It leaves by shutdown and exit, by closing its end, or in the middle
// of a request.
func oneSession(ctx context.Context, dial func(context.Context) (io.ReadWriteCloser, error), root string, way int) error {
	fromEditor, toForwarder := io.Pipe()
	fromForwarder, toEditor := io.Pipe()
	forwarded := make(chan error, 1)
	go func() {
		err := attach.Forward(ctx, fromEditor, toEditor, attach.Forwarding{Dial: dial})
		forwarded <- errors.Join(err, toEditor.Close(), fromEditor.Close())
	}()
	c := client.Start(ctx, struct {
		io.Reader
		io.WriteCloser
	}{fromForwarder, toForwarder}, client.Config{Root: root, Name: "one of many"})
	if _, err := c.Initialize(ctx); err != nil {
		return err
	}
	if err := c.OpenText(ctx, "a.txt", "one\n"); err != nil {
		return err
	}
	var status wire.Status
	switch way {
	case 0:
		if err := errors.Join(c.Command(ctx, wire.StatusShow, nil, &status), c.Shutdown(ctx)); err != nil {
			return err
		}
	case 1:
		if err := errors.Join(c.Command(ctx, wire.StatusShow, nil, &status), c.Close()); err != nil {
			return err
		}
	default:
		asked, cancel := context.WithCancel(ctx)
		go cancel()
		_ = c.Command(asked, wire.StatusShow, nil, &status) // it is cancelled, or not
		if err := c.Close(); err != nil {
			return err
		}
	}
	toForwarder.Close()
	return <-forwarded
}

// settled is how many goroutines and open files there are, once that is no more than given or does not change any more.
func settled(goroutines, files int) (g, f int) {
	for range 100 {
		g, f = runtime.NumGoroutine(), openFiles()
		if goroutines > 0 && g <= goroutines && f <= files {
			break
		}
		time.Sleep(20 * time.Millisecond)
		if goroutines == 0 && g == runtime.NumGoroutine() && f == openFiles() {
			break
		}
	}
	return g, f
}

// openFiles counts the process's file descriptors, where the system shows them.
func openFiles() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(list)
}
