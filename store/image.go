package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
)

// bbolt's file format, version 2 (see its doc.go and internal/common): fixed-size pages in the machine's byte order.
const (
	pageHeaderSize  = 16 // id u64, flags u16, count u16, overflow u32
	elementSize     = 16 // of a branch page: pos, ksize u32, page u64; of a leaf: flags, pos, ksize, vsize u32
	metaSize        = 64
	metaMagic       = 0xED0CDAED
	metaVersion     = 2
	flagBranch      = 0x01
	flagLeaf        = 0x02
	flagFreelist    = 0x10
	leafBucket      = 0x01 // flag of a leaf element that is a bucket
	bucketSize      = 16   // root u64, sequence u64
	freelistBig     = 0xFFFF
	maxTreeDepth    = 64
	minFilePages    = 4
	smallestPage    = 512
	largestPage     = 1 << 24
	metaProbeLength = pageHeaderSize + metaSize
)

var native = binary.NativeEndian

// image is a bbolt file read without bbolt: page by page with plain reads and with every bound checked, so that no
// damage can make it panic or fault. Nobody may write to the file meanwhile.
type image struct {
	file     io.ReaderAt
	size     int64
	pageSize int64
	root     uint64
	freelist uint64
	pages    uint64 // the high water mark: pages from here on are not in use
	owned    []bool // pages that something refers to
	visit    visitor
	depth    []levelBuffers // reused between pages of one level of a tree
}

// visitor is shown each value of a top-level bucket in key order. The slices are valid during the call only. It may
// return wantsValue(bucket) false to be shown nil values, which then are not read.
type visitor interface {
	wantsValue(bucket []byte) bool
	visit(bucket, key, value []byte) error
}

type levelBuffers struct {
	page []byte
	last []byte
}

// span is a page with its overflow pages, of which the first is in memory.
type span struct {
	im    *image
	id    uint64
	flags uint16
	count int
	size  int64
	head  []byte // the first page, or all of an inline page
	base  int64  // where the span begins in the file; -1 for an inline page
}

// checkImage verifies the structure of a bbolt file: both meta pages, every page referred to exactly once or listed
// as free, bounds of every element, the order of all keys. It shows the contents to v.
func checkImage(file io.ReaderAt, size int64, v visitor) error {
	im := &image{file: file, size: size, visit: v}
	if err := im.readMetas(); err != nil {
		return err
	}
	im.owned = make([]bool, im.pages)
	im.owned[0], im.owned[1] = true, true
	if err := im.tree(im.root, 0, nil, nil, nil); err != nil {
		return err
	}
	return im.readFreelist()
}

type meta struct{ pageSize, root, freelist, pages, txid uint64 }

// readMetas demands both meta pages, although bbolt makes do with one: it would then go back by one commit without
// a word, and the commit that is lost was acknowledged. A meta fits a disk sector, so a crash does not tear it.
func (im *image) readMetas() error {
	first, err := im.meta(0)
	if err != nil {
		return fmt.Errorf("first meta page: %w", err)
	}
	im.pageSize = int64(first.pageSize)
	newest, err := im.meta(im.pageSize)
	if err != nil {
		return fmt.Errorf("second meta page: %w", err)
	}
	if first.pageSize != newest.pageSize {
		return errors.New("meta pages differ in page size")
	}
	if first.txid > newest.txid {
		newest = first
	}
	im.root, im.freelist, im.pages = newest.root, newest.freelist, newest.pages
	if im.pages < minFilePages || im.pages > uint64(im.size/im.pageSize) {
		return fmt.Errorf("the file has %d bytes and should have at least %d: it was cut off",
			im.size, im.pages*newest.pageSize)
	}
	return nil
}

