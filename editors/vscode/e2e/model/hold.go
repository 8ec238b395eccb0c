package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// word is what a stream stops behind.
const word = "[hold]"

// hold serves what is served at a URL, with streams that stop until they are released, and gives the URL of that. It goes
// on until the server is closed.
func hold(at string, released <-chan struct{}) (*http.Server, string, error) {
	target, err := url.Parse(at)
	if err != nil {
		return nil, "", fmt.Errorf("the model's url: %w", err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a loopback address is free or taken: there is nothing to wait for
	if err != nil {
		return nil, "", fmt.Errorf("listening: %w", err)
	}
	proxy := &httputil.ReverseProxy{
		FlushInterval: -1, // at once
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: target.Scheme, Host: target.Host}) },
		ModifyResponse: func(r *http.Response) error {
			r.Body = &held{Closer: r.Body, lines: bufio.NewReader(r.Body), released: released, gone: r.Request.Context().Done()}
			return nil
		},
	}
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(ln) //nolint:errcheck // it ends when it is closed
	return server, "http://" + ln.Addr().String() + target.Path, nil
}

// held is a body that stops. One handler reads it.
type held struct {
	io.Closer
	lines    *bufio.Reader
	line     []byte // what is left of one
	err      error  // what came with it
	released <-chan struct{}
	gone     <-chan struct{} // the client
	found    bool            // the word was in the line before; one more ends its event
	stopped  bool
}

// Read gives a line at a time, so that nothing behind the word slips through with it.
func (h *held) Read(p []byte) (int, error) {
	if len(h.line) == 0 && h.err == nil {
		h.next()
	}
	n := copy(p, h.line)
	if h.line = h.line[n:]; len(h.line) > 0 {
		return n, nil
	}
	return n, h.err
}

func (h *held) next() {
	if h.stopped {
		select {
		case <-h.released:
		case <-h.gone:
		}
	}
	h.line, h.err = h.lines.ReadBytes('\n')
	h.stopped, h.found = h.found, bytes.Contains(h.line, []byte(word))
}
