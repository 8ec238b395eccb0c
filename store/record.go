package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
)

// The buckets. Their names are part of every checksum.
var (
	bucketHeader         = []byte("header")
	bucketEvents         = []byte("events")
	bucketSnapshots      = []byte("snapshots")
	bucketSnapshotChunks = []byte("snapshot_chunks")
	bucketBlobs          = []byte("blobs")
	bucketChunks         = []byte("chunks")
	bucketTranscripts    = []byte("transcripts")
)

var buckets = [][]byte{
	bucketHeader, bucketEvents, bucketSnapshots, bucketSnapshotChunks, bucketBlobs, bucketChunks, bucketTranscripts,
}

const (
	sumSize    = 4
	appendFill = 0.9 // keys come in order, so pages may be packed
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errChecksum says that a value is not the one that was stored under its key.
var errChecksum = errors.New("checksum does not match")

func sum(bucket, key, payload []byte) uint32 {
	c := crc32.Update(0, castagnoli, bucket)
	c = crc32.Update(c, castagnoli, key)
	return crc32.Update(c, castagnoli, payload)
}

// seal makes the value that holds payload under key.
func seal(bucket, key, payload []byte) []byte {
	value := make([]byte, sumSize, sumSize+len(payload))
	binary.BigEndian.PutUint32(value, sum(bucket, key, payload))
	return append(value, payload...)
}

// unseal gives the payload of value, which aliases it, or errChecksum.
func unseal(bucket, key, value []byte) ([]byte, error) {
	if len(value) < sumSize || binary.BigEndian.Uint32(value) != sum(bucket, key, value[sumSize:]) {
		return nil, errChecksum
	}
	return value[sumSize:], nil
}

// sealJSON is seal of v's JSON. v is a struct of this package, which always encodes.
func sealJSON(bucket, key []byte, v any) []byte {
	payload, err := json.Marshal(v)
	if err != nil {
		panic("store: a record always encodes: " + err.Error())
	}
	return seal(bucket, key, payload)
}

func unsealJSON(bucket, key, value []byte, v any) error {
	payload, err := unseal(bucket, key, value)
	if err != nil {
		return err
	}
	return json.Unmarshal(payload, v)
}

// seqKey is the key of number n in a bucket that is ordered by number.
func seqKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// keySeq is the inverse of seqKey; ok is false for a key of another length.
func keySeq(key []byte) (n uint64, ok bool) {
	if len(key) != 8 {
		return 0, false
	}
	return binary.BigEndian.Uint64(key), true
}
