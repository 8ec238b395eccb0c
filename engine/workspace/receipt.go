package workspace

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/slop-ls/slop-ls/engine"
)

// receipt says what merging came to, by path, as content hashes. It is written before the first file of a delivery
// is replaced. A delivery that is repeated after a kill knows by it what it did: to merge a change a second time can
// look like a conflict, where lines repeat.
type receipt map[string]string

// receiptsKept is for how long a delivery may lie unfinished and still be known.
const receiptsKept = 30 * 24 * time.Hour

// KeepReceipts names a folder, outside the workspace and made when needed, in which deliveries that merge note what
// they are about to write. Without one, a merged delivery that is repeated after a kill may report a conflict with
// itself. To be called before the first Deliver.
func (w *Workspace) KeepReceipts(dir string) { w.receipts = dir }

// receiptName is the file of one delivery: the run and exactly this change set.
func (w *Workspace) receiptName(run engine.Run, set engine.ChangeSet) string {
	sum := sha256.Sum256([]byte(run.String() + "\x00" + engine.ContentHash(set.Encode())))
	return filepath.Join(w.receipts, hex.EncodeToString(sum[:])+".json")
}

// readReceipt gives the receipt of a delivery that was begun before, or an empty one.
func (w *Workspace) readReceipt(name string) receipt {
	var r receipt
	if w.receipts == "" {
		return nil
	}
	data, err := os.ReadFile(name)
	if err != nil || json.Unmarshal(data, &r) != nil {
		return nil // never written, so nothing was replaced yet
	}
	return r
}

// writeReceipt notes what the plans merge, durably.
func (w *Workspace) writeReceipt(name string, plans []plan) error {
	r := make(receipt)
	for _, p := range plans {
		if p.merged {
			r[p.change.Path] = engine.ContentHash(p.final.data)
		}
	}
	if w.receipts == "" || len(r) == 0 {
		return nil
	}
	data, err := json.Marshal(r)
	if err == nil {
		err = os.MkdirAll(w.receipts, 0o700)
	}
	if err == nil {
		w.dropOldReceipts()
		err = writeDurably(name, data)
	}
	if err != nil {
		return fmt.Errorf("noting what is delivered: %w", err)
	}
	return nil
}

func (w *Workspace) dropOldReceipts() {
	found, _ := os.ReadDir(w.receipts)
	for _, e := range found {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > receiptsKept {
			_ = os.Remove(filepath.Join(w.receipts, e.Name()))
		}
	}
}

func writeDurably(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), "receipt-*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(syncFolder(dir), dir.Close())
}
