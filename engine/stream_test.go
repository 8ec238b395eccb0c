package engine

import (
	"context"
	"testing"
)

// A reader that did not look while a call was made again must see what stands there now, however long it has become.
func TestStreamReadersSeeARestart(t *testing.T) {
	t.Parallel()
	s := newStream()
	s.add("one\n")
	s.add("two, void")
	_, _, at, _ := s.Text(Place{})
	s.restart(Place{offset: len("one\n")})
	s.add("2, void") // as long as before, and then longer
	s.add(" no more")
	if err := s.Wait(context.Background(), at); err != nil {
		t.Fatal(err)
	}
	text, from, next, done := s.Text(at)
	if text != "one\n2, void no more" || from != 0 || done {
		t.Errorf("after a restart: %q from %d, done %v", text, from, done)
	}
	s.add("!")
	if text, from, _, _ = s.Text(next); text != "!" || from != next.Offset() {
		t.Errorf("after that: %q from %d, want from %d", text, from, next.Offset())
	}
	s.end()
	if _, _, _, done = s.Text(next); !done {
		t.Error("the end is not told")
	}
}

// Waiting for a restart that is as long as what was read must not sleep.
func TestStreamWaitSeesAnEqualLength(t *testing.T) {
	t.Parallel()
	s := newStream()
	s.add("abc")
	_, _, at, _ := s.Text(Place{})
	s.restart(Place{})
	s.add("xyz")
	if err := s.Wait(context.Background(), at); err != nil {
		t.Fatal(err)
	}
	if text, _, _, _ := s.Text(at); text != "xyz" {
		t.Errorf("read %q", text)
	}
}

// What a model thinks is told beside what it says, and is void with it.
func TestStreamedThoughts(t *testing.T) {
	t.Parallel()
	s := newStream()
	s.think("hm, ")
	s.add("one\n")
	_, _, first, _ := s.Text(Place{})
	if got := s.Thought(Place{}, first); got != "hm, " {
		t.Errorf("thought %q", got)
	}
	s.think("so")
	if err := s.Wait(context.Background(), first); err != nil {
		t.Fatal(err)
	}
	text, _, second, _ := s.Text(first)
	if got := s.Thought(first, second); text != "" || got != "so" {
		t.Errorf("said %q, thought %q", text, got)
	}
	s.restart(first)
	s.think("no")
	if got := s.Thought(first, second); got != "" {
		t.Errorf("void, and given: %q", got)
	}
	_, _, third, _ := s.Text(second)
	if got := s.Thought(second, third); got != "hm, no" {
		t.Errorf("after a restart: %q", got)
	}
}
