package attach

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// memory is what the client said, as far as another daemon would have to be told. It has no lock: the forwarder's.
type memory struct {
	seq       uint64 // of the client's newest message
	confirmed uint64 // the daemon has read everything up to this one

	initialize  []byte // the request, once it was answered well
	encoding    text.Encoding
	initialized []byte // the notification
	trace       []byte
	settings    []byte
	folders     folders
	documents   map[string]*document
	calls       map[string]*call // requests that are not answered, by idKey
	tail        []note           // notifications that the daemon may not have read
	events      told
	down        bool // the client asked to shut down
}

// call is a request of the client that waits for its answer.
type call struct {
	seq       uint64
	id        []byte
	method    string
	body      []byte // nil where it is not sent twice
	about     string // key of the document that it is about; empty for none
	edits     uint64 // of that document when it was sent
	cancelled bool
}

type note struct {
	seq  uint64
	body []byte
}

// maxTail bounds the notifications that are kept. An older one has long been read.
const maxTail = 256

func newMemory() *memory {
	return &memory{encoding: text.UTF16, documents: map[string]*document{}, calls: map[string]*call{}}
}

// client takes a message that is sent to the daemon. Nothing of it is kept but copies.
func (m *memory) client(msg *message) {
	m.seq++
	switch {
	case msg.isCall():
		m.request(msg)
	case msg.isNotification():
		m.notification(msg)
	}
}

func (m *memory) request(msg *message) {
	key := idKey(msg.id)
	if _, taken := m.calls[key]; taken {
		return // the daemon refuses the second one
	}
	c := &call{seq: m.seq, id: clone(msg.id), method: msg.method}
	if repeatable(msg) {
		c.body = clone(msg.body)
	}
	if uri := uriOf(msg.params); uri != "" {
		c.about = uriKey(uri)
		c.edits = m.editsOf(c.about)
	}
	m.calls[key] = c
	if msg.method == wire.SubscribeMethod {
		m.events.subscribed(msg.params)
	}
	m.down = m.down || msg.method == "shutdown"
}

// editsOf is how often the client has changed a document since it opened it; 0 where it is not open.
func (m *memory) editsOf(key string) uint64 {
	if d := m.documents[key]; d != nil {
		return d.edits
	}
	return 0
}

// repeatable reports whether a request only asks: whoever sends it twice changes nothing. One with partial results
// would bring these twice.
func repeatable(msg *message) bool {
	if msg.method == "initialize" {
		return true
	}
	asks := msg.method == wire.SubscribeMethod || msg.method == "workspace/symbol" || msg.method == "workspace/diagnostic" ||
		strings.HasPrefix(msg.method, "textDocument/") || strings.HasPrefix(msg.method, "workspace/will") ||
		strings.HasPrefix(msg.method, "callHierarchy/") || strings.HasPrefix(msg.method, "typeHierarchy/") ||
		strings.HasSuffix(msg.method, "/resolve") || msg.method == "workspace/textDocumentContent"
	if !asks || !bytes.Contains(msg.params, []byte("partialResultToken")) {
		return asks
	}
	var p struct {
		Token json.RawMessage `json:"partialResultToken"`
	}
	return json.Unmarshal(msg.params, &p) != nil || p.Token == nil
}

func (m *memory) notification(msg *message) {
	switch msg.method {
	case "initialized":
		m.initialized = clone(msg.body)
	case "$/setTrace":
		m.trace = clone(msg.body)
	case "workspace/didChangeConfiguration":
		m.settings = clone(msg.body)
	case "workspace/didChangeWorkspaceFolders":
		m.folders.change(msg.params)
	case "textDocument/didOpen", "textDocument/didChange", "textDocument/didSave", "textDocument/didClose":
		m.document(msg)
	case "$/cancelRequest":
		m.cancel(msg.params)
	case "exit", "window/workDoneProgress/cancel", "$/progress":
		// They are about a daemon, not about the workspace.
	default:
		m.tail = append(m.tail, note{m.seq, clone(msg.body)})
		if len(m.tail) > maxTail {
			m.tail = slices.Delete(m.tail, 0, len(m.tail)-maxTail)
		}
	}
}

func (m *memory) document(msg *message) {
	if msg.method == "textDocument/didOpen" {
		if d := opened(msg.params, m.seq); d != nil {
			m.documents[uriKey(d.uri)] = d
		}
		return
	}
	var p changeParams
	var readErr error
	if msg.method == "textDocument/didChange" {
		readErr = json.Unmarshal(msg.params, &p)
	} else {
		p.TextDocument.URI = uriOf(msg.params)
	}
	d := m.documents[uriKey(p.TextDocument.URI)]
	if d == nil {
		return
	}
	switch msg.method {
	case "textDocument/didChange":
		d.change(&p, readErr, m.encoding, msg.body)
	case "textDocument/didSave":
		saved := d.now
		d.saved, d.save = &saved, clone(msg.body)
	case "textDocument/didClose":
		delete(m.documents, uriKey(p.TextDocument.URI))
	}
}

