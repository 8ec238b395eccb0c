package enginetest

import (
	"errors"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
)

func TestMemoryConforms(t *testing.T) {
	t.Parallel()
	JournalConformance(t, func(*testing.T) engine.Journal { return NewJournal() })
	BlobsConformance(t, func(*testing.T) engine.Blobs { return NewBlobs() })
}

func TestMemoryFails(t *testing.T) {
	t.Parallel()
	full := errors.New("full")
	j, b := NewJournal(), NewBlobs()
	j.FailAppendAfter(1, full)
	b.FailPut(full)
	mustAppend(t, j, SampleEvents(1, 1))
	if err := j.Append(t.Context(), SampleEvents(2, 1)); !errors.Is(err, full) {
		t.Errorf("Append gave %v, want the injected error", err)
	}
	if err := b.PutBlob(t.Context(), "n", nil); !errors.Is(err, full) {
		t.Errorf("PutBlob gave %v, want the injected error", err)
	}
	wantEvents(t, j, 0, SampleEvents(1, 1))
	j.FailAppend(nil)
	mustAppend(t, j, SampleEvents(2, 1))
}

func BenchmarkMemoryAppend(b *testing.B) {
	j := NewJournal()
	one := SampleEvents(1, 1)
	b.ReportAllocs()
	for b.Loop() {
		if err := j.Append(b.Context(), one); err != nil {
			b.Fatal(err)
		}
		one[0].Seq++
	}
}
