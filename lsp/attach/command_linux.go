package attach

import (
	"bytes"
	"errors"
	"os"
	"strconv"
)

// guardName is what engine/workspace calls the process below which a worker's command runs.
const guardName = "slop-ls-guard"

// errCommand is what a worker's command gets that connects to the daemon: it must not answer for the person.
var errCommand = errors.New("a worker's command cannot attach to the daemon that runs it")

// fromCommand reports whether a process descends from a guard that this process started. A guard adopts what leaves its
// parent, so that the line of ancestors is never cut.
func fromCommand(pid int) bool {
	const deepest = 1000
	own, below := os.Getpid(), 0
	for range deepest {
		if pid == own {
			return below > 0 && isGuard(below)
		}
		if pid <= 1 {
			return false
		}
		below, pid = pid, parent(pid)
	}
	return true // nobody descends so far
}

func isGuard(pid int) bool {
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	name, _, _ := bytes.Cut(line, []byte{0})
	return err == nil && string(name) == guardName
}

// parent is the parent of a process, 0 for one that is gone. A name in stat may hold anything, brackets too.
func parent(pid int) int {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 {
		return 0
	}
	ppid, _ := strconv.Atoi(string(fields[1]))
	return ppid
}
