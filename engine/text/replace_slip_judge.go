package text

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// acceptable says whether a fitting is the place that was meant and not one
// like it: enough of the search is there as it stands, the lines beside each
// change are, and what differs is a slip.
func (s *slips) acceptable(fit fitting, changes []change) bool {
	total, support, odd := 0.0, fit.score, 0
	for i := range s.keys {
		total += s.weight[i]
		if s.equal(fit, i) {
			continue
		}
		odd++
		if fit.at[i] >= 0 {
			support += 0.8 * s.weight[i] * likeness(s.keys[i], unadorned(s.f.said[fit.at[i]]))
		}
	}
	extra, ok := s.extra(fit)
	switch {
	case fit.unsure || !ok || support < 0.6*total || fit.score < 0.3*total || fit.score < 6:
		return false
	case odd+extra == 0 || odd+extra > 1+len(s.keys)/5:
		return false
	}
	for _, c := range changes {
		if !s.anchored(fit, c) {
			return false
		}
	}
	alone := odd+extra == 1
	for i := range s.keys {
		if !s.equal(fit, i) && (!s.stays[i] || !s.excusable(fit, i, alone)) {
			return false
		}
	}
	return true
}

// equal says whether the i-th line of the search is there as it stands.
func (s *slips) equal(fit fitting, i int) bool {
	return fit.at[i] >= 0 && unadorned(s.f.said[fit.at[i]]) == s.keys[i]
}

// extra counts the file's lines among those of the search that it has not. It
// is false where one of them leads out of the block.
func (s *slips) extra(fit fitting) (n int, ok bool) {
	last := -1
	for _, k := range fit.at {
		if k < 0 {
			continue
		}
		for j := last + 1; last >= 0 && j < k; j++ {
			n++
			if s.f.width(j) < min(s.f.width(last), s.f.width(k)) || opensBlock(s.f.said[j]) {
				return n, false
			}
		}
		last = k
	}
	return n, true
}

// anchored says whether it is certain where a change goes: its removed lines
// follow one another, and beside it is a line of the search as it stands, with
// nothing in between. Lines are added between two lines that are both there.
func (s *slips) anchored(fit fitting, c change) bool {
	first, last := s.within(c)
	for i := first; i < last; i++ {
		if i > first && fit.at[i] != fit.at[i-1]+1 || s.repeated(fit.at[i]) {
			return false
		}
	}
	before, after := first-1, last
	if first < last {
		return s.beside(fit, before, first) && s.beside(fit, last-1, after)
	}
	switch {
	case before < 0:
		return s.equal(fit, after)
	case after == len(fit.at):
		return s.equal(fit, before)
	}
	return s.beside(fit, before, after) && fit.at[before] >= 0 && fit.at[after] >= 0 &&
		(s.equal(fit, before) || s.equal(fit, after))
}

// repeated says whether a solid line of the file says what one beside it says:
// which of the two is meant is then no matter of certainty.
func (s *slips) repeated(k int) bool {
	said := s.f.said
	return k < 0 || k > 0 && said[k-1] == said[k] || k+1 < len(said) && said[k+1] == said[k]
}

// within are the solid lines of the search in a change, [first, last).
func (s *slips) within(c change) (first, last int) {
	first, _ = slices.BinarySearch(s.solid, c.b0)
	last, _ = slices.BinarySearch(s.solid, c.b1)
	return first, last
}

// beside says whether two neighbouring lines of the search are neighbours in
// the file, as far as both are there.
func (s *slips) beside(fit fitting, i, j int) bool {
	if i < 0 || j >= len(fit.at) || fit.at[i] < 0 || fit.at[j] < 0 {
		return true
	}
	return fit.at[j] == fit.at[i]+1
}

// excusable says whether the i-th line of the search, which stays and is not
// there as it stands, can be a slip: it is nowhere else in the file, and what the
// file has in its place, if anything, says nearly the same. alone: it is the
// only oddity.
func (s *slips) excusable(fit fitting, i int, alone bool) bool {
	key := s.keys[i]
	if letters(key) > 3 && len(s.places[key]) > 0 {
		return false
	}
	if fit.at[i] < 0 {
		return !declares(key) && letters(key) > 0 && len(s.keys) >= 4
	}
	now := unadorned(s.f.said[fit.at[i]])
	if squeezed(now) == squeezed(key) {
		return true
	}
	d := s.difference(key, now)
	switch {
	case commented().MatchString(key) && commented().MatchString(now) && len(d.words) > 3:
		return len(d.gone) <= 1+len(d.words)/3 && len(d.come) <= 1+len(d.words)/3
	case d.typos():
		return true
	case declares(key) || declares(now):
		return alone && len(s.keys) >= 4 && d.sameName()
	case d.onlyMore():
		return alone || len(s.keys) >= 6
	}
	return alone && len(s.keys) >= 4 && len(d.gone) <= 1 && len(d.come) <= 1 && len(d.words) > 1
}

