package workspace

import (
	"bytes"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// selfPath is this very program, also when its file was replaced since.
func selfPath() (string, error) { return "/proc/self/exe", nil }

// adopt makes every process below this one its child when its own parent ends: one that leaves its group and session
// is still found.
func adopt() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// dyingWithUs has a child killed when its guard is.
func dyingWithUs(a *syscall.SysProcAttr) *syscall.SysProcAttr {
	a.Pdeathsig = syscall.SIGKILL
	return a
}

// killLeft kills every process below this one. They are stopped first, so that none starts another while it is looked
// for; passes bounds what that may take.
func killLeft(int) {
	const passes = 20
	self, seen := os.Getpid(), map[int]bool{}
	for range passes {
		fresh := 0
		for _, pid := range below(self) {
			if !seen[pid] {
				seen[pid] = true
				fresh++
				_ = syscall.Kill(pid, syscall.SIGSTOP)
			}
		}
		if fresh == 0 {
			break
		}
	}
	for pid := range seen {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// below lists the processes below one, as far as this user may see.
func below(top int) []int {
	children := map[int][]int{}
	for _, pid := range processes() {
		if parent := parentOf(pid); parent > 0 {
			children[parent] = append(children[parent], pid)
		}
	}
	found := append([]int{}, children[top]...)
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i]]...)
	}
	return found
}

func processes() []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	pids := make([]int, 0, len(names))
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// parentOf is the parent of a process that runs, 0 for one that does not. A name may hold anything, brackets too.
func parentOf(pid int) int {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 || bytes.Equal(fields[0], []byte("Z")) {
		return 0
	}
	parent, _ := strconv.Atoi(string(fields[1]))
	return parent
}

// killMarked kills the processes that have a variable in their environment as it was when they began: for those whose
// guard was killed. It is no wall, since a process can be given another environment.
func killMarked(mark string) {
	own := os.Getpid()
	for _, pid := range processes() {
		env, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
		if err == nil && pid != own && bytes.Contains(append([]byte{0}, env...), []byte("\x00"+mark+"\x00")) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
