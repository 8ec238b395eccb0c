//go:build !linux

package attach

import "net"

// checkPeer leaves it to the socket's folder, which is the person's alone: the standard library can ask only on Linux.
func checkPeer(*net.UnixConn) error { return nil }
