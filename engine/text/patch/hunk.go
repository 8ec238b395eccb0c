package patch

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// ranges are the numbers of a hunk's header, and what follows them.
var ranges = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^@@+ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@+ ?(.*)$`)
})

// hunk reads the hunk at line i into p; next is the line after it.
func (in *input) hunk(i int, p *Part) (next int, err error) {
	h := Hunk{Line: i + 1}
	b := body{old: -1, new: -1}
	if m := ranges().FindStringSubmatch(in.row(i)); m != nil {
		h.At, _ = strconv.Atoi(m[1])
		b.old, b.new = count(m[2]), count(m[4])
		if b.old == 0 {
			h.At++ // an empty range is named by the line before it
		}
		h.Hint = strings.TrimSpace(m[5])
	} else {
		h.Hint = strings.Trim(in.row(i), "@ .")
	}
	next = in.lines(i+1, &b)
	if next == len(in.rows) && in.open && !in.sawEnd(next) && b.short() {
		return next, &SyntaxError{next, "the last hunk has fewer lines than its header says, and the input has no final newline: " +
			"it was cut off. Give the whole of it"}
	}
	h.Search, h.Replace = b.texts()
	h.Bare, h.Closes = b.bareNew, b.bareOld && !b.bareNew
	if b.changed {
		p.Hunks = append(p.Hunks, h)
	}
	return next, nil
}

// count is a number of lines in a hunk's header: 1 where it is left out.
func count(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return 1
}

// sawEnd says whether the input's last line before next closes a fence.
func (in *input) sawEnd(next int) bool { return next > 0 && fence(in.rows[next-1]) }

// body is the lines of a hunk. old and new are how many of them the header
// promises, -1 where it does not.
type body struct {
	old, new         int
	search, replace  []string
	bareOld, bareNew bool
	last             byte // the sign of the last line
	changed          bool // there is a line with + or -
}

func (b *body) short() bool { return len(b.search) < b.old || len(b.replace) < b.new }

func (b *body) full() bool {
	return b.old >= 0 && len(b.search) >= b.old && len(b.replace) >= b.new
}

// add takes one line by its sign.
func (b *body) add(sign byte, row string) {
	if sign != '+' {
		b.search = append(b.search, row)
	}
	if sign != '-' {
		b.replace = append(b.replace, row)
	}
	b.last = sign
	b.changed = b.changed || sign != ' '
}

// texts are the search and the replacement.
func (b *body) texts() (search, replace string) { return joined(b.search), joined(b.replace) }

// lines reads a hunk's lines from i on; next is the line after them. A line
// without a sign is an empty one, or one that has lost its space while the
// header promises more, or the end.
func (in *input) lines(i int, b *body) (next int) {
	for ; i < len(in.rows); i++ {
		row := in.rows[i]
		switch {
		case in.header(i) && in.newHeader(i, b), strings.HasPrefix(row, "diff --git "), in.isHunk(i):
			return i
		case strings.HasPrefix(row, `\ `):
			b.bareOld = b.bareOld || b.last != '+'
			b.bareNew = b.bareNew || b.last != '-'
		case row != "" && strings.IndexByte("+- ", row[0]) >= 0:
			if b.full() && in.after(i) {
				return i
			}
			b.add(row[0], row[1:])
		case strings.TrimSpace(row) == "":
			if !in.goesOn(i, b) {
				return i
			}
			b.add(' ', "")
		case fence(row) && !in.fencedMore(i, b), b.full(), b.old < 0:
			return i
		default:
			b.add(' ', row)
		}
	}
	return i
}

// newHeader says whether the two lines at i, which look like a file's header, are
// one: a removed and an added line can look like it, too.
func (in *input) newHeader(i int, b *body) bool {
	return b.full() || hunk().MatchString(in.row(i+2)) || b.old < 0
}

// after says whether a line that looks like one of a hunk is not: it is prose,
// a list say, after a blank line behind a full hunk.
func (in *input) after(i int) bool {
	return i > 0 && strings.TrimSpace(in.rows[i-1]) == "" && strings.HasPrefix(in.rows[i], "- ")
}

// goesOn says whether a blank line at i is within the hunk: more is promised, or
// a line with a sign follows.
func (in *input) goesOn(i int, b *body) bool {
	for j := i + 1; j < len(in.rows); j++ {
		row := in.rows[j]
		if strings.TrimSpace(row) == "" {
			continue
		}
		if in.header(j) || strings.HasPrefix(row, "diff --git ") || hunk().MatchString(row) || fence(row) {
			break
		}
		if b.full() {
			return strings.IndexByte("+- ", row[0]) >= 0 && !strings.HasPrefix(row, "- ") && !strings.HasPrefix(row, "-- ")
		}
		return strings.IndexByte("+- ", row[0]) >= 0 || b.old >= 0
	}
	return b.old >= 0 && b.short()
}

// fencedMore says whether a fence without a sign can be a line of the hunk:
// where more is promised and lines with signs follow.
func (in *input) fencedMore(i int, b *body) bool {
	return b.old >= 0 && b.short() && i+1 < len(in.rows) && in.rows[i+1] != "" && strings.IndexByte("+- ", in.rows[i+1][0]) >= 0
}
