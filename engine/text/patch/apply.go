package patch

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/slop-ls/slop-ls/engine/text"
)

// Read gives a file whole. The error wraps fs.ErrNotExist where there is none;
// any other one refuses what touches the path.
type Read func(path string) ([]byte, error)

// Outcome is what became of one hunk, or of a part without hunks.
type Outcome struct {
	Op      Op
	Path    string
	From    string    // of Rename and Copy
	Input   int       // the line of the input at which it begins, from 1
	Step    text.Step // how it matched; "" where nothing was searched
	Line    int       // the lines that it covered in the file as the hunks before left it, from 1; 0: none
	Last    int
	Added   int // lines
	Removed int
	Err     error // why it is refused
}

// Change is what becomes of one file when all parts are fulfilled.
type Change struct {
	Op            Op // Edit, Create, Delete or Rename
	Path, From    string
	Before, After []byte // of Rename, Before is From's
	Mode          uint32 // permission bits to have after; 0: as they are
}

// The refusals that no search makes.
var (
	ErrExists  = errors.New("there is a file of this name already: change it by an edit, or choose another name")
	ErrMissing = errors.New("there is no such file: write its path as it is below the root, or create it")
	ErrBinary  = errors.New("the file is binary: it cannot be edited as text")
	ErrGone    = errors.New("an earlier part of the patch takes the file away: leave out one of them")
	ErrSame    = errors.New("search and replacement are the same: nothing would change")
	ErrNoPlace = errors.New("the hunk only adds lines and does not say where: give a line of the file before or after them")
	ErrFuller  = errors.New("the file has other lines than those that the patch removes: remove the file by its name, or edit it")
)

// AnchorError says that a line that a change is to come after is not there, or
// is there several times.
type AnchorError struct {
	Anchor string
	Lines  []int // where it is, from 1
}

func (e *AnchorError) Error() string {
	if len(e.Lines) == 0 {
		return fmt.Sprintf("the line after @@ is not in the file: %s: copy it from the file as it is now", e.Anchor)
	}
	return fmt.Sprintf("the line after @@ is in the file several times (lines %v), and the change fits after more than one: "+
		"give more lines around the change", e.Lines)
}

// Apply works out what parts come to, one after the other, each on what those
// before it left. ok says that none is refused: only then changes may be made.
// There is at least one outcome for each part.
func Apply(parts []Part, read Read) (changes []Change, outcomes []Outcome, ok bool) {
	w := &work{read: read, files: make(map[string]*state)}
	ok = true
	for _, p := range parts {
		for _, o := range w.part(p) {
			ok = ok && o.Err == nil
			outcomes = append(outcomes, o)
		}
	}
	if !ok {
		return nil, outcomes, false
	}
	return w.changes(), outcomes, true
}

// state is a file as the parts so far left it.
type state struct {
	path         string
	before, now  []byte
	was, is      bool // there
	from         string
	mode         uint32
	end          int // the line after the last hunk's, from 1; hunks of a diff come in order
	drift        int // by how many lines hunks so far moved what is after them
	moved, taken bool
}

type work struct {
	read  Read
	files map[string]*state
	order []*state
}

