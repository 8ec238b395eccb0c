package attach

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// checkPeer refuses a process of another user on the other end, and a command of a worker of this daemon.
func checkPeer(c *net.UnixConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return fmt.Errorf("asking who is on the socket: %w", err)
	}
	var cred *syscall.Ucred
	var credErr error
	if err := raw.Control(func(fd uintptr) {
		cred, credErr = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); err != nil {
		return fmt.Errorf("asking who is on the socket: %w", err)
	}
	if credErr != nil {
		return fmt.Errorf("asking who is on the socket: %w", credErr)
	}
	if fromCommand(int(cred.Pid)) {
		return errCommand
	}
	return sameUser(int(cred.Uid), os.Getuid())
}

func sameUser(peer, own int) error {
	if peer != own {
		return fmt.Errorf("the process on the other end of the socket belongs to user %d, not to user %d", peer, own)
	}
	return nil
}
