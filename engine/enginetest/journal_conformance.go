package enginetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// epoch is when the events of SampleEvents begin.
var epoch = time.Date(2026, 11, 22, 10, 0, 0, 123456789, time.UTC)

// SampleEvents makes the n events from a seq on, of several kinds, for tests of journals. They do not make a legal
// history; they are the same each time.
func SampleEvents(from uint64, n int) []engine.Event {
	events := make([]engine.Event, n)
	for i := range events {
		seq := from + uint64(i)
		events[i] = engine.Event{Seq: seq, At: epoch.Add(time.Duration(seq) * time.Millisecond), Body: sampleBody(seq)}
	}
	return events
}

func sampleBody(seq uint64) engine.Body {
	key := engine.TicketKey{Track: ".slop/tracks/parser", ID: fmt.Sprintf("T%d", seq)}
	run := engine.Run{Ticket: key, Attempt: 1}
	switch seq % 5 {
	case 0:
		return engine.TrackPlanned{
			Track: key.Track, Title: "Clear <errors> & more", Order: []string{key.ID},
			Tickets: []trackfile.Ticket{{ID: key.ID, Description: "Größe prüfen \u2028"}},
		}
	case 1:
		return engine.TicketStarted{Run: run, Model: "small"}
	case 2:
		return engine.ApprovalRequested{Approval: engine.Approval{
			ID: "A1", Kind: engine.KindSpawn, Run: run, Title: "Start " + key.ID, Requested: epoch,
		}}
	case 3:
		return engine.UsageRecorded{Run: run, Tier: engine.TierWorker, Model: "small", Usage: engine.Usage{Input: 12}}
	}
	return engine.TicketCompleted{Ticket: key, Summary: strings.Repeat("done ", int(seq%7))}
}

// Collect reads a journal's events after a seq, and stops at the first error.
func Collect(ctx context.Context, j engine.Journal, after uint64) (events []engine.Event, err error) {
	for e, err := range j.Events(ctx, after) {
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
	return events, nil
}

// JournalConformance is what every engine.Journal must pass. open makes a fresh, empty one.
func JournalConformance(t *testing.T, open func(t *testing.T) engine.Journal) {
	cases := map[string]func(*testing.T, engine.Journal){
		"empty":                  journalEmpty,
		"append and read":        journalAppend,
		"gaps are refused":       journalGaps,
		"after a seq":            journalAfter,
		"stop early":             journalStop,
		"cancel":                 journalCancel,
		"append while reading":   journalAppendWhileReading,
		"what is passed is free": journalNotKept,
		"concurrent readers":     journalConcurrent,
		"snapshots":              journalSnapshots,
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, open(t))
		})
	}
}

func mustAppend(t *testing.T, j engine.Journal, events []engine.Event) {
	t.Helper()
	if err := j.Append(t.Context(), events); err != nil {
		t.Fatalf("Append: %v", err)
	}
}

