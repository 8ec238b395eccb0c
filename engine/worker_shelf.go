package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slop-ls/slop-ls/engine/text"
)

// MaxResult bounds in bytes what one call gives back to the model: some 12,000 tokens.
const MaxResult = 48 << 10

// The bounds of a shelf: of all that is kept, of one result, and of a line of it, in bytes.
const (
	maxShelf     = 8 << 20
	MaxKept      = 4 << 20
	maxShelfLine = 2000
)

// shelfName begins the name of what is kept on a shelf. No file of a workspace has such a name: a path has no empty
// part.
const shelfName = "result://"

// Shelf keeps the results of an attempt that were too long for its model, whole, so that it can read on in them. It
// belongs to the attempt's draft, is gone with that, and is used by one goroutine at a time. The zero value is empty.
// What is kept is bounded: the oldest results go first.
type Shelf struct {
	kept  []string // the n-th result is at n-1; "" is one that had to go
	bytes int
	gone  int // how many from the front had to go
}

// Fit is s where that is short enough for a model. Else it keeps s, and gives its beginning and end around a line that
// says what is left out and how to read it.
func (s *Shelf) Fit(long string) string {
	if len(long) <= MaxResult {
		return long
	}
	whole := text.Wrap(text.CutMiddle(long, MaxKept), maxShelfLine)
	name := s.keep(whole)
	return text.CutLines(whole, MaxResult, func(first, last, total int) string {
		read, _ := json.Marshal(struct {
			Path  string `json:"path"`
			Start int    `json:"start_line"`
		}{name, first}) // a string and a number encode
		return fmt.Sprintf("[… lines %d to %d of %d are left out here. Read on with read_file %s, or search them with search_files and path_glob %q …]",
			first, last, total, read, name)
	})
}

// keep gives what is there already the name that it has: a worker that gets the same again must be seen to.
func (s *Shelf) keep(whole string) (name string) {
	if i := slices.Index(s.kept, whole); i >= 0 {
		return shelfName + strconv.Itoa(i+1)
	}
	s.kept = append(s.kept, whole)
	s.bytes += len(whole)
	for s.bytes > maxShelf {
		s.bytes -= len(s.kept[s.gone])
		s.kept[s.gone] = ""
		s.gone++
	}
	return shelfName + strconv.Itoa(len(s.kept))
}

// OnShelf reports whether a path names something on a shelf, and no file.
func OnShelf(path string) bool { return strings.HasPrefix(path, shelfName) }

// Read gives what is kept under a name. The error says, to the model, why there is nothing.
func (s *Shelf) Read(name string) (string, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(name, shelfName))
	switch {
	case err != nil || !OnShelf(name) || n < 1 || n > len(s.kept):
		return "", fmt.Errorf("there is no %s: such names are only those that a result gave you in this attempt", strconv.Quote(name))
	case n <= s.gone:
		return "", fmt.Errorf("%s is no longer kept: make the call again, and ask for less of it", name)
	}
	return s.kept[n-1], nil
}
