package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"github.com/slop-ls/slop-ls/engine"
)

// Retention bounds the transcripts that are kept; the oldest are dropped first, and the one just stored never. Only
// transcripts are ever dropped.
type Retention struct {
	// Attempts is how many a ticket keeps, those of the latest attempts. 0: 10; negative: all.
	Attempts int
	// MaxBytes bounds all transcripts of the store together, as stored. 0: 256 MiB; negative: no bound.
	MaxBytes int64
}

const (
	defaultAttempts = 10
	defaultMaxBytes = 256 << 20

	transcriptPrefix = "transcript/"
)

func (r Retention) withDefaults() Retention {
	if r.Attempts == 0 {
		r.Attempts = defaultAttempts
	}
	if r.MaxBytes == 0 {
		r.MaxBytes = defaultMaxBytes
	}
	return r
}

// Transcript is one stored transcript.
type Transcript struct {
	Name    string // of its blob
	Attempt int
	Size    int64 // bytes
	Stored  time.Time
}

// transcriptRef is what a transcript's name says.
type transcriptRef struct {
	prefix  string // "transcript/<track>/<ticket>/"
	attempt int
}

// parseTranscript reads a name from its end, since a track's id has slashes.
func parseTranscript(name string) (transcriptRef, bool) {
	cut := strings.LastIndexByte(name, '/')
	if !strings.HasPrefix(name, transcriptPrefix) || strings.Count(name, "/") < 3 {
		return transcriptRef{}, false
	}
	attempt, err := strconv.Atoi(name[cut+1:])
	if err != nil || attempt < 0 {
		return transcriptRef{}, false
	}
	return transcriptRef{prefix: name[:cut+1], attempt: attempt}, true
}

// Transcripts lists what is stored of a ticket's attempts, the first attempt first. Errors: ctx's, *DamagedError,
// ErrClosed.
func (s *Store) Transcripts(ctx context.Context, ticket engine.TicketKey) (list []Transcript, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.view(func(tx *bbolt.Tx) error {
		list, err = transcriptsOf(tx, transcriptPrefix+string(ticket.Track)+"/"+ticket.ID+"/")
		if err != nil {
			return s.damaged("a transcript of "+ticket.String()+" cannot be read", err)
		}
		return nil
	})
	return list, err
}

func transcriptsOf(tx *bbolt.Tx, prefix string) (list []Transcript, err error) {
	c := tx.Bucket(bucketBlobs).Cursor()
	for key, value := c.Seek([]byte(prefix)); bytes.HasPrefix(key, []byte(prefix)); key, value = c.Next() {
		ref, ok := parseTranscript(string(key))
		if !ok || ref.prefix != prefix {
			continue
		}
		var o object
		if err := unsealJSON(bucketBlobs, key, value, &o); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		list = append(list, Transcript{Name: string(key), Attempt: ref.attempt, Size: int64(o.Size), Stored: o.At})
	}
	slices.SortFunc(list, func(a, b Transcript) int { return a.Attempt - b.Attempt })
	return list, nil
}

// transcriptTotals is kept up to date, so that a bound is enforced without a scan.
type transcriptTotals struct {
	Count int   `json:"count"`
	Bytes int64 `json:"bytes"`
}

var keyTotals = []byte("transcripts")

func readTotals(tx *bbolt.Tx) (t transcriptTotals, err error) {
	if value := tx.Bucket(bucketHeader).Get(keyTotals); value != nil {
		err = unsealJSON(bucketHeader, keyTotals, value, &t)
	}
	if err != nil {
		return t, fmt.Errorf("the size of the transcripts: %w", err)
	}
	return t, nil
}

func addTotals(tx *bbolt.Tx, count int, size int64) error {
	t, err := readTotals(tx)
	if err != nil {
		return err
	}
	t.Count += count
	t.Bytes += size
	return tx.Bucket(bucketHeader).Put(keyTotals, sealJSON(bucketHeader, keyTotals, t))
}

// orderTranscript enters a new transcript as the youngest.
func orderTranscript(tx *bbolt.Tx, name string, o *object) error {
	b := tx.Bucket(bucketTranscripts)
	o.Order = lastSeq(b) + 1
	b.FillPercent = appendFill
	key := seqKey(o.Order)
	if err := b.Put(key, seal(bucketTranscripts, key, []byte(name))); err != nil {
		return fmt.Errorf("storing the transcript %s: %w", name, err)
	}
	return addTotals(tx, 1, int64(o.Size))
}

func unorderTranscript(tx *bbolt.Tx, o object) error {
	if o.Order == 0 {
		return nil
	}
	if err := tx.Bucket(bucketTranscripts).Delete(seqKey(o.Order)); err != nil {
		return fmt.Errorf("removing a transcript: %w", err)
	}
	return addTotals(tx, -1, -int64(o.Size))
}

// retain drops what the setting no longer allows, now that newest was stored.
func (s *Store) retain(tx *bbolt.Tx, ref transcriptRef, newest object) error {
	if err := retainAttempts(tx, ref, s.opts.Retention.Attempts); err != nil {
		return err
	}
	return retainBytes(tx, newest.Order, s.opts.Retention.MaxBytes)
}

// retainAttempts drops a ticket's oldest attempts, but not the one just stored.
func retainAttempts(tx *bbolt.Tx, ref transcriptRef, keep int) error {
	if keep < 0 {
		return nil
	}
	list, err := transcriptsOf(tx, ref.prefix)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(t Transcript) bool { return t.Attempt == ref.attempt })
	for ; len(list) > max(0, keep-1); list = list[1:] {
		if err := dropBlob(tx, list[0].Name); err != nil {
			return err
		}
	}
	return nil
}

// retainBytes drops the transcripts that were stored first until the rest fits, or only newest is left.
func retainBytes(tx *bbolt.Tx, newest uint64, limit int64) error {
	for limit >= 0 {
		totals, err := readTotals(tx)
		if err != nil || totals.Bytes <= limit {
			return err
		}
		key, value := tx.Bucket(bucketTranscripts).Cursor().First()
		if order, ok := keySeq(key); !ok || order == newest {
			return nil
		}
		name, err := unseal(bucketTranscripts, key, value)
		if err != nil {
			return fmt.Errorf("the list of transcripts: %w", err)
		}
		if err := dropListed(tx, bytes.Clone(key), string(name)); err != nil {
			return err
		}
	}
	return nil
}

// dropListed drops the transcript that the list names, and its line.
func dropListed(tx *bbolt.Tx, key []byte, name string) error {
	if err := dropBlob(tx, name); err != nil {
		return err
	}
	return tx.Bucket(bucketTranscripts).Delete(key)
}
