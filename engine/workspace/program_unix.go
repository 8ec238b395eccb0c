//go:build unix

package workspace

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// StartProgram starts a program in a process group of its own, which is killed whole when the program ends, when Kill is
// called, and when this process dies, however that is.
func StartProgram(p Program) (*Running, error) {
	path, err := p.find()
	if err != nil {
		return nil, err
	}
	if p.Held != nil {
		return startHeld(p, path)
	}
	group, err := startGroup()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, p.Argv[1:]...) //nolint:noctx // who started it ends its whole group
	cmd.Args[0] = p.Argv[0]
	cmd.Dir, cmd.Env, cmd.Stderr = p.Dir, p.Env, p.Stderr
	cmd.WaitDelay = drain
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: group.id()}
	in, out, err := startPiped(cmd)
	if err != nil {
		group.close()
		return nil, fmt.Errorf("starting %s: %w", p.Argv[0], err)
	}
	var once sync.Once
	stop := func() { once.Do(group.close) }
	return &Running{In: in, Out: out, kill: stop, wait: func() error {
		err := cmd.Wait()
		stop()
		_ = out.SetReadDeadline(time.Now().Add(drain)) // what left the group may still hold the pipe
		return err
	}}, nil
}

// startPiped starts a command whose standard input and output are pipes, of which it gives our ends.
func startPiped(cmd *exec.Cmd) (in, out *os.File, err error) {
	childIn, in, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	out, childOut, err := os.Pipe()
	if err != nil {
		childIn.Close()
		in.Close()
		return nil, nil, err
	}
	cmd.Stdin, cmd.Stdout = childIn, childOut
	err = cmd.Start()
	childIn.Close()
	childOut.Close()
	if err != nil {
		in.Close()
		out.Close()
	}
	return in, out, err
}
