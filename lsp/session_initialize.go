package lsp

import (
	"context"
	"encoding/json"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/lsp/document"
	"github.com/slop-ls/slop-ls/lsp/rpc"
	"github.com/slop-ls/slop-ls/lsp/traits"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// initialize settles what the session knows of its client. It runs on the read loop, so that everything after it
// sees the settled encoding and root.
func (s *Session) initialize(params json.RawMessage) (work, error) {
	if s.stage != stageNew {
		return nil, rpc.Refuse(rpc.InvalidRequest, "initialize came twice")
	}
	var p protocol.InitializeParams
	if err := rpc.Decode(params, &p); err != nil {
		return nil, err
	}
	t := traits.Of(&p)
	if t.Events.On && !t.Events.From {
		t.Events.After = s.engine.Snapshot().Seq() // from now on
	}
	s.client.Store(t)
	r := document.RootAt(s.hub.opts.Root)
	if u := rootOf(&p); u != "" {
		r = r.WithClient(u)
	}
	s.desk.Set(document.None(t.Encoding, r))
	s.initialTrust(json.RawMessage(p.InitializationOptions))
	s.stage = stageInitialized
	if p.Trace != "" {
		s.trace.Store(&p.Trace)
	}
	result := &protocol.InitializeResult{Capabilities: capabilities(t)}
	result.ServerInfo.Name = "slop-ls"
	if v := s.hub.opts.Version; v != "" {
		result.ServerInfo.Version = protocol.NewOptional(v)
	}
	ours, err := jsonOf(map[string]any{"slop": wire.ServerCapabilities{
		Version: wire.Version, Methods: wire.Methods, Root: string(r.Folder()), Reviews: string(uri.File(s.hub.opts.ReviewDir)),
	}})
	if err != nil {
		return nil, err
	}
	result.Capabilities.Experimental = protocol.LSPAny(ours)
	return func(context.Context, *Session) (any, error) { return result, nil }, nil
}

// rootOf is the folder that the client opened: its first workspace folder, else its rootUri.
func rootOf(p *protocol.InitializeParams) uri.URI {
	if folders, ok := p.WorkspaceFolders.Get(); ok && len(folders) > 0 {
		return uri.URI(folders[0].URI)
	}
	if p.RootURI != nil { //nolint:staticcheck // deprecated, and all that some clients send
		return *p.RootURI //nolint:staticcheck // as above
	}
	return ""
}

// completionTriggers open a path's next folder, a symbol's member, a list or a quoted text.
var completionTriggers = []string{"/", ".", "[", "\""}

// capabilities is what is announced, all of it statically: what is registered twice shows twice in some clients.
func capabilities(t *traits.Client) protocol.ServerCapabilities {
	incremental := protocol.TextDocumentSyncKindIncremental
	out := protocol.ServerCapabilities{
		PositionEncoding: protocol.PositionEncodingKind(t.Encoding),
		TextDocumentSync: &protocol.TextDocumentSyncOptions{
			OpenClose: new(true), Change: &incremental, Save: &protocol.SaveOptions{IncludeText: new(false)},
		},
		CodeActionProvider:     &protocol.CodeActionOptions{CodeActionKinds: []protocol.CodeActionKind{actionKind, protocol.CodeActionKindQuickFix}},
		CodeLensProvider:       &protocol.CodeLensOptions{},
		ExecuteCommandProvider: executeCommands(),
		Workspace:              workspaceOptions(t),

		CompletionProvider:         &protocol.CompletionOptions{TriggerCharacters: completionTriggers},
		HoverProvider:              protocol.Boolean(true),
		DefinitionProvider:         protocol.Boolean(true),
		ReferencesProvider:         protocol.Boolean(true),
		RenameProvider:             &protocol.RenameOptions{PrepareProvider: new(true)},
		DocumentSymbolProvider:     protocol.Boolean(true),
		FoldingRangeProvider:       protocol.Boolean(true),
		DocumentFormattingProvider: protocol.Boolean(true),
		InlayHintProvider:          protocol.Boolean(true),
	}
	if t.Pull {
		// What a change of one file does to another is told by a refresh, so that nobody asks for all at each key.
		out.DiagnosticProvider = &protocol.DiagnosticOptions{}
	}
	return out
}

// workspaceOptions announces file operations, and the scheme of read-only documents to clients that ask for the text of
// such.
func workspaceOptions(t *traits.Client) *protocol.WorkspaceOptions {
	o := fileOperations(t)
	if !t.Virtual {
		return o
	}
	if o == nil {
		o = &protocol.WorkspaceOptions{}
	}
	o.TextDocumentContent = &protocol.TextDocumentContentOptions{Schemes: []string{paperScheme}}
	return o
}
