package attach

import (
	"bufio"
	"errors"
	"net"
	"time"
)

// Conn is a connection after its hello: an io.ReadWriteCloser whose Close makes a pending Read return.
type Conn struct {
	unix  *net.UnixConn
	in    *bufio.Reader
	Reply Reply // of the daemon, on the client's side
}

// helloBuffer is small, since many connections read nothing but a hello.
const helloBuffer = 4 << 10

func newConn(c *net.UnixConn) *Conn { return &Conn{unix: c, in: bufio.NewReaderSize(c, helloBuffer)} }

// say writes a reply, which is so short that the socket takes it whole, and leaves the connection without deadlines.
func (c *Conn) say(r Reply) error {
	return errors.Join(writeLine(c.unix, r), c.unix.SetDeadline(time.Time{}))
}

// Read implements io.Reader.
func (c *Conn) Read(p []byte) (int, error) { return c.in.Read(p) }

// Write implements io.Writer.
func (c *Conn) Write(p []byte) (int, error) { return c.unix.Write(p) }

// CloseWrite tells the peer that nothing more comes. Reading goes on.
func (c *Conn) CloseWrite() error { return c.unix.CloseWrite() }

// Close implements io.Closer.
func (c *Conn) Close() error { return c.unix.Close() }