// wordDifference is how two lines differ in their words.
type wordDifference struct {
	s          *slips
	words      []string // of the search's line
	gone, come []string // words that only the search has, and only the file
	was, now   string
}

func (s *slips) difference(was, now string) wordDifference {
	d := wordDifference{s: s, was: was, now: now}
	count := map[string]int{}
	eachWord(now, func(w string) { count[w]++ })
	eachWord(was, func(w string) {
		d.words = append(d.words, w)
		if count[w] > 0 {
			count[w]--
			return
		}
		d.gone = append(d.gone, w)
	})
	eachWord(now, func(w string) {
		if count[w] > 0 {
			count[w]--
			d.come = append(d.come, w)
		}
	})
	return d
}

// typos says whether each word that differs is one mistyped, and not a word
// that the file has elsewhere.
func (d wordDifference) typos() bool {
	if len(d.gone) != len(d.come) || len(d.gone) > 2 {
		return false
	}
	naming := declares(d.was) || declares(d.now)
	for i, w := range d.gone {
		if !mistyped(w, d.come[i], naming) || d.s.f.hasWord(w) {
			return false
		}
	}
	return true
}

// mistyped says whether was is now but for a letter or two. Where it may be the
// name of something, another letter makes another name, and so does one more at
// its end: then only swapped, lost and doubled letters within it are slips.
func mistyped(was, now string, naming bool) bool {
	if min(len(was), len(now)) < 4 || len(was)+len(now) > 200 || digits(was) != digits(now) || Distance(was, now) > 2 {
		return false
	}
	if !naming {
		return min(len(was), len(now)) > 5 || Distance(was, now) == 1
	}
	first, last := was[0] == now[0], was[len(was)-1] == now[len(now)-1]
	if len(was) != len(now) {
		return first && last && Distance(was, now) == 1
	}
	return first && last && sortedBytes(was) == sortedBytes(now)
}

func sortedBytes(s string) string {
	b := []byte(s)
	slices.Sort(b)
	return string(b)
}

// onlyMore says whether one of the lines has a word or two that the other one
// lacks, and nothing else differs.
func (d wordDifference) onlyMore() bool {
	return len(d.gone) == 0 && len(d.come) <= 2 || len(d.come) == 0 && len(d.gone) <= 2 && len(d.gone) < len(d.words)
}

// sameName says whether two declarations are the same up to the name that they
// declare, and differ in little after it.
func (d wordDifference) sameName() bool {
	a, b := declared(d.was), declared(d.now)
	return a != "" && squeezed(a) == squeezed(b) && len(d.gone) <= 2 && len(d.come) <= 2
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// hasWord says whether a word is in the file.
func (f *fileLines) hasWord(w string) bool {
	for at := 0; ; {
		i := strings.Index(f.src[at:], w)
		if i < 0 {
			return false
		}
		at += i
		end := at + len(w)
		if (at == 0 || !wordByte(f.src[at-1])) && (end == len(f.src) || !wordByte(f.src[end])) {
			return true
		}
		at = end
	}
}

// declaration is a line that says what the lines after it belong to.
var declaration = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b(?:func|function|def|class|fn|fun|interface|struct|type|impl|trait|enum|module|namespace|package|sub|case|when|select|section|test|describe|it)\b`)
})

// named is a field that says which of several things the lines beside it are of.
var named = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:name|id|key|title|path|host|label|type|kind)\b["']?\s*[:=]`)
})

// declares says whether a line may say what other lines belong to. A slip there
// can be another place.
func declares(s string) bool {
	return opensBlock(s) || strings.HasPrefix(s, "[") || strings.HasPrefix(s, "- ") || named().MatchString(s) || strings.HasPrefix(s, "#") && !strings.HasPrefix(s, "# ") || declaration().MatchString(s)
}

// name is what a declaration declares: the word after a keyword, or before the
// first parenthesis.
var name = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b(?:func|function|def|class|fn|fun|interface|struct|type|impl|trait|enum|module|namespace)\s+(?:\([^)]*\)\s*)?(\w+)|(\w+)\s*\(`)
})

// declared is a declaration up to the name that it declares.
func declared(s string) string {
	at := name().FindStringIndex(s)
	if at == nil {
		return ""
	}
	return s[:at[1]]
}
