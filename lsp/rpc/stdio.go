package rpc

import (
	"errors"
	"io"
)

// Stdio joins a process's standard input and output into the connection that Conn.Serve wants: closing it makes a pending
// Read return at once, which closing a standard input does not. The goroutine that reads in may outlive it, until in
// ends; out is closed.
func Stdio(in io.Reader, out io.WriteCloser) io.ReadWriteCloser {
	r, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, in)
		w.CloseWithError(err) // nil is io.EOF to the reader
	}()
	return &stdio{PipeReader: r, out: out}
}

type stdio struct {
	*io.PipeReader
	out io.WriteCloser
}

// Write implements io.Writer.
func (s *stdio) Write(p []byte) (int, error) { return s.out.Write(p) }

// Close implements io.Closer.
func (s *stdio) Close() error { return errors.Join(s.PipeReader.Close(), s.out.Close()) }
