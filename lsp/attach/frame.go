package attach

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
)

// Bounds of a frame, in bytes. They are those of the server, so that it makes no difference who reads first.
const (
	maxFrame  = 64 << 20
	maxSkip   = 1 << 30 // a longer frame is not read to its end: the stream is given up
	maxHeader = 8 << 10
	keptFrame = 1 << 20 // a larger buffer is not kept for the next frame
)

// FrameError says that a stream is no sequence of frames: nothing that follows can be trusted to be one.
type FrameError struct{ Line string }

func (e *FrameError) Error() string { return fmt.Sprintf("malformed message header %q", e.Line) }

// oversizedError says that a frame was too long and was skipped. The next one can be read.
type oversizedError struct{ size int }

func (e *oversizedError) Error() string {
	return fmt.Sprintf("a message of %d bytes was refused: at most %d are read", e.size, maxFrame)
}

// frameReader reads the frames of the base protocol. One goroutine at a time may use it.
type frameReader struct {
	in   *bufio.Reader
	body []byte
}

func newFrameReader(r io.Reader) *frameReader {
	return &frameReader{in: bufio.NewReaderSize(r, 32<<10)}
}

// next is the body of the next frame, valid until the next call. io.EOF is a clean end between two frames,
// io.ErrUnexpectedEOF one in the middle. An *oversizedError leaves the reader at the next frame; after a *FrameError it
// is of no use.
func (f *frameReader) next() ([]byte, error) {
	n, err := f.header()
	if err != nil {
		return nil, err
	}
	if n > maxFrame {
		return nil, f.skip(n)
	}
	if cap(f.body) > keptFrame {
		f.body = nil
	}
	f.body = f.body[:0]
	// The length is only a claim: memory grows with what really comes.
	for len(f.body) < n {
		if len(f.body) == cap(f.body) {
			f.body = append(make([]byte, 0, min(n, max(4<<10, 4*cap(f.body)))), f.body...)
		}
		m, err := io.ReadFull(f.in, f.body[len(f.body):min(n, cap(f.body))])
		f.body = f.body[:len(f.body)+m]
		if err != nil {
			return nil, truncated(err)
		}
	}
	return f.body, nil
}

func (f *frameReader) skip(n int) error {
	tooLong := &oversizedError{size: n}
	if n > maxSkip {
		return &FrameError{Line: tooLong.Error()}
	}
	if _, err := io.CopyN(io.Discard, f.in, int64(n)); err != nil {
		return truncated(err)
	}
	return tooLong
}

// header reads up to the empty line and returns the content's length, which is at least 1.
func (f *frameReader) header() (int, error) {
	length, read := -1, 0
	for {
		line, err := f.in.ReadSlice('\n')
		read += len(line)
		switch {
		case read > maxHeader:
			return 0, &FrameError{Line: string(line[:min(len(line), 40)])}
		case errors.Is(err, bufio.ErrBufferFull):
			return 0, &FrameError{Line: string(line[:40])}
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
		return 0, &FrameError{Line: "no Content-Length"}
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
		return 0, &FrameError{Line: string(field[:min(len(field), 40)])}
	}
	return n, nil
}

func truncated(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// frameWriter writes frames, each with one Write. Any goroutine may use it.
type frameWriter struct {
	out io.Writer

	mu  sync.Mutex
	buf []byte
}

// write writes the parts as the body of one frame.
func (w *frameWriter) write(parts ...[]byte) error {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buf = append(w.buf[:0], "Content-Length: "...)
	w.buf = strconv.AppendInt(w.buf, int64(n), 10)
	w.buf = append(w.buf, "\r\n\r\n"...)
	for _, p := range parts {
		w.buf = append(w.buf, p...)
	}
	_, err := w.out.Write(w.buf)
	if cap(w.buf) > keptFrame {
		w.buf = nil
	}
	return err
}
