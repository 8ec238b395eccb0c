package workspace

import (
	"time"
)

// shell runs one command line.
type shell struct {
	dir       string
	env       []string
	maxOutput int
	output    func([]byte) // may be nil
}

// drain is how long output is waited for after every process of the group is dead. Only a process that left the
// group can still hold the pipe then.
const drain = 2 * time.Second
