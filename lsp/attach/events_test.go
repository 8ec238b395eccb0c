//go:build unix

package attach

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/lsp/wire"
)

// tells is a daemon's event; n tells those of one seq apart.
func (p *peer) tells(seq, n int) {
	_ = p.out.Write(encode(wire.EventsMethod, map[string]any{"seq": seq, "n": n}))
}

// TestEventsGoOn: another daemon is asked for the events behind those that the editor has had, be there several of one
// seq, and the editor gets none twice.
func TestEventsGoOn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	editor, _ := forwarded(t, Forwarding{Dial: s.dial, Patience: 2 * time.Second})
	asked := func(events string) json.RawMessage {
		return json.RawMessage(`{"rootUri":null,"capabilities":{"experimental":{"other":{"events":5},"slop":{"state":true,"events":` + events + `}}}}`)
	}
	wants := func(d *peer, events string) {
		t.Helper()
		if got := d.awaitMethod("initialize"); string(got.Params) != string(asked(events)) {
			t.Errorf("a daemon is told %s, want events %s", got.Params, events)
		}
		d.greet()
	}
	id := editor.send("initialize", asked("true"))
	first := s.daemon()
	wants(first, "true")
	editor.awaitReply(id)
	first.die()

	second := s.daemon()
	wants(second, "true") // none has come: from now on, still
	second.tells(7, 0)
	second.tells(9, 0)
	second.tells(9, 1)
	editor.await("the last event", func(m said) bool { return string(m.Params) == `{"n":1,"seq":9}` })
	second.die()

	third := s.daemon()
	wants(third, "8")
	third.die()
	fourth := s.daemon() // though the third one told nothing
	wants(fourth, "8")
	for n := range 3 {
		fourth.tells(9, n)
	}
	fourth.tells(10, 0)
	editor.await("the newest event", func(m said) bool { return string(m.Params) == `{"n":0,"seq":10}` })
	ask := editor.send(wire.SubscribeMethod, map[string]any{"after": 3})
	asks := fourth.awaitMethod(wire.SubscribeMethod)
	fourth.tells(11, 0) // it was on its way
	fourth.answer(asks, nil)
	editor.awaitReply(ask)
	fourth.die()

	fifth := s.daemon()
	wants(fifth, "3")
	fifth.tells(4, 0)
	editor.await("an old event", func(m said) bool { return string(m.Params) == `{"n":0,"seq":4}` })
	var got []string
	for _, m := range editor.all() {
		if m.Method == wire.EventsMethod {
			got = append(got, string(m.Params))
		}
	}
	var want []string
	for _, e := range [][2]int{{7, 0}, {9, 0}, {9, 1}, {9, 2}, {10, 0}, {11, 0}, {4, 0}} {
		want = append(want, fmt.Sprintf(`{"n":%d,"seq":%d}`, e[1], e[0]))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
