package attach

import (
	"bytes"
	"encoding/json"
)

// message is a JSON-RPC message as far as a forwarder must know it. Its slices are parts of body.
type message struct {
	body   []byte
	method string
	id     []byte // raw JSON; nil where there is none or it is null
	params []byte // raw JSON; nil where there is none
	failed bool   // it has an error
	idAt   int    // of id in body
}

// A message is one of these by what it has, or neither: then it is not for a forwarder to understand.
func (m *message) isCall() bool         { return m.method != "" && m.id != nil }
func (m *message) isNotification() bool { return m.method != "" && m.id == nil }
func (m *message) isReply() bool        { return m.method == "" && m.id != nil }

// withID is the message's body in parts, with another id.
func (m *message) withID(id []byte) [][]byte {
	return [][]byte{m.body[:m.idAt], id, m.body[m.idAt+len(m.id):]}
}

// scan finds the members of a JSON-RPC message without decoding the rest, so that a large message costs one pass. It is
// false where body is no object of such members, or names one twice. What is inside of a value is not checked.
func scan(body []byte) (message, bool) {
	m := message{body: body}
	s := scanner{in: body}
	if !s.eat('{') {
		return m, false
	}
	var seen [4]bool
	for first := true; !s.eat('}'); first = false {
		if !first && !s.eat(',') {
			return m, false
		}
		key, ok := s.key()
		if !ok || !s.eat(':') {
			return m, false
		}
		from, to, ok := s.value()
		if !ok || !m.member(key, from, to, &seen) {
			return m, false
		}
	}
	s.space()
	return m, s.at == len(body)
}

// member takes a member that matters. It is false for a second one of a name, and for a method that is no string.
func (m *message) member(key string, from, to int, seen *[4]bool) bool {
	raw := m.body[from:to]
	n := 0
	switch key {
	case "id":
		if string(raw) != "null" {
			m.id, m.idAt = raw, from
		}
	case "method":
		n = 1
		if json.Unmarshal(raw, &m.method) != nil || m.method == "" {
			return false
		}
	case "params":
		n, m.params = 2, raw
	case "error":
		n, m.failed = 3, true
	default:
		return true
	}
	fresh := !seen[n]
	seen[n] = true
	return fresh
}

// idKey is the same for all ways to write an id.
func idKey(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return `"` + s + `"`
}

type scanner struct {
	in []byte
	at int
}

func (s *scanner) space() {
	for s.at < len(s.in) {
		switch s.in[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) eat(c byte) bool {
	s.space()
	if s.at < len(s.in) && s.in[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) key() (string, bool) {
	s.space()
	from := s.at
	if !s.text() {
		return "", false
	}
	raw := s.in[from:s.at]
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), true
	}
	var key string
	return key, json.Unmarshal(raw, &key) == nil
}

// text passes over a string.
func (s *scanner) text() bool {
	if s.at >= len(s.in) || s.in[s.at] != '"' {
		return false
	}
	for at := s.at + 1; ; {
		n := bytes.IndexByte(s.in[at:], '"')
		if n < 0 {
			return false
		}
		end := at + n
		slashes := 0
		for s.in[end-1-slashes] == '\\' { // ends at the opening quote
			slashes++
		}
		at = end + 1
		if slashes%2 == 0 {
			s.at = at
			return true
		}
	}
}

// value passes over a value and returns where it is.
func (s *scanner) value() (from, to int, ok bool) {
	s.space()
	from = s.at
	if from >= len(s.in) {
		return 0, 0, false
	}
	switch s.in[from] {
	case '"':
		ok = s.text()
	case '{', '[':
		ok = s.nested()
	default:
		ok = s.literal()
	}
	return from, s.at, ok
}

// nested passes over an object or an array.
func (s *scanner) nested() bool {
	for depth := 0; s.at < len(s.in); {
		switch s.in[s.at] {
		case '"':
			if !s.text() {
				return false
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.at++
		if depth == 0 {
			return true
		}
	}
	return false
}

func (s *scanner) literal() bool {
	from := s.at
	for s.at < len(s.in) {
		switch s.in[s.at] {
		case ',', '}', ']', ' ', '\t', '\r', '\n':
			return s.at > from
		case '"', '{', '[', ':':
			return false
		}
		s.at++
	}
	return s.at > from
}
