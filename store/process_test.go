package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slop-ls/slop-ls/engine/enginetest"
)

// child starts another process that plays a part on the store at path.
func child(t *testing.T, part, path string, env ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(append(os.Environ(), childEnv+"="+part, childPath+"="+path), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

// childHold opens the store, says so, and holds it until its standard output is read no more.
func childHold(path string) error {
	s, err := Open(path, Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	for {
		if _, err := fmt.Println("held"); err != nil {
			return nil
		}
	}
}

func TestLockedByAnotherProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	cmd, out := child(t, "hold", path)
	if !out.Scan() {
		t.Fatal("the child does not hold the store")
	}
	for name, opts := range map[string]Options{"writer": {}, "reader": {ReadOnly: true}, "one try": {LockTimeout: -1}} {
		began := time.Now()
		_, err := Open(path, opts)
		var locked *LockedError
		if !errors.As(err, &locked) || locked.Holder.PID != cmd.Process.Pid || locked.Path != path {
			t.Errorf("%s: %v; want a LockedError with pid %d", name, err, cmd.Process.Pid)
			continue
		}
		for _, part := range []string{path, strconv.Itoa(cmd.Process.Pid), "slop-ls daemon status", "quit the editor"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q does not say %q", name, err, part)
			}
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: waited %v", name, took)
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	mustClose(t, openAt(t, path, Options{})) // a killed holder holds nothing
	if h := readHolder(path); h.PID != 0 {
		t.Errorf("a closed store is still said to be held: %+v", h)
	}
}

func TestHolderIsAHint(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	now := time.Now().UTC().Format(time.RFC3339)
	for text, want := range map[string]int{
		"":                                0,
		"garbage":                         0,
		"-1 " + now:                       0,
		"0 " + now:                        0,
		"999999999 " + now:                0, // nobody
		fmt.Sprint(os.Getpid()):           0,
		fmt.Sprint(os.Getpid(), " "+now):  os.Getpid(),
		fmt.Sprint(os.Getpid(), " later"): 0,
	} {
		writeFile(t, path+holderSuffix, []byte(text))
		if got := readHolder(path).PID; got != want {
			t.Errorf("%q: pid %d, want %d", text, got, want)
		}
	}
}

// childCreate opens a store that perhaps is not there yet, and says whether it won.
func childCreate(path string) error {
	s, err := Open(path, Options{LockTimeout: -1})
	var locked *LockedError
	switch {
	case errors.As(err, &locked):
		fmt.Println("lost")
		return nil
	case err != nil:
		return err
	}
	if _, err := fmt.Println("won"); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin) // until all have tried
	return errors.Join(err, s.Close())
}

// Of many starters on a workspace without a store one gets it, and the others are told so.
func TestRaceOfStarters(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ws", "state.db")
	const starters = 24
	reader, hold, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	said := make(chan string, starters)
	var wg sync.WaitGroup
	for range starters {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"=create", childPath+"="+path)
		cmd.Stdin, cmd.Stderr = reader, os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			text, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				text = "failed: " + err.Error()
			}
			said <- strings.TrimSpace(text)
			if err := cmd.Wait(); err != nil {
				t.Errorf("starter: %v", err)
			}
		})
	}
	got := map[string]int{}
	for range starters {
		got[<-said]++
	}
	hold.Close()
	wg.Wait()
	if diff := cmp.Diff(map[string]int{"won": 1, "lost": starters - 1}, got); diff != "" {
		t.Error(diff)
	}
	mustCheck(t, openAt(t, path, Options{}))
}

// childAppend goes on where the store stands and says each Seq once it was acknowledged. It also saves snapshots,
// stores blobs and makes backups, so that it can be killed in the middle of any of them.
func childAppend(path string) error {
	ctx := context.Background()
	s, err := Open(path, Options{})
	if err != nil {
		return err
	}
	last, err := s.LastSeq()
	if err != nil {
		return err
	}
	for seq := last + 1; ; seq += 2 {
		err := errors.Join(
			s.PutBlob(ctx, fmt.Sprintf("content/%d", seq), blobOf(seq)),
			s.PutBlob(ctx, transcriptName("a", "T", int(seq)), blobOf(seq)),
			s.Append(ctx, enginetest.SampleEvents(seq, 2)),
		)
		if err == nil && seq%4 < 2 {
			err = s.SaveSnapshot(ctx, seq, snapshotOf(seq))
		}
		if err == nil && seq%16 < 2 {
			_, err = s.Backup(ctx)
		}
		if err != nil {
			return err
		}
		if _, err := fmt.Println(seq + 1); err != nil {
			return nil
		}
	}
}

func blobOf(seq uint64) []byte     { return []byte(strings.Repeat(fmt.Sprint(seq, " "), int(seq%50)*200)) }
func snapshotOf(seq uint64) []byte { return []byte(strings.Repeat(fmt.Sprint(seq, ";"), 20_000)) }