func wantEvents(t *testing.T, j engine.Journal, after uint64, want []engine.Event) {
	t.Helper()
	got, err := Collect(t.Context(), j, after)
	if err != nil {
		t.Fatalf("Events(%d): %v", after, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("Events(%d) (-want +got):\n%s", after, diff)
	}
}

func journalEmpty(t *testing.T, j engine.Journal) {
	wantEvents(t, j, 0, nil)
	mustAppend(t, j, nil)
	wantEvents(t, j, 0, nil)
}

func journalAppend(t *testing.T, j engine.Journal) {
	all := SampleEvents(1, 700)
	for i := 0; i < len(all); i += 7 {
		mustAppend(t, j, all[i:i+7])
	}
	wantEvents(t, j, 0, all)
}

func journalGaps(t *testing.T, j engine.Journal) {
	first := SampleEvents(1, 3)
	mustAppend(t, j, first)
	torn := append(SampleEvents(4, 2), SampleEvents(7, 1)...)
	for name, events := range map[string][]engine.Event{
		"skips": SampleEvents(5, 1), "repeats": SampleEvents(3, 1), "zero": SampleEvents(0, 1), "gap within": torn,
		"backwards": {torn[1], torn[0]},
	} {
		if err := j.Append(t.Context(), events); !errors.Is(err, engine.ErrJournalGap) {
			t.Errorf("%s: Append gave %v, want ErrJournalGap", name, err)
		}
		wantEvents(t, j, 0, first)
	}
	mustAppend(t, j, SampleEvents(4, 1))
}

func journalAfter(t *testing.T, j engine.Journal) {
	all := SampleEvents(1, 600)
	mustAppend(t, j, all)
	for _, after := range []uint64{0, 1, 255, 256, 257, 599} {
		wantEvents(t, j, after, all[after:])
	}
	for _, after := range []uint64{600, 601, 1 << 40, ^uint64(0)} {
		wantEvents(t, j, after, nil)
	}
}

func journalStop(t *testing.T, j engine.Journal) {
	mustAppend(t, j, SampleEvents(1, 10))
	for e, err := range j.Events(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Seq == 3 {
			break
		}
	}
	mustAppend(t, j, SampleEvents(11, 1)) // nothing is held after the break
}

func journalCancel(t *testing.T, j engine.Journal) {
	mustAppend(t, j, SampleEvents(1, 10))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := 0
	var last error
	for _, err := range j.Events(ctx, 0) {
		last = err
		if err == nil {
			seen++
			cancel()
		}
	}
	if seen != 1 || !errors.Is(last, context.Canceled) {
		t.Errorf("after cancel: %d events, then %v; want 1 and the ctx's error", seen, last)
	}
	if err := j.Append(ctx, SampleEvents(11, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Append on a cancelled ctx gave %v", err)
	}
	if err := j.SaveSnapshot(ctx, 1, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("SaveSnapshot on a cancelled ctx gave %v", err)
	}
	if _, _, err := j.LoadSnapshot(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("LoadSnapshot on a cancelled ctx gave %v", err)
	}
	wantEvents(t, j, 9, SampleEvents(10, 1))
}

func journalAppendWhileReading(t *testing.T, j engine.Journal) {
	mustAppend(t, j, SampleEvents(1, 600))
	n := uint64(0)
	for _, err := range j.Events(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		mustAppend(t, j, SampleEvents(600+n, 1)) // must not deadlock
	}
	if n != 600 {
		t.Errorf("read %d events, want the 600 of the moment of the call", n)
	}
}

func journalNotKept(t *testing.T, j engine.Journal) {
	events := SampleEvents(1, 2)
	mustAppend(t, j, events)
	events[0], events[1] = engine.Event{}, engine.Event{}
	wantEvents(t, j, 0, SampleEvents(1, 2))

	data := []byte("folded")
	if err := j.SaveSnapshot(t.Context(), 2, data); err != nil {
		t.Fatal(err)
	}
	data[0] = 'X'
	_, got, err := j.LoadSnapshot(t.Context())
	if err != nil || string(got) != "folded" {
		t.Fatalf("LoadSnapshot: %q, %v", got, err)
	}
	got[0] = 'Y'
	if _, again, _ := j.LoadSnapshot(t.Context()); string(again) != "folded" {
		t.Errorf("what LoadSnapshot returns is shared: %q", again)
	}
}

func journalConcurrent(t *testing.T, j engine.Journal) {
	const total = 300
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for seen := 0; seen < total; {
				events, err := Collect(t.Context(), j, 0)
				if err != nil || len(events) < seen {
					t.Errorf("reader: %d events after %d, %v", len(events), seen, err)
					return
				}
				for i, e := range events {
					if e.Seq != uint64(i+1) {
						t.Errorf("reader: event %d at place %d", e.Seq, i)
						return
					}
				}
				seen = len(events)
			}
		})
	}
	for seq := uint64(1); seq <= total; seq++ {
		mustAppend(t, j, SampleEvents(seq, 1))
		if seq%50 == 0 {
			if err := j.SaveSnapshot(t.Context(), seq, make([]byte, 1000)); err != nil {
				t.Errorf("SaveSnapshot: %v", err)
			}
		}
	}
	wg.Wait()
}

