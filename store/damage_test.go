package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

const (
	soundEvents   = 600 // enough for branch pages
	soundSnapshot = 500
)

// soundStore makes a closed store with something of everything, freed pages and a long free list included, and
// gives its file.
func soundStore(t testing.TB) []byte {
	t.Helper()
	s := openNew(t, Options{Retention: Retention{Attempts: 2}})
	for seq := 1; seq <= soundEvents; seq += 100 {
		mustAppend(t, s, uint64(seq), 100)
		mustPut(t, s, transcriptName("a", "T", seq), strings.Repeat("t", seq*30))
	}
	for _, name := range soundBlobs() {
		mustPut(t, s, name, soundBlob(name))
	}
	for _, seq := range []uint64{300, soundSnapshot} {
		if err := s.SaveSnapshot(t.Context(), seq, soundFold(seq)); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, s)
	return readFile(t, s.Path())
}

func soundBlobs() (names []string) {
	for i := range 150 {
		names = append(names, fmt.Sprintf("sha256/%03d", i))
	}
	return append(names, "large", "none")
}

func soundBlob(name string) string {
	switch name {
	case "large":
		return strings.Repeat("0123456789", 10_000)
	case "none":
		return ""
	}
	return "content of " + name
}

func soundFold(seq uint64) []byte { return bytes.Repeat([]byte{byte(seq), 1}, 30_000) }

// outcome is what a damaged store turned out to be.
type outcome string

const (
	refused outcome = "refused when it was opened"
	noticed outcome = "noticed when it was read"
	sound   outcome = "all data are right"
)

// readDamaged opens and reads a store and fails the test unless everything it says is right or an error. name says
// what was done to it.
func readDamaged(t *testing.T, path, name string, opts Options) outcome {
	t.Helper()
	s, err := Open(path, opts)
	if err != nil {
		wantDamaged(t, name, err)
		return refused
	}
	defer s.Close()
	result := sound
	note := func(err error) {
		t.Helper()
		if err != nil {
			wantDamaged(t, name, err)
			result = noticed
		}
	}
	events, err := enginetest.Collect(t.Context(), s, 0)
	if note(err); !isPrefix(events) || err == nil && len(events) != soundEvents {
		t.Fatalf("%s: %d wrong events and no error", name, len(events))
	}
	for _, blob := range append(soundBlobs(), transcriptName("a", "T", 501)) {
		data, err := s.Blob(t.Context(), blob)
		want := soundBlob(blob)
		if strings.HasPrefix(blob, "transcript") {
			want = strings.Repeat("t", 501*30)
		}
		if note(err); err == nil && string(data) != want {
			t.Fatalf("%s: the blob %s is wrong and there is no error", name, blob)
		}
	}
	seq, data, err := s.LoadSnapshot(t.Context())
	if err != nil || seq != 0 && seq != 300 && seq != soundSnapshot || seq > 0 && !bytes.Equal(data, soundFold(seq)) {
		t.Fatalf("%s: wrong snapshot at %d, %v", name, seq, err)
	}
	if seq != soundSnapshot {
		result = noticed
	}
	if err := s.Check(t.Context()); err == nil && result == noticed {
		t.Fatalf("%s: noticed when read, but not by Check", name)
	}
	return result
}

var sample = enginetest.SampleEvents(1, soundEvents)

func isPrefix(events []engine.Event) bool {
	return len(events) <= len(sample) && (len(events) == 0 || reflect.DeepEqual(events, sample[:len(events)]))
}

func wantDamaged(t *testing.T, name string, err error) {
	t.Helper()
	var damaged *DamagedError
	var newer *NewerError
	if !errors.As(err, &damaged) && !errors.As(err, &newer) {
		t.Fatalf("%s: %v (%T), want a DamagedError", name, err, err)
	}
	if damaged != nil && (!strings.Contains(err.Error(), "nothing was changed") || !strings.Contains(err.Error(), damaged.Path)) {
		t.Fatalf("%s: %v does not say what to do", name, err)
	}
}

func TestSoundStoreReadsSound(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	writeFile(t, path, soundStore(t))
	for _, opts := range []Options{{}, {ReadOnly: true}} {
		if got := readDamaged(t, path, "untouched", opts); got != sound {
			t.Errorf("an undamaged store: %s", got)
		}
	}
}

func TestCutFiles(t *testing.T) {
	t.Parallel()
	whole := soundStore(t)
	used := int(usedBytes(t, whole))
	lengths := []int{1, 100, 4095, 4096, 4097, 8191, 8192, 8193, 12288, 16384, 20000, used - 1, used - 4096, used / 2}
	for range 60 {
		lengths = append(lengths, 1+rand.IntN(used-1))
	}
	path := filepath.Join(t.TempDir(), "state.db")
	for i, n := range lengths {
		writeFile(t, path, whole[:n])
		opts := Options{ReadOnly: i%2 == 0}
		if got := readDamaged(t, path, fmt.Sprintf("cut to %d", n), opts); got != refused {
			t.Errorf("cut to %d of %d: %s", n, used, got)
		}
		if !bytes.Equal(readFile(t, path), whole[:n]) {
			t.Fatalf("cut to %d: the file was changed", n)
		}
	}
}

