package receipt

import (
	"bytes"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// Sight is what is seen of an edit in a buffer.
type Sight int

const (
	Same    Sight = iota // the buffer is as it was before
	Other                // something else was changed in it
	Partly               // some hunks are in it, and the others can still be laid
	Stray                // the edit was laid onto a version that it was not made for
	Closed               // the file is not open any more, or its text was lost track of
	Arrived              // the edit is in it
)

// Receipt is what the versions of a buffer say about an edit that was sent for the first of them. It is given every
// version once, in order.
type Receipt struct {
	Before, Target string
	Hunks          []text.Edit // from before to target

	State    Sight
	Now      string // what the buffer holds
	Versions int    // how many came
	Merged   bool   // it arrived beside what the person typed, or they typed on
	Reshaped bool   // it arrived, and was formatted
	Taken    []bool // of hunks, where each is either there or can still be laid; else nil

	exact      bool            // a version was just what it should be
	was, stray string          // the versions before and after the edit was laid wrongly; equal where it was not
	since      map[string]bool // the hashes of the versions from stray on, until it is mended
	Mends      *Receipt        // of the edit that was laid wrongly before this one, which is to mend it
}

// New is the receipt of an edit that makes target of before.
func New(before, target string) *Receipt {
	return &Receipt{Before: before, Target: target, Now: before, Hunks: text.Diff([]byte(before), []byte(target))}
}

// See takes the next version of the buffer.
func (r *Receipt) See(next string) {
	prev := r.Now
	r.Now = next
	r.Versions++
	switch {
	case next == r.Target:
		r.exact = true
	case prev == r.Before || prev == r.Target:
	case is(next)(r.laidOnto(prev)):
		r.exact, r.Merged = true, true
	case is(next)(r.strayedOnto(prev)):
		if r.exact = r.fits(prev); r.exact {
			r.Merged = true
		} else {
			r.was, r.stray, r.since = prev, next, map[string]bool{}
		}
	}
	if r.exact {
		return
	}
	for w := r.Wrong(); w != nil; w = w.Mends {
		w.since[engine.ContentHash([]byte(next))] = true
	}
}

func is(want string) func(string, bool) bool {
	return func(got string, ok bool) bool { return ok && got == want }
}

// laidOnto is a text with the edit merged into it; ok is false where it does not fit.
func (r *Receipt) laidOnto(prev string) (_ string, ok bool) {
	merged, conflicts := text.Merge3([]byte(r.Before), []byte(prev), []byte(r.Target))
	return string(merged), len(conflicts) == 0
}

// Judge settles what is seen now.
func (r *Receipt) Judge() {
	r.Taken, r.Reshaped = nil, false
	switch {
	case r.Now == r.Before:
		r.State = Same // also where it came and was taken back: it is not there
	case r.Now == r.Target:
		r.State = Arrived
	case r.exact:
		r.State, r.Merged = Arrived, true
	case r.strayed():
		r.State = Stray
	case is(r.Now)(r.laidOnto(r.Now)):
		r.State, r.Merged = Arrived, true
	default:
		r.judgeHunks()
	}
}

// Formatted takes over what a formatter has made of the buffer after the edit had arrived.
func (r *Receipt) Formatted(now string) {
	if now != r.Now {
		r.Reshaped = r.Reshaped || squeeze(sortedImports(now)) == squeeze(sortedImports(r.Now))
		r.Now = now
	}
}

// judgeHunks looks at each hunk by itself.
func (r *Receipt) judgeHunks() {
	if r.sorted() {
		r.State, r.Reshaped = Arrived, true
		return
	}
	taken, ok := subset(r.Before, r.Now, r.Hunks)
	if !ok {
		taken, ok = r.eachHunk()
	}
	switch {
	case ok && count(taken) > 0:
		r.State, r.Taken = Partly, taken
	case ok:
		r.State, r.Taken = Other, taken
	case !ok && Reshaped(r.Before, r.Target, r.Now):
		r.State, r.Reshaped = Arrived, true
	default:
		r.State = Other
	}
}

// maxHunks bounds how many hunks are looked at one by one: each costs a merge.
const maxHunks = 64

// eachHunk tells the hunks that are in the buffer, whatever else is, from those that could still be laid. ok is false
// where one is neither: somebody has changed its very lines.
func (r *Receipt) eachHunk() (taken []bool, ok bool) {
	if len(r.Hunks) > maxHunks {
		return nil, false
	}
	for _, h := range r.Hunks {
		with, err := text.Apply([]byte(r.Before), []text.Edit{h})
		if err != nil {
			return nil, false
		}
		merged, conflicts := text.Merge3([]byte(r.Before), []byte(r.Now), with)
		if len(conflicts) > 0 {
			return nil, false
		}
		taken = append(taken, string(merged) == r.Now)
	}
	return taken, true
}

// Came is how many hunks are in the buffer, where some of them are not.
func (r *Receipt) Came() int { return count(r.Taken) }

// There is the text before with the hunks that are in the buffer.
func (r *Receipt) There() string {
	var in []text.Edit
	for i, h := range r.Hunks {
		if r.Taken[i] {
			in = append(in, h)
		}
	}
	out, err := text.Apply([]byte(r.Before), in)
	if err != nil {
		return r.Now // they come from a diff, so they always apply
	}
	return string(out)
}

func count(taken []bool) int {
	n := 0
	for _, t := range taken {
		if t {
			n++
		}
	}
	return n
}

// subset finds which hunks make now of before. Where several choices do, it takes the one with the most of the first
// hunks. It costs at most hunks × distinct offsets.
func subset(before, now string, hunks []text.Edit) (taken []bool, ok bool) {
	type place struct{ hunk, at int } // at: where in now the text after the hunks before this one begins
	dead := map[place]bool{}
	taken = make([]bool, len(hunks))
	var walk func(i, at int) bool
	walk = func(i, at int) bool {
		if dead[place{i, at}] {
			return false
		}
		from, to := 0, len(before)
		if i > 0 {
			from = hunks[i-1].Span.End
		}
		if i < len(hunks) {
			to = hunks[i].Span.Start
		}
		gap := before[from:to]
		if !strings.HasPrefix(now[at:], gap) {
			dead[place{i, at}] = true
			return false
		}
		at += len(gap)
		if i == len(hunks) {
			return at == len(now)
		}
		for _, take := range []bool{true, false} {
			piece := before[hunks[i].Span.Start:hunks[i].Span.End]
			if take {
				piece = hunks[i].New
			}
			if strings.HasPrefix(now[at:], piece) && walk(i+1, at+len(piece)) {
				taken[i] = take
				return true
			}
		}
		dead[place{i, at - len(gap)}] = true
		return false
	}
	return taken, walk(0, 0)
}

// Reshaped says whether a text is target as a formatter leaves it: it differs in nothing but white space, the quotes
// of strings, trailing commas and semicolons at the end of a line. An edit that changed no more than these itself
// cannot be told from a formatter's, and is never taken for one.
func Reshaped(before, target, now string) bool {
	want := squeeze(target)
	return squeeze(now) == want && squeeze(before) != want
}

// squeeze is a text without what formatters change.
func squeeze(s string) string {
	var b bytes.Buffer
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case ' ', '\t', '\n', '\r', '\f', '\v':
		case '\'', '`':
			b.WriteByte('"')
		case ',':
			if rest := strings.TrimLeft(s[i+1:min(len(s), i+1+maxGap)], " \t\r\n"); rest == "" || !strings.ContainsRune(")]}>", rune(rest[0])) {
				b.WriteByte(c)
			}
		case ';':
			if rest := strings.TrimLeft(s[i+1:min(len(s), i+1+maxGap)], " \t\r"); rest != "" && rest[0] != '\n' && rest[0] != '}' {
				b.WriteByte(c)
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// maxGap bounds how far squeeze looks past a comma, in bytes.
const maxGap = 256