func journalSnapshots(t *testing.T, j engine.Journal) {
	check := func(wantSeq uint64, want []byte) {
		t.Helper()
		seq, data, err := j.LoadSnapshot(t.Context())
		if err != nil || seq != wantSeq || !bytes.Equal(data, want) {
			t.Fatalf("LoadSnapshot: seq %d, %d bytes, %v; want seq %d, %d bytes", seq, len(data), err, wantSeq, len(want))
		}
	}
	check(0, nil)
	mustAppend(t, j, SampleEvents(1, 20))
	if err := j.SaveSnapshot(t.Context(), 21, []byte("x")); err == nil {
		t.Error("a snapshot past the last event was taken")
	}
	check(0, nil)
	for seq := uint64(1); seq <= 5; seq++ {
		data := bytes.Repeat([]byte{byte(seq)}, int(seq)*40_000)
		if err := j.SaveSnapshot(t.Context(), seq, data); err != nil {
			t.Fatal(err)
		}
		check(seq, data)
	}
	if err := j.SaveSnapshot(t.Context(), 5, []byte("again")); err != nil {
		t.Fatal(err)
	}
	check(5, []byte("again"))
}

// BlobsConformance is what every engine.Blobs must pass. open makes a fresh, empty one.
func BlobsConformance(t *testing.T, open func(t *testing.T) engine.Blobs) {
	cases := map[string]func(*testing.T, engine.Blobs){
		"missing":    blobsMissing,
		"sizes":      blobsSizes,
		"replace":    blobsReplace,
		"not shared": blobsNotShared,
		"cancel":     blobsCancel,
		"concurrent": blobsConcurrent,
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, open(t))
		})
	}
}

func wantBlob(t *testing.T, b engine.Blobs, name string, want []byte) {
	t.Helper()
	got, err := b.Blob(t.Context(), name)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("Blob(%q): %d bytes, %v; want %d bytes", name, len(got), err, len(want))
	}
}

func mustPut(t *testing.T, b engine.Blobs, name string, data []byte) {
	t.Helper()
	if err := b.PutBlob(t.Context(), name, data); err != nil {
		t.Fatalf("PutBlob(%q): %v", name, err)
	}
}

func blobsMissing(t *testing.T, b engine.Blobs) {
	mustPut(t, b, "sha256/ab", []byte("x"))
	for _, name := range []string{"", "sha256/a", "sha256/abc", "other"} {
		if _, err := b.Blob(t.Context(), name); !errors.Is(err, engine.ErrNoBlob) {
			t.Errorf("Blob(%q) gave %v, want ErrNoBlob", name, err)
		}
	}
	if err := b.PutBlob(t.Context(), "", []byte("x")); err == nil {
		t.Error("a blob without a name was taken")
	}
}

func blobsSizes(t *testing.T, b engine.Blobs) {
	for _, n := range []int{0, 1, 32<<10 - 1, 32 << 10, 32<<10 + 1, 3 << 20} {
		data := bytes.Repeat([]byte{byte(n), 7}, n)[:n]
		name := fmt.Sprintf("size/%d", n)
		mustPut(t, b, name, data)
		wantBlob(t, b, name, data)
	}
	wantBlob(t, b, "size/1", []byte{1})
}

func blobsReplace(t *testing.T, b engine.Blobs) {
	for _, text := range []string{"first", strings.Repeat("long", 30_000), "short", "short", ""} {
		mustPut(t, b, "a/b", []byte(text))
		wantBlob(t, b, "a/b", []byte(text))
	}
}

func blobsNotShared(t *testing.T, b engine.Blobs) {
	data := []byte("mine")
	mustPut(t, b, "n", data)
	data[0] = 'X'
	got, err := b.Blob(t.Context(), "n")
	if err != nil {
		t.Fatal(err)
	}
	got[1] = 'Y'
	wantBlob(t, b, "n", []byte("mine"))
}

func blobsCancel(t *testing.T, b engine.Blobs) {
	mustPut(t, b, "n", []byte("old"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.PutBlob(ctx, "n", []byte("new")); !errors.Is(err, context.Canceled) {
		t.Errorf("PutBlob on a cancelled ctx gave %v", err)
	}
	if _, err := b.Blob(ctx, "n"); !errors.Is(err, context.Canceled) {
		t.Errorf("Blob on a cancelled ctx gave %v", err)
	}
	wantBlob(t, b, "n", []byte("old"))
}

func blobsConcurrent(t *testing.T, b engine.Blobs) {
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 20 {
				data := bytes.Repeat([]byte{byte(w), byte(i)}, 20_000)
				name := fmt.Sprintf("w%d/%d", w, i)
				if err := b.PutBlob(t.Context(), name, data); err != nil {
					t.Errorf("PutBlob: %v", err)
				}
				wantBlob(t, b, name, data)
			}
		})
	}
	wg.Wait()
}