// usedBytes is up to where a file's pages are in use.
func usedBytes(t *testing.T, file []byte) uint64 {
	t.Helper()
	im := &image{file: bytes.NewReader(file), size: int64(len(file))}
	if err := im.readMetas(); err != nil {
		t.Fatal(err)
	}
	return im.pages * uint64(im.pageSize)
}

func TestForeignFiles(t *testing.T) {
	t.Parallel()
	foreign := filepath.Join(t.TempDir(), "foreign.db")
	db, err := bbolt.Open(foreign, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("theirs")); return err }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	random := make([]byte, 100_000)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	for name, data := range map[string][]byte{
		"text": []byte(strings.Repeat("a text file\n", 5000)), "zeros": make([]byte, 65536), "random": random,
		"one byte": {0}, "another program's": readFile(t, foreign),
	} {
		path := filepath.Join(t.TempDir(), "state.db")
		writeFile(t, path, data)
		for _, opts := range []Options{{}, {ReadOnly: true}} {
			if got := readDamaged(t, path, name, opts); got != refused {
				t.Errorf("%s: %s", name, got)
			}
		}
		if !bytes.Equal(readFile(t, path), data) {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

// flips is how many damaged files are tried a kind of damage.
func flips() int {
	if testing.Short() {
		return 20
	}
	return 60
}

func TestFlippedBytes(t *testing.T) {
	t.Parallel()
	whole := soundStore(t)
	used := int(usedBytes(t, whole))
	damages := map[string]func(r *rand.Rand, data []byte){
		"one bit":  func(r *rand.Rand, data []byte) { data[r.IntN(used)] ^= 1 << r.IntN(8) },
		"one byte": func(r *rand.Rand, data []byte) { data[r.IntN(used)] ^= byte(1 + r.IntN(255)) },
		"header of a page": func(r *rand.Rand, data []byte) {
			data[r.IntN(used/4096)*4096+r.IntN(80)] ^= byte(1 + r.IntN(255))
		},
		"a zeroed sector": func(r *rand.Rand, data []byte) { clear(data[r.IntN(used/512)*512:][:512]) },
		"a page in another's place": func(r *rand.Rand, data []byte) {
			copy(data[r.IntN(used/4096)*4096:][:4096], data[r.IntN(used/4096)*4096:][:4096])
		},
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "state.db")
			seen := map[outcome]int{}
			for seed := range flips() {
				data := bytes.Clone(whole)
				damage(rand.New(rand.NewPCG(uint64(seed), 1)), data)
				writeFile(t, path, data)
				what := fmt.Sprintf("%s, seed %d", name, seed)
				seen[readDamaged(t, path, what, Options{ReadOnly: seed%2 == 0, BackupEvery: -1})]++
			}
			if seen[refused] == 0 {
				t.Errorf("nothing was refused: %v", seen)
			}
			t.Log(seen)
		})
	}
}

// A damaged event is named, when the file goes bad under an open store too.
func TestDamagedEventIsNamed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	s := openAt(t, path, Options{})
	mustAppend(t, s, 1, 50)
	if _, err := s.Backup(t.Context()); err != nil {
		t.Fatal(err)
	}
	data := readFile(t, path)
	id := []byte(`"id":"T17"`)
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for at := 0; ; { // every copy of it, freed pages too
		n := bytes.Index(data[at:], id)
		if n < 0 {
			break
		}
		at += n + len(id)
		if _, err := f.WriteAt([]byte{'8'}, int64(at-2)); err != nil {
			t.Fatal(err)
		}
	}
	events, err := enginetest.Collect(t.Context(), s, 0)
	var damaged *DamagedError
	if len(events) != 16 || !errors.As(err, &damaged) || damaged.Seq != 17 || damaged.Backup != path+".bak.1" {
		t.Errorf("%d events, then %v", len(events), err)
	}
	mustClose(t, s)
	_, err = Open(path, Options{})
	if !errors.As(err, &damaged) || damaged.Seq != 17 || !strings.Contains(err.Error(), path+".bak.1") {
		t.Errorf("Open gave %v, want event 17 and the backup", err)
	}
}