// file is the state of a path.
func (w *work) file(path string) (*state, error) {
	if s := w.files[path]; s != nil {
		return s, nil
	}
	data, err := w.read(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	s := &state{path: path, before: data, now: data, was: err == nil, is: err == nil}
	w.files[path] = s
	w.order = append(w.order, s)
	return s, nil
}

// part fulfils one part.
func (w *work) part(p Part) []Outcome {
	s, err := w.open(p)
	base := Outcome{Op: p.Op, Path: p.Path, From: p.From, Input: p.Line}
	if err != nil {
		base.Err = err
		return []Outcome{base}
	}
	switch p.Op {
	case Create:
		return []Outcome{s.create(p, base)}
	case Delete:
		return []Outcome{s.remove(p, base)}
	default:
	}
	s.end, s.drift = 1, 0
	if p.Mode != 0 {
		s.mode = p.Mode
	}
	var out []Outcome
	for _, h := range p.Hunks {
		o := base
		o.Input = h.Line
		s.hunk(h, &o)
		out = append(out, o)
	}
	if len(out) == 0 {
		out = append(out, base)
	}
	return out
}

// open gets the file that a part works on, moved or copied where it says so.
func (w *work) open(p Part) (*state, error) {
	s, err := w.file(p.Path)
	if err != nil {
		return nil, err
	}
	switch p.Op {
	case Create:
		return s, nil
	case Rename, Copy:
		return s, w.move(s, p)
	default:
	}
	if s.is && binary(s.now) {
		return nil, ErrBinary
	}
	if !s.is {
		return s, s.absent(p)
	}
	return s, nil
}

// absent is the error for a file that is not there, but for a block without a
// search, which makes one.
func (s *state) absent(p Part) error {
	switch {
	case s.taken || s.moved:
		return ErrGone
	case p.Op == Edit && len(p.Hunks) == 1 && p.Hunks[0].Search == "" && p.Hunks[0].Anchors == nil && p.Hunks[0].Splits == nil:
		return nil
	}
	return ErrMissing
}

// move takes the content of another file.
func (w *work) move(s *state, p Part) error {
	from, err := w.file(p.From)
	switch {
	case err != nil:
		return err
	case !from.is && (from.taken || from.moved):
		return ErrGone
	case !from.is:
		return fmt.Errorf("%s: %w", p.From, ErrMissing)
	case s.is:
		return ErrExists
	case binary(from.now) && len(p.Hunks) > 0:
		return ErrBinary
	}
	s.now, s.is = from.now, true
	if p.Op == Rename {
		s.from = p.From
		from.is, from.moved = false, true
	}
	return nil
}

func (s *state) create(p Part, o Outcome) Outcome {
	content := ""
	if len(p.Hunks) > 0 {
		content = p.Hunks[0].content()
	}
	switch {
	case s.is && string(s.now) == content && content != "":
		o.Err = &text.AlreadyError{Line: 1}
	case s.is && strings.TrimSpace(string(s.now)) != "":
		o.Err = ErrExists
	case strings.Contains(content, "\ufffd"):
		o.Err = &text.EncodingError{}
	default:
		s.now, s.is, s.mode, s.taken = []byte(content), true, p.Mode, false
		o.Added = lineCount(content)
		o.Line, o.Last = 1, o.Added
	}
	return o
}

// content is the replacement as a whole file.
func (h Hunk) content() string {
	if h.Bare {
		return strings.TrimSuffix(h.Replace, "\n")
	}
	return h.Replace
}

// remove takes a file away. Where the patch says what it held, it has to.
func (s *state) remove(p Part, o Outcome) Outcome {
	said := ""
	for _, h := range p.Hunks {
		said += h.Search
	}
	if len(p.Hunks) > 0 && !sameLines(said, string(s.now)) {
		o.Err = ErrFuller
		return o
	}
	o.Removed = lineCount(string(s.now))
	s.now, s.is, s.taken = nil, false, true
	return o
}

// sameLines says whether two texts say the same in each line that is not blank.
func sameLines(a, b string) bool { return strings.Join(solid(a), "\n") == strings.Join(solid(b), "\n") }

func solid(s string) []string {
	var out []string
	for line := range strings.Lines(strings.TrimPrefix(s, "\ufeff")) {
		if line = strings.TrimRight(line, " \t\r\n"); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// changes are what the files came to, in the order in which they were met.
func (w *work) changes() []Change {
	var out []Change
	for _, s := range w.order {
		c := Change{Path: s.path, Before: s.before, After: s.now, Mode: s.mode}
		switch {
		case s.from != "" && s.is && !s.was:
			c.Op, c.From, c.Before = Rename, s.from, w.files[s.from].before
			if w.files[s.from].is { // it was made anew
				c.Op, c.From, c.Before = Create, "", nil
			}
		case s.moved && !s.is, !s.was && !s.is:
			continue
		case !s.was:
			c.Op = Create
		case !s.is:
			c.Op = Delete
		case string(s.before) == string(s.now) && s.mode == 0:
			continue
		default:
			c.Op = Edit
		}
		out = append(out, c)
	}
	return out
}

// binary goes by what git goes by: a NUL byte near the start.
func binary(data []byte) bool {
	return strings.IndexByte(string(data[:min(len(data), 8000)]), 0) >= 0
}

func lineCount(s string) int {
	n := strings.Count(s, "\n")
	if s != "" && !strings.HasSuffix(s, "\n") {
		n++
	}
	return n
}
