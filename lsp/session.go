package lsp

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync/atomic"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/traits"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// Session is one connection of an editor.
type Session struct {
	hub    *Hub
	engine Engine
	conn   *rpc.Conn
	log    *slog.Logger
	desk   document.Desk
	ready  chan struct{}                  // closed by initialized
	left   chan struct{}                  // closed when the hub has forgotten this session
	later  func(do func(context.Context)) // runs do beside the requests; its context is the session's (see tasks)

	stage    stage // of the read loop
	rudeExit bool  // of the read loop, read after it ended
	asked    bool  // of the read loop: the client has asked for something after initialize

	delivering chan struct{} // held while an edit is on its way
	settling   chan struct{} // held by who applies settings
	settings   string        // of who holds settling: the editor's section as it was last applied

	restriction restriction

	client atomic.Pointer[traits.Client] // set by initialize
	kicks  kicks
	acts   acts
	lines  lines // that wait to be shown, where one has to follow the other
	events subscriber
	papers papers
	sides  atomic.Pointer[lastSet]
	pulls  pulls
	heard  heard

	trace   atomic.Pointer[protocol.TraceValue] // what the client wants to be told of; nil: nothing
	cancels cancels
}

// stage is where a session's life is, as the read loop knows it.
type stage int

const (
	stageNew stage = iota
	stageInitialized
	stageShutdown
)

func newSession(h *Hub) *Session {
	s := &Session{
		hub: h, ready: make(chan struct{}), left: make(chan struct{}), delivering: make(chan struct{}, 1),
		settling: make(chan struct{}, 1), settings: "null", kicks: newKicks(), events: subscriber{wishes: make(chan uint64, 1)},
	}
	s.log = slog.New(slog.NewMultiHandler(h.opts.Log.Handler(), newClientLog(s)))
	s.client.Store(&traits.Client{Encoding: text.UTF16})
	s.desk.Set(document.None(text.UTF16, document.RootAt(h.opts.Root)))
	return s
}

func (s *Session) traits() *traits.Client { return s.client.Load() }

// actor is how the journal names this session's person.
func (s *Session) actor() engine.Actor {
	if name := s.traits().Label(); name != "" {
		return engine.ByPerson + engine.Actor(" ("+name+")")
	}
	return engine.ByPerson
}

// view is what a request's first half may see: no session and no client.
type view struct {
	docs   *document.Set
	traits *traits.Client
}

// requests is what is served between initialize and shutdown, by method.
var requests = map[string]func(v view, params json.RawMessage) (work, error){
	protocol.MethodTextDocumentCodeAction:   prepareCodeAction,
	protocol.MethodTextDocumentCodeLens:     prepareCodeLens,
	protocol.MethodWorkspaceExecuteCommand:  prepareCommand,
	wire.SubscribeMethod:                    prepareSubscribe,
	protocol.MethodWorkspaceWillRenameFiles: prepareWillRename,

	protocol.MethodWorkspaceTextDocumentContent: prepareContent,

	protocol.MethodTextDocumentCompletion:     prepareCompletion,
	protocol.MethodTextDocumentHover:          prepareHover,
	protocol.MethodTextDocumentDefinition:     prepareDefinition,
	protocol.MethodTextDocumentReferences:     prepareReferences,
	protocol.MethodTextDocumentPrepareRename:  preparePrepareRename,
	protocol.MethodTextDocumentRename:         prepareRename,
	protocol.MethodTextDocumentDocumentSymbol: prepareDocumentSymbol,
	protocol.MethodTextDocumentFoldingRange:   prepareFoldingRange,
	protocol.MethodTextDocumentFormatting:     prepareFormatting,
	protocol.MethodTextDocumentInlayHint:      prepareInlayHint,
	protocol.MethodTextDocumentDiagnostic:     prepareDiagnostic,
}

// work is the second half of a request, by whichever session serves it. Its result is what Marshal can encode.
type work func(ctx context.Context, s *Session) (any, error)

// by is the work of one session.
func (w work) by(s *Session) rpc.Work {
	return func(ctx context.Context) (any, error) { return w(ctx, s) }
}

// Prepare implements Routes.
func (s *Session) Prepare(method string, params json.RawMessage) (rpc.Work, error) {
	w, err := s.prepare(method, params)
	if err != nil {
		return nil, err
	}
	return w.by(s), nil
}

