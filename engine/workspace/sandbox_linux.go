package workspace

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/landlock-lsm/go-landlock/landlock"
	landlocksys "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// Landlock is the version of Landlock that the kernel has, 0 for none.
func Landlock() int {
	version, err := landlocksys.LandlockGetABIVersion()
	if err != nil {
		return 0
	}
	return version
}

// Unheld is why commands are not held in a mode, "" where they are.
func Unheld(mode SandboxMode) string {
	switch {
	case mode == SandboxOff:
		return "switched off by commands.sandbox"
	case Landlock() < 1:
		return "this kernel has no Landlock"
	}
	return ""
}

// enter closes for this process, and all that it starts, what the sandbox does not open; signals to processes outside
// it, and their environments, with it. An error means that it must not go on.
func (s sandbox) enter() (report, error) {
	if why := Unheld(s.Mode); why != "" {
		if s.Mode == SandboxRequire {
			return report{}, errors.New(why + ", and commands.sandbox requires one")
		}
		return report{Unheld: why}, nil
	}
	version := Landlock()
	rules := []landlock.Rule{landlock.RWFiles(devices...).WithIoctlDev().IgnoreIfMissing()}
	for _, path := range s.Write {
		if rule, ok := ruleOf(path, landlock.RWDirs, landlock.RWFiles); ok {
			if version >= 2 {
				rule = rule.WithRefer() // to move a file from one folder to another
			}
			rules = append(rules, rule)
		}
	}
	for _, path := range s.Read {
		if rule, ok := ruleOf(path, landlock.RODirs, landlock.ROFiles); ok {
			rules = append(rules, rule)
		}
	}
	held := landlock.Config{HandledAccessFS: landlock.V9.HandledAccessFS, Scoped: landlock.V9.Scoped}
	if err := held.BestEffort().Restrict(rules...); err != nil {
		return report{}, fmt.Errorf("closing the sandbox: %w", err)
	}
	if err := dropPowers(); err != nil {
		return report{}, fmt.Errorf("closing the sandbox: %w", err)
	}
	return report{Landlock: version}, nil
}

// rootKeeps are the capabilities that a command of root's keeps, as in containers. With the others it could read the
// memory and the environment of every process, keys among them, and make devices.
var rootKeeps = []uintptr{
	unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_FOWNER, unix.CAP_FSETID, unix.CAP_KILL, unix.CAP_SETGID, unix.CAP_SETUID, unix.CAP_SETPCAP,
	unix.CAP_NET_BIND_SERVICE, unix.CAP_NET_RAW, unix.CAP_SYS_CHROOT, unix.CAP_SETFCAP, unix.CAP_AUDIT_WRITE,
}

// dropPowers takes the rest from what this thread becomes. Who is not root has none to lose.
func dropPowers() error {
	if os.Geteuid() != 0 {
		return nil
	}
	for c := uintptr(0); ; c++ {
		if has, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, c, 0, 0, 0); err != nil {
			return nil // past the last one that the kernel knows
		} else if has == 0 || slices.Contains(rootKeeps, c) {
			continue
		}
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil && !errors.Is(err, unix.EPERM) {
			return err
		}
	}
}

// ruleOf opens a folder or a file; what is not there needs none.
func ruleOf(path string, dirs, files func(...string) landlock.FSRule) (landlock.FSRule, bool) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return landlock.FSRule{}, false
	case info.IsDir():
		return dirs(path).IgnoreIfMissing(), true
	}
	return files(path).IgnoreIfMissing(), true
}
