// Package store keeps a workspace's truth in one bbolt file: the journal of events, a snapshot of what they fold to,
// and the blobs that are too large for the journal. It implements engine.Journal and engine.Blobs.
//
// The contract:
//
//   - What Append or PutBlob has returned nil for is on the disk: a kill or a power cut does not lose it.
//   - One process at a time has a store open for writing. bbolt's file lock says who, and so elects the daemon; Open
//     never waits for it longer than Options.LockTimeout.
//   - Every value carries a checksum and is verified when it is read. Open walks the whole file before it lets bbolt
//     touch it, because bbolt itself trusts its pages: it panics on some damage, faults on other, and would write
//     over sound pages when its list of free ones lies. What comes out of a Store is what went in, or an error.
//   - A damaged file is never changed, replaced or removed. DamagedError says where the last good copy is.
//   - After a commit that went wrong nothing more is written until the store is opened again, because what the disk
//     holds is then unknown; reading goes on.
//   - A snapshot is a cache: a torn or damaged one is skipped, never reported as data.
//
// Layout, all keys binary and all numbers big-endian:
//
//	header           "header" → Header as JSON, "transcripts" → their number and bytes
//	events           seq → engine.Event as JSON
//	snapshots        seq → record of an object in snapshot_chunks, two generations
//	blobs            name → record of an object in chunks
//	transcripts      order of storing → name of a blob, oldest first
//	chunks           object id, index → up to 32 KiB of an object
//	snapshot_chunks  the same for snapshots
//
// A value is a CRC-32C over its bucket, its key and its payload, followed by the payload.
package store
