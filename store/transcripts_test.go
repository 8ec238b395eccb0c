package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
)

func transcriptName(track, ticket string, attempt int) string {
	return fmt.Sprintf("transcript/%s/%s/%d", track, ticket, attempt)
}

func attempts(t *testing.T, s *Store, track engine.TrackID, ticket string) []int {
	t.Helper()
	list, err := s.Transcripts(t.Context(), engine.TicketKey{Track: track, ID: ticket})
	if err != nil {
		t.Fatal(err)
	}
	got := []int{}
	for _, tr := range list {
		if tr.Name != transcriptName(string(track), ticket, tr.Attempt) || tr.Stored.IsZero() {
			t.Errorf("transcript %+v", tr)
		}
		got = append(got, tr.Attempt)
	}
	return got
}

func TestTranscriptNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]transcriptRef{
		"transcript/a/T1/1":               {"transcript/a/T1/", 1},
		"transcript/.slop/tracks/a/T1/12": {"transcript/.slop/tracks/a/T1/", 12},
		"transcript/a/1":                  {},
		"transcript/a/T1/x":               {},
		"transcript/a/T1/-1":              {},
		"sha256/a/b/1":                    {},
	} {
		if got, ok := parseTranscript(name); got != want || ok != (want.prefix != "") {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
	}
}

func TestRetentionByAttempts(t *testing.T) {
	t.Parallel()
	s := openNew(t, Options{Retention: Retention{Attempts: 3}})
	for i := 1; i <= 12; i++ {
		mustPut(t, s, transcriptName("a/b", "T1", i), "text")
		mustPut(t, s, transcriptName("a/b", "T1", i), "text as it grew") // the same attempt, longer
	}
	mustPut(t, s, transcriptName("a/b", "T10", 1), "another ticket")
	mustPut(t, s, "sha256/a", "not a transcript")
	for ticket, want := range map[string][]int{"T1": {10, 11, 12}, "T10": {1}, "T": {}, "b": {}} {
		if diff := cmp.Diff(want, attempts(t, s, "a/b", ticket)); diff != "" {
			t.Errorf("%s: %s", ticket, diff)
		}
	}
	if _, err := s.Blob(t.Context(), transcriptName("a/b", "T1", 9)); !errors.Is(err, engine.ErrNoBlob) {
		t.Errorf("a dropped transcript gave %v", err)
	}
	mustPut(t, s, transcriptName("a/b", "T1", 2), "late: kept, since it was just stored")
	if diff := cmp.Diff([]int{2, 11, 12}, attempts(t, s, "a/b", "T1")); diff != "" {
		t.Error(diff)
	}
	mustCheck(t, s)
}

func TestRetentionByBytes(t *testing.T) {
	t.Parallel()
	s := openNew(t, Options{Retention: Retention{Attempts: -1, MaxBytes: 1000}})
	mustPut(t, s, "sha256/a", strings.Repeat("kept", 1000))
	for i := 1; i <= 5; i++ {
		mustPut(t, s, transcriptName("a", fmt.Sprint("T", i), 1), strings.Repeat("x", 400))
	}
	for i, want := range [][]int{1: {}, 2: {}, 3: {}, 4: {1}, 5: {1}} {
		if i > 0 {
			if diff := cmp.Diff(want, attempts(t, s, "a", fmt.Sprint("T", i))); diff != "" {
				t.Errorf("T%d: %s", i, diff)
			}
		}
	}
	mustPut(t, s, transcriptName("a", "T6", 1), strings.Repeat("x", 5000))
	if got := attempts(t, s, "a", "T6"); len(got) != 1 {
		t.Error("a transcript above the bound was dropped as it was stored")
	}
	st, err := s.Stats(t.Context())
	if err != nil || st.Transcripts != 1 || st.TranscriptBytes != 5000 || st.Blobs != 2 {
		t.Errorf("Stats: %+v, %v", st, err)
	}
	mustCheck(t, s)
}

// The file does not grow for ever when transcripts come and go: freed pages are used again.
func TestRetentionFreesSpace(t *testing.T) {
	t.Parallel()
	s := openNew(t, Options{Retention: Retention{Attempts: 2}})
	size := func() int64 {
		st, err := s.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return st.Size
	}
	for i := 1; i <= 10; i++ {
		mustPut(t, s, transcriptName("a", "T", i), strings.Repeat("x", 200_000))
	}
	settled := size()
	for i := 11; i <= 40; i++ {
		mustPut(t, s, transcriptName("a", "T", i), strings.Repeat("x", 200_000))
	}
	if now := size(); now > settled*3/2 {
		t.Errorf("grew from %d to %d bytes", settled, now)
	}
}