func (m *memory) cancel(params []byte) {
	var p struct {
		ID json.RawMessage `json:"id"`
	}
	if json.Unmarshal(params, &p) != nil {
		return
	}
	if c := m.calls[idKey(p.ID)]; c != nil {
		c.cancelled = true
	}
}

// answered takes the daemon's answer to a request of the client.
func (m *memory) answered(msg *message) {
	key := idKey(msg.id)
	c := m.calls[key]
	if c == nil {
		return
	}
	delete(m.calls, key)
	m.confirmed = max(m.confirmed, c.seq)
	read := slices.IndexFunc(m.tail, func(n note) bool { return n.seq > m.confirmed })
	if read < 0 {
		read = len(m.tail)
	}
	m.tail = slices.Delete(m.tail, 0, read)
	if c.method == "initialize" && !msg.failed {
		m.initialize, m.encoding = c.body, encodingOf(msg.body)
		m.folders.first(m.initialize)
	}
}

// encodingOf is the position encoding that an initialize result settles.
func encodingOf(body []byte) text.Encoding {
	var r struct {
		Result struct {
			Capabilities struct {
				PositionEncoding text.Encoding `json:"positionEncoding"`
			} `json:"capabilities"`
		} `json:"result"`
	}
	if json.Unmarshal(body, &r) != nil || r.Result.Capabilities.PositionEncoding == "" {
		return text.UTF16
	}
	return r.Result.Capabilities.PositionEncoding
}

// retell is what another daemon is told after initialize, in order.
func (m *memory) retell() [][]byte {
	var list [][]byte
	for _, body := range [][]byte{m.initialized, m.trace, m.settings, m.folders.tell()} {
		if body != nil {
			list = append(list, body)
		}
	}
	open := slices.SortedFunc(maps.Values(m.documents), func(a, b *document) int { return cmp.Compare(a.order, b.order) })
	for _, d := range open {
		list = append(list, d.tell()...)
	}
	for _, n := range m.tail {
		list = append(list, n.body)
	}
	return append(list, m.again()...)
}

// again is the requests that are sent once more, in order.
func (m *memory) again() [][]byte {
	var list [][]byte
	for _, c := range m.inOrder() {
		list = append(list, c.body)
	}
	return list
}

func (m *memory) inOrder() []*call {
	return slices.SortedFunc(maps.Values(m.calls), func(a, b *call) int { return cmp.Compare(a.seq, b.seq) })
}

// Error codes of the protocol.
const (
	codeParseError       = -32700
	codeInvalidRequest   = -32600
	codeNotInitialized   = -32002
	codeRequestFailed    = -32803
	codeServerCancelled  = -32802
	codeContentModified  = -32801
	codeRequestCancelled = -32800
)

// orphans takes the requests that a dead daemon leaves and that cannot be sent again, and returns their answers.
func (m *memory) orphans() [][]byte {
	var list [][]byte
	for _, c := range m.inOrder() {
		answer := m.orphan(c)
		if answer == nil {
			continue
		}
		delete(m.calls, idKey(c.id))
		list = append(list, answer)
	}
	return list
}

// orphan is the answer to a request whose daemon has died, nil where it is to be sent again.
func (m *memory) orphan(c *call) []byte {
	switch {
	case c.method == "shutdown":
		return result(c.id, nil)
	case c.cancelled:
		return failure(c.id, codeRequestCancelled, "cancelled by the editor")
	case c.body == nil && strings.HasPrefix(c.method, "textDocument/"):
		return failure(c.id, codeServerCancelled, "the daemon of slop-ls ended while it answered: ask again")
	case c.body == nil:
		return failure(c.id, codeRequestFailed, "the daemon of slop-ls ended while it carried out "+c.method+
			", and whether it took effect is not known: look at the tickets, then ask again if need be")
	case c.about != "" && c.edits != m.editsOf(c.about):
		// Its positions were those of an older text, which another daemon never sees.
		return failure(c.id, codeContentModified, "the text has changed since")
	}
	return nil
}

// refuse answers everything that waits with an error.
func (m *memory) refuse(why string) [][]byte {
	var list [][]byte
	for _, c := range m.inOrder() {
		list = append(list, failure(c.id, codeRequestFailed, why))
	}
	clear(m.calls)
	return list
}

func failure(id []byte, code int, text string) []byte {
	if id == nil {
		id = []byte("null")
	}
	type wireError struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	return mustJSON(struct {
		JSONRPC string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Error   wireError       `json:"error"`
	}{"2.0", id, wireError{code, text}})
}

func result(id []byte, value any) []byte {
	return mustJSON(struct {
		JSONRPC string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Result  any             `json:"result"`
	}{"2.0", id, value})
}
