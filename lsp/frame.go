package lsp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Bounds of what a peer may send in one frame. The largest honest message is a document's whole text.
const (
	maxFrame  = 64 << 20
	maxSkip   = 1 << 30 // a longer frame is not read to its end: the connection ends
	maxHeader = 8 << 10
)

// oversizedError says that a frame was longer than allowed. It was skipped, and the next one can be read.
type oversizedError struct{ size, limit int }

func (e *oversizedError) Error() string {
	return fmt.Sprintf("a message of %d bytes was refused: at most %d are read", e.size, e.limit)
}

// headerError says that the bytes are no frame. Nothing that follows can be trusted to be one.
type headerError struct{ line string }

func (e *headerError) Error() string { return fmt.Sprintf("malformed message header %q", e.line) }

// frameReader reads the frames of the base protocol. One goroutine at a time may use it.
type frameReader struct {
	in    *bufio.Reader
	limit int
}

func newFrameReader(r io.Reader, limit int) *frameReader {
	return &frameReader{in: bufio.NewReader(r), limit: limit}
}

// next is the body of the next frame, in memory of its own. io.EOF is a clean end between two frames,
// io.ErrUnexpectedEOF one in the middle; an *oversizedError leaves the reader at the next frame.
func (f *frameReader) next() ([]byte, error) {
	n, err := f.header()
	if err != nil {
		return nil, err
	}
	if n > f.limit {
		return nil, f.skip(n)
	}
	// The length is only a claim: memory grows with what really comes.
	body := bytes.NewBuffer(make([]byte, 0, min(n, 64<<10)))
	if _, err := io.CopyN(body, f.in, int64(n)); err != nil {
		return nil, truncated(err)
	}
	return body.Bytes(), nil
}

func (f *frameReader) skip(n int) error {
	tooLong := &oversizedError{size: n, limit: f.limit}
	if n > maxSkip {
		return &headerError{line: tooLong.Error()}
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
		line, err := f.line(maxHeader - read)
		if err != nil {
			if errors.Is(err, io.EOF) && read > 0 {
				err = io.ErrUnexpectedEOF
			}
			return 0, err
		}
		read += len(line)
		field := strings.TrimRight(line, "\r\n")
		if field == "" {
			break
		}
		if length, err = contentLength(field, length); err != nil {
			return 0, err
		}
	}
	if length < 1 {
		return 0, &headerError{line: "no Content-Length"}
	}
	return length, nil
}

func contentLength(field string, before int) (int, error) {
	name, value, ok := strings.Cut(field, ":")
	if !ok {
		return 0, &headerError{line: field}
	}
	if !strings.EqualFold(strings.TrimSpace(name), "Content-Length") {
		return before, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || n < 1 {
		return 0, &headerError{line: field}
	}
	return n, nil
}

// line reads one line of at most most bytes, its end included.
func (f *frameReader) line(most int) (string, error) {
	var line []byte
	for {
		part, err := f.in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > most {
			return "", &headerError{line: string(line[:min(len(line), 40)])}
		}
		switch {
		case err == nil:
			return string(line), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0:
			return "", io.ErrUnexpectedEOF
		default:
			return "", err
		}
	}
}

func truncated(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// appendFrame appends body as a frame to dst.
func appendFrame(dst, body []byte) []byte {
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, int64(len(body)), 10)
	dst = append(dst, "\r\n\r\n"...)
	return append(dst, body...)
}