func (im *image) meta(at int64) (meta, error) {
	buf := make([]byte, metaProbeLength)
	if _, err := im.file.ReadAt(buf, at); err != nil {
		return meta{}, fmt.Errorf("cannot be read: %w", err)
	}
	b := buf[pageHeaderSize:]
	h := fnv.New64a()
	h.Write(b[:metaSize-8])
	m := meta{
		pageSize: uint64(native.Uint32(b[8:])), root: native.Uint64(b[16:]), freelist: native.Uint64(b[32:]),
		pages: native.Uint64(b[40:]), txid: native.Uint64(b[48:]),
	}
	switch {
	case native.Uint32(b) != metaMagic || native.Uint32(b[4:]) != metaVersion:
		return m, errors.New("is not one of a bbolt file")
	case native.Uint64(b[56:]) != h.Sum64():
		return m, errChecksum
	case m.pageSize < smallestPage || m.pageSize > largestPage:
		return m, fmt.Errorf("impossible page size %d", m.pageSize)
	}
	return m, nil
}

// span reads a page that is referred to, and takes it.
func (im *image) span(id uint64, buf []byte) (span, error) {
	if id < 2 || id >= im.pages {
		return span{}, fmt.Errorf("page %d is out of range", id)
	}
	p := span{im: im, id: id, base: int64(id) * im.pageSize, head: buf}
	if _, err := im.file.ReadAt(p.head, p.base); err != nil {
		return span{}, fmt.Errorf("page %d: %w", id, err)
	}
	overflow := uint64(native.Uint32(p.head[12:]))
	if native.Uint64(p.head) != id || overflow >= im.pages-id {
		return span{}, fmt.Errorf("page %d has a damaged header", id)
	}
	for i := id; i <= id+overflow; i++ {
		if im.owned[i] {
			return span{}, fmt.Errorf("page %d is referred to twice", i)
		}
		im.owned[i] = true
	}
	p.flags, p.count = native.Uint16(p.head[8:]), int(native.Uint16(p.head[10:]))
	p.size = int64(overflow+1) * im.pageSize
	return p, nil
}

// bytes gives n bytes at off of the span: a view of the first page where they lie in it, else freshly read.
func (p *span) bytes(off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || off > p.size || n > p.size-off {
		return nil, fmt.Errorf("page %d: an element lies outside of it", p.id)
	}
	if off+n <= int64(len(p.head)) {
		return p.head[off : off+n], nil
	}
	buf := make([]byte, n)
	if _, err := p.im.file.ReadAt(buf, p.base+off); err != nil {
		return nil, fmt.Errorf("page %d: %w", p.id, err)
	}
	return buf, nil
}

func (p *span) element(i int) ([]byte, int64, error) {
	at := int64(pageHeaderSize + i*elementSize)
	e, err := p.bytes(at, elementSize)
	return e, at, err
}

func (im *image) level(depth int) *levelBuffers {
	for len(im.depth) <= depth {
		im.depth = append(im.depth, levelBuffers{page: make([]byte, im.pageSize)})
	}
	return &im.depth[depth]
}

// tree walks the tree at page id, whose keys must be at least low and below high (nil: no bound). bucket is nil for
// the tree of the top-level buckets.
func (im *image) tree(id uint64, depth int, bucket, low, high []byte) error {
	if depth >= maxTreeDepth {
		return errors.New("pages are nested too deeply")
	}
	p, err := im.span(id, im.level(depth).page)
	if err != nil {
		return err
	}
	switch p.flags {
	case flagBranch:
		return im.branch(&p, depth, bucket, low, high)
	case flagLeaf:
		return im.leaf(&p, depth, bucket, low, high)
	}
	return fmt.Errorf("page %d is neither branch nor leaf", id)
}

func (im *image) branch(p *span, depth int, bucket, low, high []byte) error {
	if p.count == 0 {
		return fmt.Errorf("branch page %d is empty", p.id)
	}
	key, child, err := p.branchElement(0)
	for i := 0; i < p.count; i++ {
		if err != nil {
			return err
		}
		end, next, nextErr := high, uint64(0), error(nil)
		if i+1 < p.count {
			end, next, nextErr = p.branchElement(i + 1)
		}
		if nextErr != nil {
			return nextErr
		}
		if bytes.Compare(key, low) < 0 || end != nil && bytes.Compare(key, end) >= 0 {
			return fmt.Errorf("branch page %d: keys out of order", p.id)
		}
		if err := im.tree(child, depth+1, bucket, key, end); err != nil {
			return err
		}
		key, child, low = end, next, key
	}
	return nil
}

