package attach

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// shown is what a daemon has put before the client and must be taken back when it dies. It has no lock: the
// forwarder's. It outlives daemons: the ids of their requests are numbered through, so that an answer to a dead one
// can never pass for an answer to its successor.
type shown struct {
	last          int64                      // id of the newest request to the client
	calls         map[string]*demand         // the living daemon's requests that are not answered, by the id that the client knows
	byOwn         map[string]*demand         // the same, by the daemon's own id
	progress      map[string]json.RawMessage // tokens of progress that has begun and not ended
	registrations map[string]string          // id → method
	published     map[string]string          // uri key → uri of those with diagnostics
}

// demand is a request of a daemon.
type demand struct {
	known, own []byte // its id to the client and to the daemon
}

func newShown() *shown {
	return &shown{
		calls: map[string]*demand{}, byOwn: map[string]*demand{}, progress: map[string]json.RawMessage{},
		registrations: map[string]string{}, published: map[string]string{},
	}
}

func (s *shown) nextID() []byte {
	s.last++
	return strconv.AppendInt(nil, s.last, 10)
}

// ask enters a request of the daemon and returns the id that the client sees.
func (s *shown) ask(msg *message) []byte {
	d := &demand{known: s.nextID(), own: clone(msg.id)}
	switch msg.method {
	case "client/registerCapability", "client/unregisterCapability":
		s.register(msg)
	}
	s.calls[string(d.known)], s.byOwn[idKey(d.own)] = d, d
	return d.known
}

// answer takes the client's answer and returns the daemon's own id of the request; nil says that nobody alive asked.
func (s *shown) answer(id []byte) []byte {
	d := s.calls[string(id)]
	if d == nil {
		return nil
	}
	delete(s.calls, string(id))
	delete(s.byOwn, idKey(d.own))
	return d.own
}

func (s *shown) register(msg *message) {
	var p struct {
		Registrations []registration `json:"registrations"`
		// The protocol itself spells it so.
		Unregisterations []registration `json:"unregisterations"`
	}
	if json.Unmarshal(msg.params, &p) != nil {
		return
	}
	for _, r := range p.Registrations {
		s.registrations[r.ID] = r.Method
	}
	for _, r := range p.Unregisterations {
		delete(s.registrations, r.ID)
	}
}

type registration struct {
	ID     string `json:"id"`
	Method string `json:"method"`
}

// notified takes a notification of the daemon, and returns its body in parts as the client is to see it; nil where it
// has nothing to see.
func (s *shown) notified(msg *message) [][]byte {
	switch msg.method {
	case "$/cancelRequest":
		return s.withdraw(msg.params)
	case "$/progress":
		s.progressed(msg.params)
	case "textDocument/publishDiagnostics":
		s.publish(msg.params)
	}
	return [][]byte{msg.body}
}

// withdraw is the daemon's cancellation of one of its requests, under the id that the client knows.
func (s *shown) withdraw(params []byte) [][]byte {
	var p struct {
		ID json.RawMessage `json:"id"`
	}
	if json.Unmarshal(params, &p) != nil {
		return nil
	}
	if d := s.byOwn[idKey(p.ID)]; d != nil {
		return [][]byte{cancellation(d.known)}
	}
	return nil
}

func cancellation(id []byte) []byte {
	return encode("$/cancelRequest", map[string]json.RawMessage{"id": id})
}

func (s *shown) progressed(params []byte) {
	var p struct {
		Token json.RawMessage `json:"token"`
		Value json.RawMessage `json:"value"`
	}
	if json.Unmarshal(params, &p) != nil {
		return
	}
	var v struct {
		Kind string `json:"kind"`
	}
	if json.Unmarshal(p.Value, &v) != nil {
		return // a partial result need not be an object
	}
	switch v.Kind {
	case "begin":
		s.progress[string(p.Token)] = clone(p.Token)
	case "end":
		delete(s.progress, string(p.Token))
	}
}

func (s *shown) publish(params []byte) {
	var p struct {
		URI         string            `json:"uri"`
		Diagnostics []json.RawMessage `json:"diagnostics"`
	}
	if json.Unmarshal(params, &p) != nil {
		return
	}
	if len(p.Diagnostics) == 0 {
		delete(s.published, uriKey(p.URI))
		return
	}
	s.published[uriKey(p.URI)] = p.URI
}

// takeBack is what the client is told when a daemon has died: its prompts are withdrawn, its progress ends, what it
// registered is unregistered, and its diagnostics go, save those of open documents, which the next daemon sets again.
func (s *shown) takeBack(open map[string]*document) [][]byte {
	var list [][]byte
	for _, d := range slices.SortedFunc(maps.Values(s.calls), func(a, b *demand) int {
		return cmp.Or(cmp.Compare(len(a.known), len(b.known)), slices.Compare(a.known, b.known))
	}) {
		list = append(list, cancellation(d.known))
	}
	for _, key := range slices.Sorted(maps.Keys(s.progress)) {
		list = append(list, encode("$/progress", map[string]any{
			"token": s.progress[key], "value": map[string]string{"kind": "end"},
		}))
	}
	if len(s.registrations) > 0 {
		list = append(list, s.unregister())
	}
	for _, key := range slices.Sorted(maps.Keys(s.published)) {
		if open[key] == nil {
			list = append(list, encode("textDocument/publishDiagnostics", map[string]any{"uri": s.published[key], "diagnostics": []string{}}))
			delete(s.published, key)
		}
	}
	clear(s.calls)
	clear(s.byOwn)
	clear(s.progress)
	clear(s.registrations)
	return list
}

func (s *shown) unregister() []byte {
	var all []registration
	for _, id := range slices.Sorted(maps.Keys(s.registrations)) {
		all = append(all, registration{ID: id, Method: s.registrations[id]})
	}
	return mustJSON(struct {
		JSONRPC string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Method  string          `json:"method"`
		Params  any             `json:"params"`
	}{"2.0", s.nextID(), "client/unregisterCapability", map[string]any{"unregisterations": all}})
}
