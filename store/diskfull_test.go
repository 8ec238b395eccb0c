//go:build linux

package store

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/slop-ls/slop-ls/engine/enginetest"
)

func init() { children["full"] = childFull }

// fullAt is as large as the child's files may grow.
const fullAt = 3 << 20

// childFull appends until its files may not grow any more, and then sees that the store can be read and nothing
// else. It says how many events were acknowledged.
func childFull(path string) error {
	ctx := context.Background()
	s, err := Open(path, Options{BackupEvery: -1})
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ) // as a full disk: an error, not a signal
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: fullAt, Max: fullAt}); err != nil {
		return err
	}
	last := 0
	for err = nil; err == nil; last += 100 {
		err = s.Append(ctx, enginetest.SampleEvents(uint64(last+1), 100))
	}
	last -= 100
	var failed *FailedError
	if !errors.As(err, &failed) || !errors.Is(err, syscall.EFBIG) && !strings.Contains(err.Error(), "too large") {
		return fmt.Errorf("a full disk gave %w", err)
	}
	if again := s.PutBlob(ctx, "n", []byte("x")); !errors.Is(again, error(failed)) {
		return fmt.Errorf("writing after a failed commit gave %w", again)
	}
	events, err := enginetest.Collect(ctx, s, 0)
	if err != nil || len(events) < last {
		return fmt.Errorf("%d of %d events can be read: %w", len(events), last, err)
	}
	fmt.Println(last)
	return s.Close()
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	cmd, out := child(t, "full", path)
	out.Scan()
	last, err := strconv.Atoi(out.Text())
	if err := errors.Join(err, cmd.Wait()); err != nil || last < 1000 {
		t.Fatalf("%d events, %v", last, err)
	}
	s := openAt(t, path, Options{})
	mustCheck(t, s)
	events := allEvents(t, s)
	if len(events) < last || len(events) > last+100 {
		t.Errorf("%d events are there, %d were acknowledged", len(events), last)
	}
	mustAppend(t, s, uint64(len(events)+1), 100) // with room again it goes on
}
