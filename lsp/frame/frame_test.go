package frame

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine/leaftest"
)

// FuzzFrames reads anything: no panic, every frame is what its header says, and writing them gives frames that read
// the same, however the bytes arrive.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("Content-Length: 2\r\n\r\n{}content-length:3\n\nabc"))
	f.Add([]byte("Content-Type: x\r\nContent-Length: 99999999999\r\n\r\n"))
	f.Add([]byte("Content-Length: 70000000\r\n\r\n"))
	f.Add([]byte("Content-Length: 5\r\n\r\nab"))
	f.Add(bytes.Repeat([]byte("x"), head+1))
	f.Fuzz(func(t *testing.T, in []byte) {
		frames, end := readAll(bytes.NewReader(in))
		var again bytes.Buffer
		w := &Writer{Out: &again}
		for _, body := range frames {
			if len(body) == 0 || len(body) > Max || !bytes.Contains(in, body) {
				t.Fatalf("a frame of %d bytes that never came", len(body))
			}
			if err := w.Write(body[:len(body)/2], body[len(body)/2:]); err != nil {
				t.Fatal(err)
			}
		}
		back, err := readAll(iotest.OneByteReader(&again))
		if diff := cmp.Diff(frames, back); diff != "" || !errors.Is(err, io.EOF) {
			t.Fatalf("written and read again (%v, first %v):\n%s", err, end, diff)
		}
	})
}

// readAll reads up to an error after which nothing can be read. Every other body is taken, the others are copied.
func readAll(in io.Reader) ([][]byte, error) {
	r := NewReader(in)
	var frames [][]byte
	for n := 0; ; n++ {
		next := r.Take
		if n%2 == 1 {
			next = r.Next
		}
		body, err := next()
		if tooLong := (*SizeError)(nil); errors.As(err, &tooLong) {
			continue
		}
		if err != nil {
			return frames, err
		}
		if n%2 == 1 {
			body = bytes.Clone(body)
		}
		frames = append(frames, body)
	}
}

// A frame that is too long costs itself alone, one that is far too long the stream, and so does what is no header.
func TestBounds(t *testing.T) {
	t.Parallel()
	r := NewReader(io.MultiReader(
		strings.NewReader("Content-Length: 67108865\r\n\r\n"), io.LimitReader(zeros{}, Max+1),
		strings.NewReader("Content-Length: 2\r\n\r\n{}Content-Length: 1073741825\r\n\r\n"),
	))
	var size *SizeError
	if _, err := r.Next(); !errors.As(err, &size) || size.Size != Max+1 {
		t.Errorf("one byte too many: %v", err)
	}
	if body, err := r.Next(); err != nil || string(body) != "{}" {
		t.Errorf("the frame behind it: %q, %v", body, err)
	}
	var header *HeaderError
	if _, err := r.Next(); !errors.As(err, &header) {
		t.Errorf("far too many: %v", err)
	}
	for _, in := range []string{"Content-Length: 0\r\n\r\n", "\r\n", "no field\r\n\r\n", strings.Repeat("a: b\n", head/5+1) + "Content-Length: 1\n\nx"} {
		if _, err := NewReader(strings.NewReader(in)).Next(); !errors.As(err, &header) {
			t.Errorf("%.30q: %v", in, err)
		}
	}
}

// What was taken stays as it is while more is read.
func TestTakeIsOwned(t *testing.T) {
	t.Parallel()
	r := NewReader(bytes.NewReader(Append(Append(nil, []byte("first")), []byte("other"))))
	first, err := r.Take()
	if err != nil {
		t.Fatal(err)
	}
	if other, err := r.Next(); err != nil || string(other) != "other" || string(first) != "first" {
		t.Errorf("%q became %q (%v)", first, other, err)
	}
}

// Reading and writing keep nothing. Not parallel.
func TestFlat(t *testing.T) {
	var stream bytes.Buffer
	w := &Writer{Out: &stream}
	for n := range 20 {
		if err := w.Write([]byte(strings.Repeat("x", 1+n*500))); err != nil {
			t.Fatal(err)
		}
	}
	leaftest.Flat(t, 500, func() {
		if frames, err := readAll(bytes.NewReader(stream.Bytes())); len(frames) != 20 {
			t.Fatalf("%d frames were read: %v", len(frames), err)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
