// Package frame reads and writes the frames of LSP's base protocol: a header that says how long it is, and a message.
//
// A server, a forwarder and a test's peer read the same frames within the same bounds, so that it makes no difference
// who reads first. What a header claims is never believed before it came: memory grows with what really arrives.
package frame

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
)

// Bounds of a frame, in bytes. The largest honest message is a document's whole text.
const (
	Max  = 64 << 20 // a longer frame is skipped
	skip = 1 << 30  // one that is longer still is not read to its end: the stream is given up
	head = 8 << 10  // of a header
	kept = 1 << 20  // a larger buffer is not kept for the next frame
)

// HeaderError says that a stream is no sequence of frames: nothing that follows can be trusted to be one.
type HeaderError struct{ Line string }

func (e *HeaderError) Error() string { return fmt.Sprintf("malformed message header %q", e.Line) }

// SizeError says that a frame was longer than Max and was skipped. The next one can be read.
type SizeError struct{ Size int }

func (e *SizeError) Error() string {
	return fmt.Sprintf("a message of %d bytes was refused: at most %d are read", e.Size, Max)
}

// Reader reads frames. One goroutine at a time may use it.
type Reader struct {
	in   *bufio.Reader
	body []byte
}

// NewReader reads from r, and more of it than a frame at a time.
func NewReader(r io.Reader) *Reader { return &Reader{in: bufio.NewReaderSize(r, 32<<10)} }

// Next is the body of the next frame, valid until the next call; it is never empty. io.EOF is a clean end between two
// frames, io.ErrUnexpectedEOF one in the middle. A *SizeError leaves the reader at the next frame; after a *HeaderError,
// and after any error of the stream itself, it is of no use.
func (r *Reader) Next() ([]byte, error) {
	n, err := r.header()
	if err != nil {
		return nil, err
	}
	if n > Max {
		return nil, r.pass(n)
	}
	if cap(r.body) > kept {
		r.body = nil
	}
	r.body = r.body[:0]
	for len(r.body) < n {
		if len(r.body) == cap(r.body) {
			r.body = append(make([]byte, 0, min(n, max(4<<10, 4*cap(r.body)))), r.body...)
		}
		m, err := io.ReadFull(r.in, r.body[len(r.body):min(n, cap(r.body))])
		r.body = r.body[:len(r.body)+m]
		if err != nil {
			return nil, truncated(err)
		}
	}
	return r.body, nil
}

// Take is Next with a body that is the caller's own.
func (r *Reader) Take() ([]byte, error) {
	r.body = nil
	body, err := r.Next()
	r.body = nil
	return body, err
}

// pass reads over a frame that is too long.
func (r *Reader) pass(n int) error {
	tooLong := &SizeError{Size: n}
	if n > skip {
		return &HeaderError{Line: tooLong.Error()}
	}
	if _, err := io.CopyN(io.Discard, r.in, int64(n)); err != nil {
		return truncated(err)
	}
	return tooLong
}

// header reads up to the empty line and returns the body's length, which is at least 1.
func (r *Reader) header() (int, error) {
	length, read := -1, 0
	for {
		line, err := r.in.ReadSlice('\n')
		read += len(line)
		switch {
		case read > head, errors.Is(err, bufio.ErrBufferFull):
			return 0, &HeaderError{Line: string(line[:min(len(line), 40)])}
		case errors.Is(err, io.EOF) && read > 0:
			return 0, io.ErrUnexpectedEOF
		case err != nil:
			return 0, err
		}
		field := bytes.TrimRight(line, "\r\n")
		if len(field) == 0 {
			break
		}
		if length, err = contentLength(field, length); err != nil {
			return 0, err
		}
	}
	if length < 1 {
		return 0, &HeaderError{Line: "no Content-Length"}
	}
	return length, nil
}

// contentLength is the length that a field gives, or before where it is another field.
func contentLength(field []byte, before int) (int, error) {
	name, value, ok := bytes.Cut(field, []byte(":"))
	if ok && !bytes.EqualFold(bytes.TrimSpace(name), []byte("Content-Length")) {
		return before, nil
	}
	n, err := strconv.Atoi(string(bytes.TrimSpace(value)))
	if !ok || err != nil || n < 1 {
		return 0, &HeaderError{Line: string(field[:min(len(field), 40)])}
	}
	return n, nil
}

func truncated(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Append appends the frame of the parts, which are one body, to dst.
func Append(dst []byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, int64(n), 10)
	dst = append(dst, "\r\n\r\n"...)
	for _, p := range parts {
		dst = append(dst, p...)
	}
	return dst
}

// Writer writes frames, each with one Write of Out. Any number of goroutines may use it.
type Writer struct {
	Out io.Writer

	mu  sync.Mutex
	buf []byte
}

// Write writes the parts as the body of one frame.
func (w *Writer) Write(parts ...[]byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buf = Append(w.buf[:0], parts...)
	_, err := w.Out.Write(w.buf)
	if cap(w.buf) > kept {
		w.buf = nil
	}
	return err
}
