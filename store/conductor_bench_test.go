package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/store"
)

type instant struct{}

func (instant) Work(context.Context, *engine.Desk, engine.Job) engine.Outcome {
	return engine.Outcome{Kind: engine.OutcomeDone, By: engine.ByWorker}
}

// BenchmarkConductor measures what a ticket costs from ready to completed, with instant workers, on a real store with
// fsync. Each shape is reported as a ratio to one bare bbolt commit a ticket (1.00 = as dear as that), measured in the
// same run.
func BenchmarkConductor(b *testing.B) {
	const n = 1000
	var bare float64
	b.Run("bare-commit", func(b *testing.B) {
		bareCommits(b, n)
		bare = float64(b.Elapsed().Nanoseconds()) / float64(b.N*n)
		b.ReportMetric(bare, "ns/ticket")
	})
	for _, shape := range []struct {
		name    string
		workers int
		tickets []trackfile.Ticket
	}{
		{"chain", 4, chainOf(n)},
		{"fan-4", 4, fanOf(n)},
		{"fan-64", 64, fanOf(n)},
	} {
		b.Run(shape.name, func(b *testing.B) {
			for i := range b.N {
				runTrack(b, filepath.Join(b.TempDir(), fmt.Sprint(i)), shape.workers, shape.tickets)
			}
			each := float64(b.Elapsed().Nanoseconds()) / float64(b.N*n)
			b.ReportMetric(each, "ns/ticket")
			if bare > 0 {
				b.ReportMetric(each/bare, "x-bare-commit")
			}
		})
	}
}

func bareCommits(b *testing.B, n int) {
	for i := range b.N {
		db, err := bbolt.Open(filepath.Join(b.TempDir(), fmt.Sprint(i)), 0o600, nil)
		if err != nil {
			b.Fatal(err)
		}
		value := make([]byte, 200)
		for k := range n {
			err := db.Update(func(tx *bbolt.Tx) error {
				bucket, err := tx.CreateBucketIfNotExists([]byte("journal"))
				if err != nil {
					return err
				}
				return bucket.Put(fmt.Appendf(nil, "%08d", k), value)
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func runTrack(b *testing.B, path string, workers int, tickets []trackfile.Ticket) {
	b.StopTimer()
	s, err := store.Open(path, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	c, err := engine.NewConductor(ctx, engine.Config{Journal: s, Blobs: s, Worker: instant{}, Settings: engine.Settings{MaxWorkers: workers}})
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	if err := c.Do(ctx, engine.PlanTrack{Track: "t", Spec: trackfile.Track{Tickets: tickets}}); err != nil {
		b.Fatal(err)
	}
	b.StartTimer()
	if err := c.Do(ctx, engine.StartTrack{Track: "t", By: engine.ByPerson}); err != nil {
		b.Fatal(err)
	}
	snap := c.Snapshot()
	for {
		if tr, _ := snap.Track("t"); tr.Status == engine.TrackDone {
			break
		}
		if snap, err = c.Wait(ctx, snap.Seq()); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	cancel()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	b.StartTimer()
}

func chainOf(n int) []trackfile.Ticket {
	out := fanOf(n)
	for i := 1; i < n; i++ {
		out[i].DependsOn = []string{out[i-1].ID}
	}
	return out
}

func fanOf(n int) []trackfile.Ticket {
	out := make([]trackfile.Ticket, n)
	for i := range out {
		out[i] = trackfile.Ticket{ID: fmt.Sprintf("T%d", i), Description: "work"}
	}
	return out
}
