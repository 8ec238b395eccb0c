package mcp

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// door is the way to a URL. It adds what the configuration says to the requests, and can be shut, which ends every
// request at once: the protocol's own farewell may never be answered.
type door struct {
	header http.Header
	http   *http.Transport

	mu     sync.Mutex
	conns  map[net.Conn]bool
	isShut bool
}

func newDoor(header http.Header) *door {
	d := &door{header: header, conns: map[net.Conn]bool{}}
	d.http = http.DefaultTransport.(*http.Transport).Clone()
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	d.http.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return d.admit(c)
	}
	return d
}

// RoundTrip is http.RoundTripper's. The header may hold a key: a redirect to another host goes without it.
func (d *door) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Response == nil || r.Response.Request == nil || r.Response.Request.URL.Host == r.URL.Host {
		r = r.Clone(r.Context())
		for name, values := range d.header {
			r.Header[name] = values
		}
	}
	return d.http.RoundTrip(r)
}

var errShut = errors.New("the connection was closed")

func (d *door) admit(c net.Conn) (net.Conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.isShut {
		return nil, errors.Join(errShut, c.Close())
	}
	d.conns[c] = true
	return &guest{Conn: c, door: d}, nil
}

// shut closes every connection, and lets no further one be made.
func (d *door) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.isShut = true
	for c := range d.conns {
		_ = c.Close()
	}
	clear(d.conns)
}

// guest is a connection that the door knows of until it is closed.
type guest struct {
	net.Conn
	door *door
}

// Close is net.Conn's.
func (g *guest) Close() error {
	g.door.mu.Lock()
	delete(g.door.conns, g.Conn)
	g.door.mu.Unlock()
	return g.Conn.Close()
}
