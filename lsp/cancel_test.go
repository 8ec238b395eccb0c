package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/rpc/rpctest"
	"github.com/slop-ls/slop-ls/lsp/traits"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// shutPorts are ports that never come back before their gate opens, whatever their context says.
type shutPorts struct {
	gate chan struct{}
	snap *engine.Snapshot
}

func (p *shutPorts) Read(context.Context, string) (engine.File, error) {
	<-p.gate
	return engine.File{}, context.Canceled
}

func (p *shutPorts) List(context.Context, string, bool) ([]engine.Entry, error) {
	<-p.gate
	return nil, context.Canceled
}

func (p *shutPorts) Outline(context.Context, string, []byte) (engine.Outline, error) {
	<-p.gate
	return engine.Outline{}, context.Canceled
}

func (p *shutPorts) View(context.Context, engine.Files, engine.ViewRequest) (engine.View, error) {
	<-p.gate
	return engine.View{}, context.Canceled
}

func (p *shutPorts) Do(context.Context, engine.Command) error {
	<-p.gate
	return context.Canceled
}

func (p *shutPorts) Snapshot() *engine.Snapshot { return p.snap }

func (p *shutPorts) Streams() map[engine.Run]*engine.Stream { return nil }

func (p *shutPorts) Events(context.Context, uint64) iter.Seq2[engine.Event, error] {
	return func(func(engine.Event, error) bool) { <-p.gate }
}

func (p *shutPorts) Wait(ctx context.Context, _ uint64) (*engine.Snapshot, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// holding is routes whose work waits at a gate before it begins, deaf to its context: every request is then in flight
// when it is cancelled.
type holding struct {
	*Session
	gate chan struct{}
}

func (h *holding) Prepare(method string, params json.RawMessage) (rpc.Work, error) {
	w, err := h.Session.Prepare(method, params)
	if err != nil || method == "initialize" {
		return w, err
	}
	return func(ctx context.Context) (any, error) {
		<-h.gate
		return w(ctx)
	}, nil
}

// servedMethods is every request that is served, with every command.
func servedMethods() []string {
	methods := []string{"shutdown"}
	for _, m := range slices.Sorted(maps.Keys(requests)) {
		if m != "workspace/executeCommand" {
			methods = append(methods, m)
		}
	}
	for _, c := range slices.Sorted(maps.Keys(commands)) {
		methods = append(methods, "workspace/executeCommand "+c)
	}
	return methods
}

// fittingParams fits every request, as far as it looks.
func fittingParams(method string) string {
	var command string
	if _, err := fmt.Sscanf(method, "workspace/executeCommand %s", &command); err == nil {
		return fmt.Sprintf(`{"command":%q,"arguments":[%s]}`, command, commandArgs(command))
	}
	if method == wire.SubscribeMethod {
		return `{"after":0}`
	}
	return `{"textDocument":{"uri":"file:///w/a.track.yaml"},"position":{"line":0,"character":1},` +
		`"range":{"start":{"line":0,"character":0},"end":{"line":1,"character":0}},"context":{"diagnostics":[],"includeDeclaration":true},` +
		`"options":{"tabSize":2,"insertSpaces":true},"newName":"T2","query":"","uri":"file:///w/a","files":[],"items":[]}`
}

// commandArgs is the first object that the command takes.
func commandArgs(command string) string {
	at := `{"line":0,"character":0}`
	for _, args := range []string{
		`{"uri":"file:///w/a.track.yaml"}`, `{"uri":"file:///w/a.track.yaml","id":"T1"}`, `{"id":"A1"}`, `{"id":"A1","decision":"approve"}`, `{}`,
		`{"uri":"file:///w/a.go","position":` + at + `}`, `{"uri":"file:///w/a.go","range":{"start":` + at + `,"end":` + at + `}}`,
	} {
		if _, err := commands[command](view{docs: document.None(text.UTF16, document.RootAt("/w")), traits: &traits.Client{}}, []json.RawMessage{json.RawMessage(args)}); err == nil {
			return args
		}
	}
	return `{}`
}

// Every request is answered with -32800 within 50 ms of its cancellation, though its work hears nothing and every port
// is stuck; and its first half, which runs on the read loop, waits for no port.
func TestEveryRequestIsCancelled(t *testing.T) {
	t.Parallel()
	for _, method := range servedMethods() {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			cancelEach(t, method)
		})
	}
}

func cancelEach(t *testing.T, method string) {
	const bound = 50 * time.Millisecond
	best := time.Hour
	for range 8 { // the machine may be busy
		if best = min(best, cancelOne(t, method)); best < bound {
			return
		}
	}
	t.Errorf("cancelling took %v", best)
}

// cancelOne is how long it takes from a request's cancellation to its answer.
func cancelOne(t *testing.T, method string) time.Duration {
	p, release := newHolding(t)
	defer release()
	name, _, _ := strings.Cut(method, " ")
	p.Send(`{"jsonrpc":"2.0","id":2,"method":%q,"params":%s}`, name, fittingParams(method))
	start := time.Now()
	p.Send(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":2}}`)
	p.WantCode("2", rpc.Cancelled)
	return time.Since(start)
}

// newHolding is an initialized session with two documents open that holds every request.
func newHolding(t *testing.T) (_ *rpctest.Peer, release func()) {
	ports := &shutPorts{gate: make(chan struct{}), snap: engine.NewState().Freeze()}
	hub := NewHub(Options{Root: "/w", Disk: ports, Blobs: enginetest.NewBlobs(), Viewer: ports, ReviewDir: t.TempDir()})
	hub.Use(ports)
	s := newSession(hub)
	s.engine = ports
	s.later = func(func(context.Context)) {}
	held := &holding{Session: s, gate: make(chan struct{})}
	p := sessionPeer(t, s, held, nil)
	p.Send(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{}}}`)
	if _, err := p.Take(); err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string]string{"a.track.yaml": "tickets:\n  - id: T1\n    description: a\n", "a.go": "package a\n"} {
		p.Send(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///w/%s","languageId":"x","version":1,"text":%q}}}`, path, content)
	}
	return p, func() { close(held.gate); close(ports.gate) }
}