// The newest snapshot's damage leads to the one before, and then to none.
func TestDamagedSnapshotIsSkipped(t *testing.T) {
	t.Parallel()
	s := openNew(t, Options{})
	mustAppend(t, s, 1, 10)
	fold := func(seq uint64) []byte { return soundFold(seq)[:1000] }
	for seq := uint64(1); seq <= 3; seq++ {
		if err := s.SaveSnapshot(t.Context(), seq, fold(seq)); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []uint64{2, 0} {
		spoil(t, s, bucketSnapshotChunks)
		seq, data, err := s.LoadSnapshot(t.Context())
		if seq != want || err != nil || want > 0 && !bytes.Equal(data, fold(want)) {
			t.Errorf("LoadSnapshot: %d, %v; want %d", seq, err, want)
		}
	}
	if err := s.Check(t.Context()); err == nil {
		t.Error("Check does not see it")
	}
	if err := s.SaveSnapshot(t.Context(), 4, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if seq, data, err := s.LoadSnapshot(t.Context()); seq != 4 || string(data) != "new" {
		t.Errorf("after a new one: %d, %q, %v", seq, data, err)
	}
}

// spoil changes the last value of a bucket that is still right, behind the store's back.
func spoil(t *testing.T, s *Store, bucket []byte) {
	t.Helper()
	err := s.db.Update(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucket).Cursor()
		for key, value := c.Last(); key != nil; key, value = c.Prev() {
			if _, err := unseal(bucket, key, value); err == nil {
				value = bytes.Clone(value)
				value[len(value)-1] ^= 1
				return tx.Bucket(bucket).Put(key, value)
			}
		}
		return errors.New("nothing to spoil")
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A value under another's key is damage as well.
func TestSwappedValues(t *testing.T) {
	t.Parallel()
	s := openNew(t, Options{})
	mustAppend(t, s, 1, 10)
	err := s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucketEvents)
		three, four := bytes.Clone(b.Get(seqKey(3))), bytes.Clone(b.Get(seqKey(4)))
		return errors.Join(b.Put(seqKey(3), four), b.Put(seqKey(4), three))
	})
	if err != nil {
		t.Fatal(err)
	}
	var damaged *DamagedError
	if _, err := enginetest.Collect(t.Context(), s, 0); !errors.As(err, &damaged) || damaged.Seq != 3 {
		t.Errorf("Events gave %v, want damage at 3", err)
	}
}

func TestEventOfANewerBuild(t *testing.T) {
	t.Parallel()
	s := openNew(t, Options{})
	mustAppend(t, s, 1, 2)
	err := s.db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketEvents).Put(seqKey(3), seal(bucketEvents, seqKey(3), []byte(`{"seq":3,"kind":"new"}`)))
	})
	if err != nil {
		t.Fatal(err)
	}
	var unknown *engine.UnknownKindError
	if _, err := enginetest.Collect(t.Context(), s, 0); !errors.As(err, &unknown) || unknown.Seq != 3 {
		t.Errorf("Events gave %v", err)
	}
}

// FuzzImage holds the walk over a file to never panic or hang, whatever is in it.
func FuzzImage(f *testing.F) {
	whole := soundStore(f)
	f.Add(uint32(0), uint64(0), uint32(40), uint64(0))
	f.Add(uint32(4096), uint64(1), uint32(8192+8), ^uint64(0))
	f.Fuzz(func(t *testing.T, at uint32, value uint64, at2 uint32, value2 uint64) {
		data := bytes.Clone(whole)
		put := func(at uint32, value uint64) {
			binary.NativeEndian.PutUint64(data[int(at)%(len(data)-8):], value)
		}
		put(at, value)
		put(at2, value2)
		_ = checkImage(bytes.NewReader(data), int64(len(data)), &contents{deep: true})
	})
}

// Nothing of a store is trusted that was cancelled half-way.
func TestCancelledSnapshotLeavesTheOld(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	armed := false
	s := openNew(t, Options{Failpoint: func(name string) {
		if armed && name == "mid-snapshot" {
			cancel()
		}
	}})
	mustAppend(t, s, 1, 3)
	if err := s.SaveSnapshot(ctx, 1, []byte("old")); err != nil {
		t.Fatal(err)
	}
	armed = true
	if err := s.SaveSnapshot(ctx, 2, make([]byte, 3*snapshotBatch)); !errors.Is(err, context.Canceled) {
		t.Fatalf("SaveSnapshot gave %v", err)
	}
	if seq, data, err := s.LoadSnapshot(t.Context()); seq != 1 || string(data) != "old" {
		t.Errorf("LoadSnapshot: %d, %q, %v", seq, data, err)
	}
	mustCheck(t, s)
	if err := s.SaveSnapshot(t.Context(), 2, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if n := countKeys(t, s, bucketSnapshotChunks); n != 2 {
		t.Errorf("%d chunks are left, want one of each generation", n)
	}
}

func countKeys(t *testing.T, s *Store, bucket []byte) (n int) {
	t.Helper()
	err := s.view(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucket).ForEach(func(_, _ []byte) error { n++; return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
