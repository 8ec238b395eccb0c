package workspace

import (
	"time"
)

// shell runs one command line.
type shell struct {
	dir       string
	env       []string
	mark      string // a variable in env that no other scratch folder's commands have
	sandbox   sandbox
	limits    Limits
	maxOutput int
	output    func([]byte) // may be nil
}

// drain is how long output is waited for after every process is dead that the guard could find.
const drain = 2 * time.Second
