package attach

import (
	"encoding/json"
	"errors"
	"math"
	"net/url"
	"strings"

	"github.com/slop-ls/slop-ls/engine/text"
)

// document is an open document as another daemon would have to be told of it.
type document struct {
	uri      string // as the client spells it
	language string
	order    uint64 // of its didOpen among the client's messages
	edits    uint64 // grows with each didChange, and is not 0
	now      version
	saved    *version // at the last didSave, nil before
	save     []byte   // that didSave
	broken   []byte   // the didChange that could not be read, until a whole text came
}

// version is a document's text at one moment.
type version struct {
	number int32
	index  *text.Index
}

type textItem struct {
	URI        string `json:"uri"`
	LanguageID string `json:"languageId"`
	Version    int32  `json:"version"`
	Text       string `json:"text"`
}

type openParams struct {
	TextDocument textItem `json:"textDocument"`
}

// opened is the document of a didOpen, nil where it cannot be read.
func opened(params []byte, order uint64) *document {
	var p openParams
	if json.Unmarshal(params, &p) != nil || p.TextDocument.URI == "" {
		return nil
	}
	t := p.TextDocument
	return &document{
		uri: t.URI, language: t.LanguageID, order: order, edits: order,
		now: version{number: t.Version, index: text.NewIndex([]byte(t.Text))},
	}
}

type changeParams struct {
	TextDocument struct {
		URI     string `json:"uri"`
		Version int32  `json:"version"`
	} `json:"textDocument"`
	ContentChanges []change `json:"contentChanges"`
}

type change struct {
	Range *struct{ Start, End *place } `json:"range"`
	Text  *string                      `json:"text"`
}

type place struct{ Line, Character *int64 }

var errUnreadable = errors.New("a change that cannot be read")

func (p *place) position() (text.Position, error) {
	in := func(n *int64) bool { return n != nil && 0 <= *n && *n <= math.MaxUint32 }
	if p == nil || !in(p.Line) || !in(p.Character) {
		return text.Position{}, errUnreadable
	}
	return text.Position{Line: int(*p.Line), Column: int(*p.Character)}, nil
}

// apply is the text after one change. Positions outside of the text are clamped, as the server does it.
func (c *change) apply(x *text.Index, enc text.Encoding) (*text.Index, error) {
	if c.Text == nil {
		return nil, errUnreadable
	}
	if c.Range == nil {
		return text.NewIndex([]byte(*c.Text)), nil
	}
	start, err := c.Range.Start.position()
	if err != nil {
		return nil, err
	}
	end, err := c.Range.End.position()
	if err != nil {
		return nil, err
	}
	return x.Splice(x.Span(start, end, enc), *c.Text)
}

// change takes a didChange, whole or not at all. body is the message, kept where it cannot be read.
func (d *document) change(p *changeParams, readErr error, enc text.Encoding, body []byte) {
	x, whole, err := d.now.index, false, readErr
	for i := range p.ContentChanges {
		if err != nil {
			break
		}
		whole = whole || p.ContentChanges[i].Range == nil
		x, err = p.ContentChanges[i].apply(x, enc)
	}
	d.now.number = p.TextDocument.Version
	d.edits++
	if err != nil {
		d.broken = clone(body)
		return
	}
	d.now.index = x
	if whole {
		d.broken = nil
	}
}

// tell is what opens the document in a daemon that has not seen it: as it was saved last, and then as it is now, since
// the two are not the same to a server.
func (d *document) tell() [][]byte {
	first := d.now
	if d.saved != nil {
		first = *d.saved
	}
	messages := [][]byte{encode("textDocument/didOpen", openParams{textItem{
		URI: d.uri, LanguageID: d.language, Version: first.number, Text: first.index.Text(),
	}})}
	if d.saved != nil {
		messages = append(messages, d.save)
	}
	if first != d.now {
		messages = append(messages, d.tellChange())
	}
	if d.broken != nil {
		messages = append(messages, d.broken)
	}
	return messages
}

func (d *document) tellChange() []byte {
	whole := d.now.index.Text()
	p := struct {
		TextDocument struct {
			URI     string `json:"uri"`
			Version int32  `json:"version"`
		} `json:"textDocument"`
		ContentChanges []map[string]string `json:"contentChanges"`
	}{ContentChanges: []map[string]string{{"text": whole}}}
	p.TextDocument.URI, p.TextDocument.Version = d.uri, d.now.number
	return encode("textDocument/didChange", p)
}

// uriKey is the same for the spellings of a URI that clients mix.
func uriKey(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" {
		return raw
	}
	return strings.ToLower(u.Scheme+"://"+u.Host) + u.Path + "?" + u.RawQuery
}

// uriOf is the URI of the document that params are about, empty where they name none.
func uriOf(params []byte) string {
	var p struct {
		TextDocument struct {
			URI string `json:"uri"`
		} `json:"textDocument"`
	}
	if json.Unmarshal(params, &p) != nil {
		return ""
	}
	return p.TextDocument.URI
}

func clone(b []byte) []byte { return append([]byte(nil), b...) }

// encode makes a notification.
func encode(method string, params any) []byte {
	return mustJSON(struct {
		JSONRPC string `json:"jsonrpc"`
		Method  string `json:"method"`
		Params  any    `json:"params,omitempty"`
	}{"2.0", method, params})
}

// mustJSON encodes what always can be: strings, numbers and JSON that was read.
func mustJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // a defect of this package: every type that comes here encodes
	}
	return raw
}
