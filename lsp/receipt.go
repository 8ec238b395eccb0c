package lsp

import (
	"bytes"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// What a client answers to an edit proves nothing; what comes back by didChange does. A receipt reads that.

// sight is what is seen of an edit in a buffer.
type sight int

const (
	sightSame    sight = iota // the buffer is as it was before
	sightOther                // something else was changed in it
	sightPartly               // some hunks are in it, and the others can still be laid
	sightStray                // the edit was laid onto a version that it was not made for
	sightClosed               // the file is not open any more, or its text was lost track of
	sightArrived              // the edit is in it
)

// receipt is what the versions of a buffer say about an edit that was sent for the first of them. It is given every
// version once, in order.
type receipt struct {
	before, target string
	hunks          []text.Edit // from before to target

	state    sight
	now      string // what the buffer holds
	versions int    // how many came
	merged   bool   // it arrived beside what the person typed, or they typed on
	reshaped bool   // it arrived, and was formatted
	taken    []bool // of hunks, where each is either there or can still be laid; else nil

	exact      bool            // a version was just what it should be
	was, stray string          // the versions before and after the edit was laid wrongly; equal where it was not
	since      map[string]bool // the hashes of the versions from stray on, until it is mended
	mends      *receipt        // of the edit that was laid wrongly before this one, which is to mend it
}

func newReceipt(before, target string) *receipt {
	return &receipt{before: before, target: target, now: before, hunks: text.Diff([]byte(before), []byte(target))}
}

// see takes the next version of the buffer.
func (r *receipt) see(next string) {
	prev := r.now
	r.now = next
	r.versions++
	switch {
	case next == r.target:
		r.exact = true
	case prev == r.before || prev == r.target:
	case is(next)(r.laidOnto(prev)):
		r.exact, r.merged = true, true
	case is(next)(r.strayedOnto(prev)):
		if r.exact = r.fits(prev); r.exact {
			r.merged = true
		} else {
			r.was, r.stray, r.since = prev, next, map[string]bool{}
		}
	}
	if r.exact {
		return
	}
	for w := r.wrong(); w != nil; w = w.mends {
		w.since[engine.ContentHash([]byte(next))] = true
	}
}

func is(want string) func(string, bool) bool {
	return func(got string, ok bool) bool { return ok && got == want }
}

// laidOnto is a text with the edit merged into it; ok is false where it does not fit.
func (r *receipt) laidOnto(prev string) (_ string, ok bool) {
	merged, conflicts := text.Merge3([]byte(r.before), []byte(prev), []byte(r.target))
	return string(merged), len(conflicts) == 0
}

// judge settles what is seen now.
func (r *receipt) judge() {
	r.taken, r.reshaped = nil, false
	switch {
	case r.now == r.before:
		r.state = sightSame // also where it came and was taken back: it is not there
	case r.now == r.target:
		r.state = sightArrived
	case r.exact:
		r.state, r.merged = sightArrived, true
	case r.strayed():
		r.state = sightStray
	case is(r.now)(r.laidOnto(r.now)):
		r.state, r.merged = sightArrived, true
	default:
		r.judgeHunks()
	}
}

// judgeHunks looks at each hunk by itself.
func (r *receipt) judgeHunks() {
	if r.sorted() {
		r.state, r.reshaped = sightArrived, true
		return
	}
	taken, ok := subset(r.before, r.now, r.hunks)
	if !ok {
		taken, ok = r.eachHunk()
	}
	switch {
	case ok && count(taken) > 0:
		r.state, r.taken = sightPartly, taken
	case ok:
		r.state, r.taken = sightOther, taken
	case !ok && reshaped(r.before, r.target, r.now):
		r.state, r.reshaped = sightArrived, true
	default:
		r.state = sightOther
	}
}

// maxHunks bounds how many hunks are looked at one by one: each costs a merge.
const maxHunks = 64

// eachHunk tells the hunks that are in the buffer, whatever else is, from those that could still be laid. ok is false
// where one is neither: somebody has changed its very lines.
func (r *receipt) eachHunk() (taken []bool, ok bool) {
	if len(r.hunks) > maxHunks {
		return nil, false
	}
	for _, h := range r.hunks {
		with, err := text.Apply([]byte(r.before), []text.Edit{h})
		if err != nil {
			return nil, false
		}
		merged, conflicts := text.Merge3([]byte(r.before), []byte(r.now), with)
		if len(conflicts) > 0 {
			return nil, false
		}
		taken = append(taken, string(merged) == r.now)
	}
	return taken, true
}

// there is the text before with the hunks that are in the buffer.
func (r *receipt) there() string {
	var in []text.Edit
	for i, h := range r.hunks {
		if r.taken[i] {
			in = append(in, h)
		}
	}
	out, err := text.Apply([]byte(r.before), in)
	if err != nil {
		return r.now // they come from a diff, so they always apply
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

// reshaped says whether a text is target as a formatter leaves it: it differs in nothing but white space, the quotes
// of strings, trailing commas and semicolons at the end of a line. An edit that changed no more than these itself
// cannot be told from a formatter's, and is never taken for one.
func reshaped(before, target, now string) bool {
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