func (s *Session) prepare(method string, params json.RawMessage) (work, error) {
	switch {
	case method == protocol.MethodInitialize:
		return s.initialize(params)
	case s.stage == stageNew:
		return nil, rpc.Refuse(rpc.NotInitialized, "%s before initialize", method)
	case s.stage == stageShutdown:
		return nil, rpc.Refuse(rpc.InvalidRequest, "%s after shutdown", method)
	case method == protocol.MethodShutdown:
		s.stage = stageShutdown
		return func(context.Context, *Session) (any, error) { return nil, nil }, nil
	}
	s.asked = true
	prep, ok := requests[method]
	if !ok {
		return nil, rpc.Refuse(rpc.NoMethod, "slop-ls does not serve %s", method)
	}
	w, err := prep(view{docs: s.desk.Docs(), traits: s.traits()}, params)
	if err != nil {
		return nil, err
	}
	return withTokens(method, params, w), nil
}

// syncs change the set of open documents, by method.
var syncs = map[string]func(docs *document.Set, params json.RawMessage) (*document.Set, error){
	protocol.MethodTextDocumentDidOpen:   document.DidOpen,
	protocol.MethodTextDocumentDidChange: document.DidChange,
	protocol.MethodTextDocumentDidClose:  document.DidClose,
	protocol.MethodTextDocumentDidSave:   document.DidSave,
}

// outsides are about files and settings outside of the open documents, by method.
var outsides = map[string]func(s *Session, params json.RawMessage) error{
	protocol.MethodWorkspaceDidChangeWatchedFiles:  (*Session).filesChanged,
	protocol.MethodWorkspaceDidCreateFiles:         (*Session).filesChanged,
	protocol.MethodWorkspaceDidDeleteFiles:         (*Session).filesChanged,
	protocol.MethodWorkspaceDidRenameFiles:         (*Session).filesRenamed,
	protocol.MethodWorkspaceDidChangeConfiguration: (*Session).settingsChanged,
	wire.DiagnosticsMethod:                         (*Session).diagnosticsTold,
}

// Notified implements Routes.
func (s *Session) Notified(method string, params json.RawMessage) error {
	switch {
	case method == protocol.MethodExit:
		s.rudeExit = s.stage != stageShutdown
		s.conn.End()
		return nil
	case s.stage != stageInitialized:
		return nil
	case method == protocol.MethodInitialized:
		s.nowReady()
		return nil
	case method == protocol.MethodWindowWorkDoneProgressCancel:
		return s.progressCancelled(params)
	case method == protocol.MethodSetTrace:
		return s.setTrace(params)
	}
	if outside, ok := outsides[method]; ok {
		return outside(s, params)
	}
	sync, ok := syncs[method]
	if !ok {
		s.log.Debug("a notification is not known", "method", method)
		return nil
	}
	if method == protocol.MethodTextDocumentDidClose {
		s.closedPaper(params)
	}
	docs, err := sync(s.desk.Docs(), params)
	if docs != nil {
		s.desk.Set(docs)
	}
	switch method {
	case protocol.MethodTextDocumentDidSave:
		s.savedPaper(params)
	case protocol.MethodTextDocumentDidChange:
		s.hub.typed.Add(1)
	case protocol.MethodTextDocumentDidOpen:
		s.openedPaper(params)
		s.cameTo(params)
	}
	s.hub.touched(s)
	return err
}

// nowReady starts the session's loops, once.
func (s *Session) nowReady() {
	select {
	case <-s.ready:
	default:
		close(s.ready)
	}
}

// kicks wake the session's loops. Each has room for one: a loop that is busy looks again when it is done.
type kicks struct{ prompts, progress, waiting, checks, settings, papers, pulls chan struct{} }

func newKicks() kicks {
	return kicks{
		prompts: make(chan struct{}, 1), progress: make(chan struct{}, 1), waiting: make(chan struct{}, 1), checks: make(chan struct{}, 1),
		settings: make(chan struct{}, 1),
		papers:   make(chan struct{}, 1),
		pulls:    make(chan struct{}, 1),
	}
}

func kick(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// watch hands the engine's progress on to the loops, until ctx ends or the engine stops.
func (s *Session) watch(ctx context.Context) {
	for seq := uint64(0); ; {
		kick(s.kicks.prompts)
		kick(s.kicks.progress)
		kick(s.kicks.papers)
		kick(s.kicks.waiting)
		snap, err := s.engine.Wait(ctx, seq)
		if err != nil {
			return
		}
		seq = snap.Seq()
	}
}
