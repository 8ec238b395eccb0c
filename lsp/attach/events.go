package attach

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/slop-ls/slop-ls/lsp/wire"
)

// told is what the client has had of slop/events, so that another daemon goes on where the one before ended. It has no
// lock: the forwarder's.
type told struct {
	known bool   // seq says where to go on: without it, what the client said in initialize still holds
	seq   uint64 // of the newest event, or after which the client asked for them
	n     int    // how many of that seq the client has had
	again int    // how many of that seq another daemon tells a second time
	back  uint64 // the client went back behind this seq: what is told beyond it may still be what it asked for before
}

// event takes a slop/events notification. It is false for one that the client has had from an earlier daemon.
func (t *told) event(params []byte) (news bool) {
	var e struct{ Seq uint64 }
	if json.Unmarshal(params, &e) != nil {
		return true
	}
	if t.known && e.Seq == t.seq && t.again > 0 {
		t.again--
		return false
	}
	if t.known && (t.back > 0 && e.Seq > t.back || t.n == 0 && e.Seq <= t.seq) {
		return true // of the subscription before: it says nothing of how far the present one is
	}
	if !t.known || e.Seq != t.seq {
		t.n = 0
	}
	t.back = 0
	t.known, t.seq, t.again = true, e.Seq, 0
	t.n++
	return true
}

// subscribed takes a request for the events after a seq, which replaces what was asked for before.
func (t *told) subscribed(params []byte) {
	var p wire.EventsArgs
	if json.Unmarshal(params, &p) != nil {
		return
	}
	next := told{known: true, seq: p.After}
	if t.n > 0 && p.After < t.seq {
		next.back = t.seq
	}
	*t = next
}

// after is the seq after which another daemon is to tell. Several events may have one seq, and the one that died may
// have told only some of them, so that all of these are told again, and those that the client has had are dropped.
func (t *told) after() uint64 {
	if t.again = t.n; t.n > 0 && t.seq > 0 {
		return t.seq - 1
	}
	return t.seq
}

// resumed is a remembered initialize in which a subscription to events goes on where it was.
func (t *told) resumed(initialize []byte) []byte {
	from, to, ok := within(initialize, "params", "capabilities", "experimental", "slop", "events")
	if !ok || !t.known || bytes.Equal(initialize[from:to], []byte("false")) || bytes.Equal(initialize[from:to], []byte("null")) {
		return initialize
	}
	out := append([]byte(nil), initialize[:from]...)
	out = strconv.AppendUint(out, t.after(), 10)
	return append(out, initialize[to:]...)
}

// within finds the value that a path of names leads to in an object.
func within(in []byte, path ...string) (from, to int, ok bool) {
	s := scanner{in: in}
	for _, name := range path {
		if from, to, ok = s.member(name); !ok {
			return 0, 0, false
		}
		s.at = from
	}
	return from, to, ok
}

// member finds the value of a name in the object that begins here.
func (s *scanner) member(name string) (from, to int, ok bool) {
	if !s.eat('{') {
		return 0, 0, false
	}
	for first := true; !s.eat('}'); first = false {
		if !first && !s.eat(',') {
			return 0, 0, false
		}
		key, ok := s.key()
		if !ok || !s.eat(':') {
			return 0, 0, false
		}
		if from, to, ok = s.value(); !ok || key == name {
			return from, to, ok
		}
	}
	return 0, 0, false
}
