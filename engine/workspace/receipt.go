package workspace

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/slop-ls/slop-ls/engine"
)

// receipts are what deliveries note before they replace the first file: which contents they find and which they leave.
// A delivery that is repeated after a kill knows by them what of it had arrived, also where others have delivered to
// the same file since: to merge a change a second time can look like a conflict, or bring it twice, where lines
// repeat. They are used by who holds the workspace's deliveries.
type receipts struct {
	path string // "": none are kept
	read bool   // of list: what the file held
	list []receipt
}

// receipt is what one delivery does to one file. Contents are named by their hash, no file by "".
type receipt struct {
	Delivery string `json:"delivery"` // the run and exactly its change of the file
	Run      string `json:"run,omitempty"`
	Path     string `json:"path"`
	Before   string `json:"before"`
	After    string `json:"after"`
}

// receiptsKept is how many the file is cut back to once it has twice as many. A delivery that so many others have come
// after is long in the journal, or its program would have been gone before they came.
const receiptsKept = 1024

// KeepReceipts names a folder, outside the workspace and made when needed, in which deliveries note what they are about
// to write. Without one, a delivery that is repeated after a kill may conflict with itself or arrive twice. To be
// called before the first Deliver.
func (w *Workspace) KeepReceipts(dir string) { w.receipts.path = filepath.Join(dir, "receipts.jsonl") }

// deliveryName names what a delivery does to a file in receipts: whichever files it is repeated with.
func deliveryName(run engine.Run, c engine.FileChange) string {
	sum := sha256.Sum256([]byte(run.String() + "\x00" + engine.ContentHash(engine.ChangeSet{Files: []engine.FileChange{c}}.Encode())))
	return hex.EncodeToString(sum[:])
}

// arrived reports whether a delivery had put its change into what a path holds now: by itself, or below what others
// have delivered since. What its own run did to the path after it has taken it back.
func (r *receipts) arrived(delivery, path, now string) bool {
	at := len(r.list) - 1
	for at >= 0 && (r.list[at].Delivery != delivery || r.list[at].Path != path) {
		at--
	}
	if at < 0 {
		return false
	}
	reached := map[string]bool{r.list[at].After: true}
	for _, later := range r.list[at+1:] {
		if later.Path == path && later.Run != "" && later.Run == r.list[at].Run {
			return false
		}
		if later.Path == path && reached[later.Before] {
			reached[later.After] = true
		}
	}
	return reached[now] && r.list[at].Before != now
}

// note adds what the plans are about to do to files that are there, durably.
func (r *receipts) note(run engine.Run, plans []plan) error {
	if r.path == "" {
		return nil
	}
	var lines bytes.Buffer
	for _, p := range plans {
		for _, op := range p.ops {
			if op.before == nil {
				continue // a new file is never merged
			}
			n := receipt{Delivery: deliveryName(run, p.change), Run: run.String(), Path: op.path, Before: op.before.hash(), After: op.after.hash()}
			line, err := json.Marshal(n)
			if err != nil {
				return fmt.Errorf("noting what is delivered: %w", err)
			}
			lines.Write(append(line, '\n'))
			r.list = append(r.list, n)
		}
	}
	if lines.Len() == 0 {
		return nil
	}
	if err := r.write(lines.Bytes()); err != nil {
		return fmt.Errorf("noting what is delivered: %w", err)
	}
	return nil
}

func (r *receipts) write(lines []byte) error {
	if len(r.list) >= 2*receiptsKept {
		return r.cutBack()
	}
	f, err := os.OpenFile(r.path, os.O_WRONLY|os.O_APPEND, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return r.cutBack() // there was none yet
	}
	if err != nil {
		return err
	}
	_, err = f.Write(lines)
	return errors.Join(err, f.Sync(), f.Close())
}

// cutBack writes the newest receipts to a new file.
func (r *receipts) cutBack() error {
	r.list = append([]receipt(nil), r.list[max(0, len(r.list)-receiptsKept):]...)
	var all bytes.Buffer
	enc := json.NewEncoder(&all)
	for _, n := range r.list {
		if err := enc.Encode(n); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(r.path), 0o700); err != nil {
		return err
	}
	return writeDurably(r.path, all.Bytes())
}

// load reads the receipts of earlier programs, once. A last line that a kill has cut was followed by no write to the
// workspace; the file is written anew without it.
func (r *receipts) load() error {
	if r.path == "" || r.read {
		return nil
	}
	data, err := os.ReadFile(r.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading what was delivered: %w", err)
	}
	r.list = nil
	damaged := false
	for line := range bytes.Lines(data) {
		var n receipt
		if !bytes.HasSuffix(line, []byte("\n")) || json.Unmarshal(line, &n) != nil {
			damaged = true
			continue
		}
		r.list = append(r.list, n)
	}
	if damaged {
		if err := r.cutBack(); err != nil {
			return fmt.Errorf("mending what was noted of deliveries: %w", err)
		}
	}
	r.read = true
	return nil
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
	return syncNamed(filepath.Dir(name))
}