// kill -9 at any moment loses nothing that was acknowledged. Every other process is killed some time after its start,
// so also in the middle of opening; the others a moment after one of their first acknowledgements, however slow they are.
func TestKillLosesNothing(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts processes")
	}
	path := filepath.Join(t.TempDir(), "state.db")
	acknowledged := uint64(0)
	const pairs, least = 17, 3
	for round := range 2 * pairs {
		cmd, out := child(t, "append", path)
		kill := func() { _ = cmd.Process.Kill() }
		lines := least + rand.IntN(12)
		if round%2 == 0 {
			time.AfterFunc(rand.N(80*time.Millisecond), kill)
		}
		for n := 1; out.Scan(); n++ {
			seq, err := strconv.ParseUint(out.Text(), 10, 64)
			if err != nil {
				break // the last line was cut
			}
			acknowledged = max(acknowledged, seq)
			if round%2 == 1 && n == lines {
				time.AfterFunc(rand.N(5*time.Millisecond), kill)
			}
		}
		_ = cmd.Wait()
		acknowledged = checkAfterKill(t, path, round, acknowledged)
	}
	if want := uint64(pairs * least * 2); acknowledged < want { // two events a line
		t.Errorf("only %d events in all rounds, not %d: a process ended by itself", acknowledged, want)
	}
}

// checkAfterKill looks at what a killed process left, and returns the last event there.
func checkAfterKill(t *testing.T, path string, round int, acknowledged uint64) uint64 {
	t.Helper()
	if _, err := os.Stat(path); os.IsNotExist(err) && acknowledged == 0 {
		return 0
	}
	s := openAt(t, path, Options{})
	defer mustClose(t, s)
	mustCheck(t, s)
	events := allEvents(t, s)
	if uint64(len(events)) < acknowledged {
		t.Fatalf("round %d: %d events, %d were acknowledged", round, len(events), acknowledged)
	}
	if diff := cmp.Diff(enginetest.SampleEvents(1, len(events)), events, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("round %d: %s", round, diff)
	}
	for seq := uint64(1); seq < acknowledged; seq += 2 {
		if got, err := s.Blob(t.Context(), fmt.Sprintf("content/%d", seq)); string(got) != string(blobOf(seq)) {
			t.Fatalf("round %d: content/%d: %d bytes, %v", round, seq, len(got), err)
		}
	}
	seq, data, err := s.LoadSnapshot(t.Context())
	if err != nil || seq > 0 && string(data) != string(snapshotOf(seq)) || acknowledged >= 8 && seq == 0 {
		t.Fatalf("round %d: snapshot at %d, %v", round, seq, err)
	}
	return uint64(len(events))
}

// failpointEnv names the failpoint at which a child kills itself.
const failpointEnv = "SLOP_LS_STORE_TEST_FAILPOINT"

// childFailpoint does a little of everything on the second round of which it dies at a failpoint.
func childFailpoint(path string) error {
	ctx, armed := context.Background(), false
	opts := Options{BackupEvery: -1, Failpoint: func(name string) {
		if armed && name == os.Getenv(failpointEnv) {
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				_ = self.Kill()
			}
			select {}
		}
	}}
	s, err := Open(path, opts)
	if err != nil {
		return err
	}
	for round := range uint64(2) {
		armed = round == 1
		_, backupErr := s.Backup(ctx)
		err := errors.Join(backupErr,
			s.SaveSnapshot(ctx, round*2, snapshotOf(round*2)),
			s.PutBlob(ctx, transcriptName("a", "T", int(round)), blobOf(7+round)),
			s.Append(ctx, enginetest.SampleEvents(1+round*2, 2)),
		)
		if err != nil {
			return err
		}
	}
	if err := s.Close(); err != nil {
		return err
	}
	opts.migrations = []migration{addBucket("new")}
	s, err = Open(path, opts)
	return errors.Join(err, s.Close())
}

// A crash within any transaction leaves what was before it.
func TestKillAtFailpoints(t *testing.T) {
	t.Parallel()
	for point, want := range map[string]struct {
		events, transcripts int
		snapshot            uint64
	}{
		"mid-backup":    {2, 1, 0},
		"mid-snapshot":  {2, 1, 0},
		"mid-blob":      {2, 1, 2},
		"mid-append":    {2, 2, 2},
		"mid-migration": {4, 2, 2},
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "state.db")
			cmd, out := child(t, "failpoint", path, failpointEnv+"="+point)
			for out.Scan() {
				t.Log(out.Text())
			}
			if err := cmd.Wait(); cmd.ProcessState.Success() {
				t.Fatalf("the child lived: %v", err)
			}
			s := openAt(t, path, Options{})
			mustCheck(t, s)
			st, err := s.Stats(t.Context())
			if err != nil || int(st.LastSeq) != want.events || st.Transcripts != want.transcripts {
				t.Errorf("%+v, %v; want %+v", st, err, want)
			}
			if seq, data, err := s.LoadSnapshot(t.Context()); seq != want.snapshot || string(data) != string(snapshotOf(seq)) {
				t.Errorf("snapshot at %d, %v; want %d", seq, err, want.snapshot)
			}
			if s.Header().Schema != firstSchema {
				t.Errorf("schema %d", s.Header().Schema)
			}
			mustCheck(t, openAt(t, backupPath(path, 1), Options{ReadOnly: true}))
		})
	}
}
