package store

import (
	"encoding/binary"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

func oneEvent() engine.Event { return enginetest.SampleEvents(1, 1)[0] }

// BenchmarkAppend commits one event a transaction, with fsync. Compare with BenchmarkBareCommit of the same run.
func BenchmarkAppend(b *testing.B) {
	s := openNew(b, Options{})
	events := []engine.Event{oneEvent()}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Append(b.Context(), events); err != nil {
			b.Fatal(err)
		}
		events[0].Seq++
	}
}

// BenchmarkAppend64 commits 64 events a transaction; its time is for all of them.
func BenchmarkAppend64(b *testing.B) {
	s := openNew(b, Options{})
	events := enginetest.SampleEvents(1, 64)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Append(b.Context(), events); err != nil {
			b.Fatal(err)
		}
		for i := range events {
			events[i].Seq += 64
		}
	}
}

// BenchmarkBareCommit is the yardstick: bbolt as it comes, one value of an event's size a transaction.
func BenchmarkBareCommit(b *testing.B) {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	value, err := oneEvent().MarshalJSON()
	if err != nil {
		b.Fatal(err)
	}
	name, seq := []byte("events"), uint64(0)
	if err := db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket(name); return err }); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		seq++
		err := db.Update(func(tx *bbolt.Tx) error {
			return tx.Bucket(name).Put(binary.BigEndian.AppendUint64(nil, seq), value)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func storeOf(b *testing.B, events int) string {
	b.Helper()
	s := openNew(b, Options{BackupEvery: -1})
	for seq := 1; seq < events; seq += 1000 {
		if err := s.Append(b.Context(), enginetest.SampleEvents(uint64(seq), 1000)); err != nil {
			b.Fatal(err)
		}
	}
	mustClose(b, s)
	return s.Path()
}

// BenchmarkOpen100k opens a store of 100,000 events: the lock, and a check of the whole file.
func BenchmarkOpen100k(b *testing.B) {
	path := storeOf(b, 100_000)
	for b.Loop() {
		s, err := Open(path, Options{BackupEvery: -1})
		if err != nil {
			b.Fatal(err)
		}
		mustClose(b, s)
	}
}

// BenchmarkEvents100k reads and decodes 100,000 events.
func BenchmarkEvents100k(b *testing.B) {
	s := openAt(b, storeOf(b, 100_000), Options{BackupEvery: -1})
	for b.Loop() {
		n := 0
		for _, err := range s.Events(b.Context(), 0) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 100_000 {
			b.Fatalf("%d events", n)
		}
	}
}

// BenchmarkSnapshot64MB saves a large snapshot in several transactions.
func BenchmarkSnapshot64MB(b *testing.B) {
	s := openNew(b, Options{})
	mustAppend(b, s, 1, 1)
	data := make([]byte, 64<<20)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := s.SaveSnapshot(b.Context(), 1, data); err != nil {
			b.Fatal(err)
		}
	}
}
