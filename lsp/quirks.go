package lsp

import (
	"encoding/json"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// traits is how a client is dealt with: what it announced, corrected by what it was seen to do. It is immutable.
type traits struct {
	name, version string
	encoding      text.Encoding

	applyEdit       bool // it takes workspace/applyEdit at any time
	documentChanges bool // it takes versioned document edits
	batchEdits      bool // it applies all documents of an edit or none
	annotations     bool // it announces change annotations
	previews        bool // it really shows them, and takes what the person ticked
	saves           bool // it takes slop/save
	safePrompts     bool // typing cannot answer a message prompt by accident
	batchPrompts    bool // it takes prompts about several approvals
	oneLine         bool // a message that does not fit its line takes a key of the person
	messageRequest  bool // it answers window/showMessageRequest at all
	showDocument    bool
	progress        bool
	state           bool // it wants slop/state
	stream          bool // it wants slop/stream
	virtual         bool // it asks for the text of documents that are no files
	events          wire.Subscription
	lensRefresh     bool // it asks for code lenses again when told to
	hintRefresh     bool // likewise for inlay hints
	pull            bool // it asks for diagnostics, and again when told to
	llmTag          bool // it knows the tag LLMGenerated of code actions
	language        language

	watchFiles                                  bool // it can be asked to watch files
	configuration                               bool // it can be asked for its settings
	configureDynamic                            bool // it says that they changed only where that was registered
	willRename, didRename, didCreate, didDelete bool // it tells of its person's file operations
}

// label is the client's name and version for people.
func (t *traits) label() string { return strings.TrimSpace(t.name + " " + t.version) }

// quirk corrects the announced capabilities of one client. Each line was seen with the real client, and has a test
// over what that client sends.
type quirk struct {
	name    string // the start of clientInfo.name, in lower case
	version string // the start of clientInfo.version, "" for any
	why     string
	mend    func(*traits)
	is      func(*protocol.InitializeParams) bool // in place of a name, for clients that do not say theirs
}

// fits says whether the quirk is about this client.
func (q *quirk) fits(t *traits, p *protocol.InitializeParams) bool {
	if q.is != nil {
		return q.is(p)
	}
	return strings.HasPrefix(strings.ToLower(t.name), q.name) && strings.HasPrefix(t.version, q.version)
}

var quirks = []quirk{
	{name: "visual studio code", why: "its prompts are toasts, which take no typed keys; its preview takes what is ticked", mend: workbench},
	{name: "code-server", why: "it is VS Code's own workbench", mend: workbench},
	{name: "vscodium", why: "it is VS Code's own workbench", mend: workbench},
	{name: "neovim", why: "it does documentChanges and does not announce them", mend: func(t *traits) { t.documentChanges = true }},
	{name: "neovim", why: "a message that does not fit its line asks for a key; our plugin shows it otherwise", mend: func(t *traits) { t.oneLine = !t.safePrompts }},
	{name: "helix", version: "25.01", why: "it answers message requests with method not found", mend: mute},
	{is: isALE, why: "it never answers a request", mend: mute},
}

func mute(t *traits) { t.messageRequest = false }

// isALE knows the one client that says that it takes no edits, and does not say who it is.
func isALE(p *protocol.InitializeParams) bool {
	w := p.Capabilities.Workspace
	return p.ClientInfo.Name == "" && p.Capabilities.Window == nil && w != nil && w.ApplyEdit != nil && !*w.ApplyEdit
}

func workbench(t *traits) { t.safePrompts, t.previews = true, t.annotations }

// traitsOf reads what a client announces and applies its quirks.
func traitsOf(p *protocol.InitializeParams) *traits {
	version, _ := p.ClientInfo.Version.Get()
	name, _ := text.VisibleLine(firstLine(p.ClientInfo.Name), maxName)
	version, _ = text.VisibleLine(firstLine(version), maxName)
	t := &traits{name: name, version: version, encoding: text.UTF16, messageRequest: true}
	c := &p.Capabilities
	if c.General != nil {
		t.encoding = negotiate(c.General.PositionEncodings)
	}
	t.ofWorkspace(c.Workspace)
	t.ofWindow(c.Window)
	if c.TextDocument != nil && c.TextDocument.CodeAction != nil {
		t.llmTag = knowsTag(c.TextDocument.CodeAction)
	}
	t.language = languageOf(c.TextDocument)
	t.pull = c.TextDocument != nil && c.TextDocument.Diagnostic != nil &&
		c.Workspace != nil && c.Workspace.Diagnostics != nil && isTrue(c.Workspace.Diagnostics.RefreshSupport)
	t.ofExperimental(c.Experimental)
	for _, q := range quirks {
		if q.fits(t, p) {
			q.mend(t)
		}
	}
	return t
}

// maxName bounds, in characters, what a client may call itself: it is shown and journalled.
const maxName = 60

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

func isTrue(b *bool) bool { return b != nil && *b }

func (t *traits) ofWorkspace(w *protocol.WorkspaceClientCapabilities) {
	if w == nil {
		return
	}
	t.applyEdit = isTrue(w.ApplyEdit)
	t.virtual = w.TextDocumentContent != nil
	t.lensRefresh = w.CodeLens != nil && isTrue(w.CodeLens.RefreshSupport)
	t.configuration = isTrue(w.Configuration)
	t.configureDynamic = w.DidChangeConfiguration != nil && isTrue(w.DidChangeConfiguration.DynamicRegistration)
	t.watchFiles = w.DidChangeWatchedFiles != nil && isTrue(w.DidChangeWatchedFiles.DynamicRegistration)
	if f := w.FileOperations; f != nil {
		t.willRename, t.didRename = isTrue(f.WillRename), isTrue(f.DidRename)
		t.didCreate, t.didDelete = isTrue(f.DidCreate), isTrue(f.DidDelete)
	}
	t.hintRefresh = w.InlayHint != nil && isTrue(w.InlayHint.RefreshSupport)
	if e := w.WorkspaceEdit; e != nil {
		t.documentChanges = isTrue(e.DocumentChanges)
		t.batchEdits = transactional(e.FailureHandling)
		t.annotations = e.ChangeAnnotationSupport != nil
	}
}

// transactional says whether text edits of several documents are all applied or none. Where that is not promised, one
// document a request goes out: clients were seen to stop half way and report success.
func transactional(k protocol.FailureHandlingKind) bool {
	return k == protocol.FailureHandlingKindTransactional || k == protocol.FailureHandlingKindTextOnlyTransactional
}

func (t *traits) ofWindow(w *protocol.WindowClientCapabilities) {
	if w == nil {
		return
	}
	t.progress = isTrue(w.WorkDoneProgress)
	t.showDocument = w.ShowDocument != nil && w.ShowDocument.Support
}

func knowsTag(c *protocol.CodeActionClientCapabilities) bool {
	for _, tag := range c.TagSupport.ValueSet {
		if tag == protocol.CodeActionTagLLMGenerated {
			return true
		}
	}
	return false
}

// ofExperimental reads what our own clients say. What cannot be read counts as nothing said.
func (t *traits) ofExperimental(raw protocol.LSPAny) {
	var e struct{ Slop wire.Capabilities }
	if len(raw) == 0 || json.Unmarshal(raw, &e) != nil {
		return
	}
	t.state, t.stream, t.events = e.Slop.State, e.Slop.Stream, e.Slop.Events
	t.safePrompts, t.saves = e.Slop.Prompts, e.Slop.Save
	t.batchPrompts = e.Slop.Batch
}

// negotiate is the first of the client's position encodings that costs nothing here, else UTF-16.
func negotiate(offered []protocol.PositionEncodingKind) text.Encoding {
	for _, e := range []text.Encoding{text.UTF8, text.UTF16, text.UTF32} {
		if slices.Contains(offered, protocol.PositionEncodingKind(e)) {
			return e
		}
	}
	return text.UTF16
}
