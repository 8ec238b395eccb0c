package store

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// pagesOf lists where the pages of a kind begin, those that are free by now included.
func pagesOf(file []byte, kind uint16) (at []int) {
	for i := 0; i+4096 <= len(file); i += 4096 {
		if native.Uint16(file[i+8:]) == kind {
			at = append(at, i)
		}
	}
	return at
}

// Damage that bbolt itself does not notice, or notices when it is too late.
func TestImageSees(t *testing.T) {
	t.Parallel()
	whole := soundStore(t)
	im := &image{file: bytes.NewReader(whole), size: int64(len(whole))}
	if err := im.readMetas(); err != nil || im.pageSize != 4096 {
		t.Skipf("made for pages of 4096 bytes: %v, %d", err, im.pageSize)
	}
	free := int(im.freelist) * 4096
	cases := map[string]struct {
		damage func(data []byte)
		says   string
	}{
		"a page in use is listed as free": {func(data []byte) {
			native.PutUint64(data[free+pageHeaderSize:], im.root)
		}, "is listed as free and is not"},
		"a free page is not listed": {func(data []byte) {
			native.PutUint16(data[free+10:], native.Uint16(data[free+10:])-1)
		}, "neither in use nor free"},
		// bbolt would go back to the commit before without a word.
		"first meta page":  {func(data []byte) { data[pageHeaderSize+metaSize-1] ^= 1 }, "first meta page"},
		"second meta page": {func(data []byte) { data[4096+pageHeaderSize+metaSize-1] ^= 1 }, "second meta page"},
		"a branch leads past its keys": {func(data []byte) {
			for _, at := range pagesOf(data, flagBranch) {
				e := at + pageHeaderSize + elementSize // the second one
				key := e + int(native.Uint32(data[e:]))
				data[key+int(native.Uint32(data[e+4:]))-1]++
			}
		}, "out of order"},
		"two branches lead to one page": {func(data []byte) {
			for _, at := range pagesOf(data, flagBranch) {
				e := at + pageHeaderSize
				copy(data[e+elementSize+8:][:8], data[e+8:][:8])
			}
		}, "referred to twice"},
		"an element beyond its page": {func(data []byte) {
			for _, at := range pagesOf(data, flagLeaf) {
				native.PutUint32(data[at+pageHeaderSize+4:], 1<<31)
			}
		}, "lies outside"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "state.db")
			data := bytes.Clone(whole)
			c.damage(data)
			writeFile(t, path, data)
			_, err := Open(path, Options{})
			var damaged *DamagedError
			if !errors.As(err, &damaged) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Open gave %v, want %q", err, c.says)
			}
			if !bytes.Equal(readFile(t, path), data) {
				t.Error("the file was changed")
			}
		})
	}
}