func (p *span) branchElement(i int) (key []byte, child uint64, err error) {
	e, at, err := p.element(i)
	if err != nil {
		return nil, 0, err
	}
	key, err = p.bytes(at+int64(native.Uint32(e)), int64(native.Uint32(e[4:])))
	return key, native.Uint64(e[8:]), err
}

func (im *image) leaf(p *span, depth int, bucket, low, high []byte) error {
	last := append(im.level(depth).last[:0], low...)
	for i := range p.count {
		e, at, err := p.element(i)
		if err != nil {
			return err
		}
		pos, ksize, vsize := at+int64(native.Uint32(e[4:])), int64(native.Uint32(e[8:])), int64(native.Uint32(e[12:]))
		key, err := p.bytes(pos, ksize)
		if err != nil {
			return err
		}
		cmp := bytes.Compare(key, last)
		if cmp < 0 || cmp == 0 && (i > 0 || len(key) == 0) || high != nil && bytes.Compare(key, high) >= 0 {
			return fmt.Errorf("leaf page %d: keys out of order", p.id)
		}
		last = append(last[:0], key...)
		if err := im.value(p, depth, bucket, last, pos+ksize, vsize, native.Uint32(e)); err != nil {
			return err
		}
	}
	im.level(depth).last = last
	return nil
}

// value handles one element of a leaf: a bucket at the top, a value below it. The schema has no deeper buckets.
func (im *image) value(p *span, depth int, bucket, key []byte, off, size int64, flags uint32) error {
	isBucket := flags == leafBucket
	if isBucket != (bucket == nil) || flags > leafBucket {
		return fmt.Errorf("leaf page %d: element %q has a damaged type", p.id, key)
	}
	if !isBucket && !im.visit.wantsValue(bucket) {
		if off > p.size || size > p.size-off {
			return fmt.Errorf("page %d: an element lies outside of it", p.id)
		}
		return im.visit.visit(bucket, key, nil)
	}
	value, err := p.bytes(off, size)
	if err != nil {
		return err
	}
	if isBucket {
		return im.bucket(depth, bytes.Clone(key), bytes.Clone(value))
	}
	return im.visit.visit(bucket, key, value)
}

// bucket walks a bucket: a tree of its own, or a single leaf page within the value when it is small.
func (im *image) bucket(depth int, name, value []byte) error {
	if len(value) < bucketSize {
		return fmt.Errorf("bucket %q is damaged", name)
	}
	if root := native.Uint64(value); root != 0 {
		return im.tree(root, depth+1, name, nil, nil)
	}
	inline := value[bucketSize:]
	if len(inline) < pageHeaderSize || native.Uint16(inline[8:]) != flagLeaf {
		return fmt.Errorf("bucket %q is damaged", name)
	}
	p := span{im: im, head: inline, size: int64(len(inline)), count: int(native.Uint16(inline[10:])), base: -1}
	return im.leaf(&p, depth+1, name, nil, nil)
}

// readFreelist checks that the pages which nothing refers to are exactly those listed as free. A free list that
// lies is the worst of damages: the next commits would overwrite what is in use.
func (im *image) readFreelist() error {
	p, err := im.span(im.freelist, make([]byte, im.pageSize))
	if err != nil {
		return fmt.Errorf("free list: %w", err)
	}
	if p.flags != flagFreelist {
		return fmt.Errorf("free list: page %d is of another kind", p.id)
	}
	at, count := int64(pageHeaderSize), int64(p.count)
	if count == freelistBig {
		n, err := p.bytes(at, 8)
		if err != nil {
			return err
		}
		at, count = at+8, int64(min(native.Uint64(n), im.pages))
	}
	ids, err := p.bytes(at, count*8)
	if err != nil {
		return err
	}
	return im.takeFree(ids)
}

func (im *image) takeFree(ids []byte) error {
	for ; len(ids) > 0; ids = ids[8:] {
		id := native.Uint64(ids)
		if id < 2 || id >= im.pages || im.owned[id] {
			return fmt.Errorf("page %d is listed as free and is not", id)
		}
		im.owned[id] = true
	}
	for id, owned := range im.owned {
		if !owned {
			return fmt.Errorf("page %d is neither in use nor free", id)
		}
	}
	return nil
}
