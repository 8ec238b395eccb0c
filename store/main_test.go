package store

import (
	"fmt"
	"os"
	"testing"
)

// childEnv makes the test binary play another process: what to do, and on which store.
const (
	childEnv  = "SLOP_LS_STORE_TEST_CHILD"
	childPath = "SLOP_LS_STORE_TEST_PATH"
)

// children are the parts that another process plays; each ends with an exit status.
var children = map[string]func(path string) error{
	"append":    childAppend,
	"hold":      childHold,
	"create":    childCreate,
	"failpoint": childFailpoint,
}

func TestMain(m *testing.M) {
	part := os.Getenv(childEnv)
	if part == "" {
		os.Exit(m.Run())
	}
	if err := children[part](os.Getenv(childPath)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
