package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"go.etcd.io/bbolt"
)

// chunkSize bounds a value of contents. bbolt rewrites a page's neighbours with it, so values must not be large.
const chunkSize = 32 << 10

// object is the record of some contents that lie in chunks: what a name or a snapshot's seq leads to.
type object struct {
	ID    uint64    `json:"id"` // of its chunks; 0 when it is empty and has none
	Size  int       `json:"size"`
	Sum   uint32    `json:"sum"`             // CRC-32C of the contents
	At    time.Time `json:"at"`              // when it was stored
	Order uint64    `json:"order,omitempty"` // of a transcript: its key in bucketTranscripts
}

func newObject(data []byte, at time.Time) object {
	return object{Size: len(data), Sum: crc32.Checksum(data, castagnoli), At: at.UTC()}
}

// holds reports whether data may be the object's contents.
func (o object) holds(data []byte) bool {
	return o.Size == len(data) && o.Sum == crc32.Checksum(data, castagnoli)
}

func chunkKey(id uint64, index int) []byte {
	return binary.BigEndian.AppendUint32(seqKey(id), uint32(index))
}

// chunkID is the object that a key of a chunk belongs to.
func chunkID(key []byte) uint64 {
	if len(key) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(key)
}

// number gives the object an id above those of all chunks in b. An empty one leaves no trace there that would keep
// its id from being given again, so it gets none.
func (o *object) number(b *bbolt.Bucket) {
	if o.Size == 0 {
		return
	}
	key, _ := b.Cursor().Last()
	o.ID = chunkID(key) + 1
}

// putChunks stores data as chunks of object id, from index on.
func putChunks(b *bbolt.Bucket, name []byte, id uint64, index int, data []byte) error {
	b.FillPercent = appendFill
	for ; len(data) > 0; index++ {
		n := min(len(data), chunkSize)
		key := chunkKey(id, index)
		if err := b.Put(key, seal(name, key, data[:n])); err != nil {
			return fmt.Errorf("storing contents: %w", err)
		}
		data = data[n:]
	}
	return nil
}

// readChunks gives the contents of o as a fresh slice. Its error says that they are damaged.
func readChunks(b *bbolt.Bucket, name []byte, o object) ([]byte, error) {
	if o.Size < 0 || o.Size > bbolt.MaxValueSize {
		return nil, errors.New("impossible size")
	}
	data := make([]byte, 0, o.Size)
	c := b.Cursor()
	for key, value := c.Seek(chunkKey(o.ID, 0)); len(data) < o.Size; key, value = c.Next() {
		if chunkID(key) != o.ID {
			return nil, errors.New("a part is missing")
		}
		part, err := unseal(name, key, value)
		if err != nil {
			return nil, err
		}
		data = append(data, part...)
	}
	if !o.holds(data) {
		return nil, errChecksum
	}
	return data, nil
}

// deleteChunks removes the chunks of object id.
func deleteChunks(b *bbolt.Bucket, id uint64) error {
	c := b.Cursor()
	for key, _ := c.Seek(chunkKey(id, 0)); key != nil && chunkID(key) == id; key, _ = c.Seek(chunkKey(id, 0)) {
		if err := c.Delete(); err != nil {
			return fmt.Errorf("removing contents: %w", err)
		}
	}
	return nil
}
