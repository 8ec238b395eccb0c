package attach

import (
	"context"
	"fmt"
	"time"
)

// revive tells a daemon everything that it must know, and then lets the editor speak to it directly.
func (f *forwarder) revive(ctx context.Context, l *link) error {
	if err := f.initialize(ctx, l); err != nil {
		return err
	}
	f.mu.Lock()
	var list [][]byte
	if f.memory.initialize != nil {
		list = f.memory.retell()
	} else {
		list = f.memory.again()
	}
	f.mu.Unlock()
	for _, body := range list {
		l.send([][]byte{body})
	}
	for f.flush(l) {
	}
	return nil
}

// flush sends what the editor said meanwhile. When that is nothing the daemon is up, and flush is false.
func (f *forwarder) flush(l *link) bool {
	f.mu.Lock()
	if f.moving { // to another one, for which the rest is
		f.mu.Unlock()
		return false
	}
	list := f.backlog
	f.backlog, f.waiting = nil, 0
	close(f.room)
	f.room = make(chan struct{})
	if len(list) == 0 {
		f.daemon = l
	}
	f.mu.Unlock()
	for _, body := range list {
		msg, ok := scan(body)
		f.mu.Lock()
		parts := f.outgoing(&msg, ok)
		f.mu.Unlock()
		l.send(parts)
	}
	return len(list) > 0
}

// initialize says the editor's initialize again, and takes the answer, which the editor has had long ago.
func (f *forwarder) initialize(ctx context.Context, l *link) error {
	f.mu.Lock()
	msg, ok := scan(f.memory.events.resumed(f.memory.initialize))
	encoding := f.memory.encoding
	f.mu.Unlock()
	if !ok {
		return nil // the editor has not said it, or it is unanswered and sent again as any request
	}
	l.send(msg.withID(againID))
	timer := time.NewTimer(f.opts.Patience)
	defer timer.Stop()
	select {
	case answer := <-l.again:
		if answer.failed {
			return fmt.Errorf("another daemon of slop-ls refused to take over: restart the language server: %s", answer.body)
		}
		if now := encodingOf(answer.body); now != encoding {
			return fmt.Errorf("another daemon of slop-ls counts columns in %s, not in %s: restart the language server", now, encoding)
		}
		return nil
	case <-l.gone:
		return errDied
	case <-timer.C:
		f.opts.Log.Warn("a new daemon did not answer initialize", "after", f.opts.Patience)
		return errDied
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// bury answers and takes back what a dead daemon leaves.
func (f *forwarder) bury() {
	f.mu.Lock()
	list := append(f.shown.takeBack(f.memory.documents), f.memory.orphans()...)
	f.mu.Unlock()
	for _, body := range list {
		_ = f.editor.Write(body) // an editor that does not listen will leave
	}
}

// give tells the editor that there will be no daemon, and returns why.
func (f *forwarder) give(ctx context.Context, why error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case <-f.said: // an answer to initialize is what every editor shows
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	f.mu.Lock()
	for _, body := range f.backlog {
		if msg, ok := scan(body); ok {
			f.memory.client(&msg)
		}
	}
	f.backlog, f.waiting = nil, 0
	list := f.memory.refuse(why.Error())
	f.mu.Unlock()
	for _, body := range list {
		_ = f.editor.Write(body) // an editor that does not listen will leave
	}
	f.tell(messageError, "slop-ls: "+why.Error())
	return why
}

// Types of window/showMessage.
const (
	messageError   = 1
	messageWarning = 2
	messageInfo    = 3
)

func (f *forwarder) tell(kind int, text string) {
	_ = f.editor.Write(encode("window/showMessage", map[string]any{"type": kind, "message": text})) // as above
}
