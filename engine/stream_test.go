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
	s.restart(len("one\n"))
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
	s.restart(0)
	s.add("xyz")
	if err := s.Wait(context.Background(), at); err != nil {
		t.Fatal(err)
	}
	if text, _, _, _ := s.Text(at); text != "xyz" {
		t.Errorf("read %q", text)
	}
}
