package traits

import (
	"encoding/json"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// Client is how a client is dealt with: what it announced, corrected by what it was seen to do. It is immutable.
type Client struct {
	Name, version string
	Encoding      text.Encoding

	ApplyEdit       bool // it takes workspace/applyEdit at any time
	DocumentChanges bool // it takes versioned document edits
	BatchEdits      bool // it applies all documents of an edit or none
	annotations     bool // it announces change annotations
	Previews        bool // it really shows them, and takes what the person ticked
	Saves           bool // it takes slop/save
	SafePrompts     bool // typing cannot answer a message prompt by accident
	BatchPrompts    bool // it takes prompts about several approvals
	OneLine         bool // a message that does not fit its line takes a key of the person
	MessageRequest  bool // it answers window/showMessageRequest at all
	ShowDocument    bool
	Progress        bool
	State           bool // it wants slop/state
	Stream          bool // it wants slop/stream
	Virtual         bool // it asks for the text of documents that are no files
	Events          wire.Subscription
	LensRefresh     bool // it asks for code lenses again when told to
	HintRefresh     bool // likewise for inlay hints
	Pull            bool // it asks for diagnostics, and again when told to
	LLMTag          bool // it knows the tag LLMGenerated of code actions
	Language        Language

	WatchFiles                                  bool // it can be asked to watch files
	Configuration                               bool // it can be asked for its settings
	ConfigureDynamic                            bool // it says that they changed only where that was registered
	WillRename, DidRename, DidCreate, DidDelete bool // it tells of its person's file operations
}

// Label is the client's name and version for people.
func (t *Client) Label() string { return strings.TrimSpace(t.Name + " " + t.version) }

// quirk corrects the announced capabilities of one client. Each line was seen with the real client, and has a test
// over what that client sends.
type quirk struct {
	name    string // the start of clientInfo.name, in lower case
	version string // the start of clientInfo.version, "" for any
	why     string
	mend    func(*Client)
	is      func(*protocol.InitializeParams) bool // in place of a name, for clients that do not say theirs
}

// fits says whether the quirk is about this client.
func (q *quirk) fits(t *Client, p *protocol.InitializeParams) bool {
	if q.is != nil {
		return q.is(p)
	}
	return strings.HasPrefix(strings.ToLower(t.Name), q.name) && strings.HasPrefix(t.version, q.version)
}

var quirks = []quirk{
	{name: "visual studio code", why: "its prompts are toasts, which take no typed keys; its preview takes what is ticked", mend: workbench},
	{name: "code-server", why: "it is VS Code's own workbench", mend: workbench},
	{name: "vscodium", why: "it is VS Code's own workbench", mend: workbench},
	{name: "neovim", why: "it does documentChanges and does not announce them", mend: func(t *Client) { t.DocumentChanges = true }},
	{name: "neovim", why: "a message that does not fit its line asks for a key; our plugin shows it otherwise", mend: func(t *Client) { t.OneLine = !t.SafePrompts }},
	{name: "helix", version: "25.01", why: "it answers message requests with method not found", mend: mute},
	{is: isALE, why: "it never answers a request", mend: mute},
}

func mute(t *Client) { t.MessageRequest = false }

// isALE knows the one client that says that it takes no edits, and does not say who it is.
func isALE(p *protocol.InitializeParams) bool {
	w := p.Capabilities.Workspace
	return p.ClientInfo.Name == "" && p.Capabilities.Window == nil && w != nil && w.ApplyEdit != nil && !*w.ApplyEdit
}

func workbench(t *Client) { t.SafePrompts, t.Previews = true, t.annotations }

// Of reads what a client announces and applies its quirks.
func Of(p *protocol.InitializeParams) *Client {
	version, _ := p.ClientInfo.Version.Get()
	name, _ := text.VisibleLine(firstLine(p.ClientInfo.Name), maxName)
	version, _ = text.VisibleLine(firstLine(version), maxName)
	t := &Client{Name: name, version: version, Encoding: text.UTF16, MessageRequest: true}
	c := &p.Capabilities
	if c.General != nil {
		t.Encoding = negotiate(c.General.PositionEncodings)
	}
	t.ofWorkspace(c.Workspace)
	t.ofWindow(c.Window)
	if c.TextDocument != nil && c.TextDocument.CodeAction != nil {
		t.LLMTag = knowsTag(c.TextDocument.CodeAction)
	}
	t.Language = languageOf(c.TextDocument)
	t.Pull = c.TextDocument != nil && c.TextDocument.Diagnostic != nil &&
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

func (t *Client) ofWorkspace(w *protocol.WorkspaceClientCapabilities) {
	if w == nil {
		return
	}
	t.ApplyEdit = isTrue(w.ApplyEdit)
	t.Virtual = w.TextDocumentContent != nil
	t.LensRefresh = w.CodeLens != nil && isTrue(w.CodeLens.RefreshSupport)
	t.Configuration = isTrue(w.Configuration)
	t.ConfigureDynamic = w.DidChangeConfiguration != nil && isTrue(w.DidChangeConfiguration.DynamicRegistration)
	t.WatchFiles = w.DidChangeWatchedFiles != nil && isTrue(w.DidChangeWatchedFiles.DynamicRegistration)
	if f := w.FileOperations; f != nil {
		t.WillRename, t.DidRename = isTrue(f.WillRename), isTrue(f.DidRename)
		t.DidCreate, t.DidDelete = isTrue(f.DidCreate), isTrue(f.DidDelete)
	}
	t.HintRefresh = w.InlayHint != nil && isTrue(w.InlayHint.RefreshSupport)
	if e := w.WorkspaceEdit; e != nil {
		t.DocumentChanges = isTrue(e.DocumentChanges)
		t.BatchEdits = transactional(e.FailureHandling)
		t.annotations = e.ChangeAnnotationSupport != nil
	}
}

// transactional says whether text edits of several documents are all applied or none. Where that is not promised, one
// document a request goes out: clients were seen to stop half way and report success.
func transactional(k protocol.FailureHandlingKind) bool {
	return k == protocol.FailureHandlingKindTransactional || k == protocol.FailureHandlingKindTextOnlyTransactional
}

func (t *Client) ofWindow(w *protocol.WindowClientCapabilities) {
	if w == nil {
		return
	}
	t.Progress = isTrue(w.WorkDoneProgress)
	t.ShowDocument = w.ShowDocument != nil && w.ShowDocument.Support
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
func (t *Client) ofExperimental(raw protocol.LSPAny) {
	var e struct{ Slop wire.Capabilities }
	if len(raw) == 0 || json.Unmarshal(raw, &e) != nil {
		return
	}
	t.State, t.Stream, t.Events = e.Slop.State, e.Slop.Stream, e.Slop.Events
	t.SafePrompts, t.Saves = e.Slop.Prompts, e.Slop.Save
	t.BatchPrompts = e.Slop.Batch
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
