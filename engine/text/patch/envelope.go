package patch

import (
	"strings"
)

// envelope reads the apply_patch form: one part for each file.
func (in *input) envelope() ([]Part, error) {
	first, last, err := in.enclosed()
	if err != nil {
		return nil, err
	}
	var parts []Part
	in.use(first, last)
	for i := first; i < last; {
		m := file().FindStringSubmatch(in.row(i))
		if m == nil {
			if strings.TrimSpace(in.rows[i]) != "" && !begin().MatchString(in.row(i)) {
				return nil, &SyntaxError{i + 1, "this line belongs to no file: write *** Add File:, *** Update File: or *** Delete File: with a path before it"}
			}
			i++
			continue
		}
		end := i + 1
		for end < last && !file().MatchString(in.row(end)) && !begin().MatchString(in.row(end)) {
			end++
		}
		p, err := in.filePart(m[1], i, end)
		if err != nil {
			return nil, err
		}
		parts, i = append(parts, p), end
	}
	if len(parts) == 0 {
		return nil, &SyntaxError{first + 1, "the patch changes no file: write *** Update File: with a path, and its hunks"}
	}
	return parts, nil
}

// enclosed are the lines of the patch, [first, last). A patch that begins and
// does not end was cut off.
func (in *input) enclosed() (first, last int, err error) {
	first, last = -1, -1
	for i := range in.rows {
		m := begin().FindStringSubmatch(in.row(i))
		switch {
		case m != nil && m[1] == "Begin" && first < 0:
			first = i
		case m != nil && m[1] == "End":
			last = i + 1
		}
	}
	if last < 0 {
		return 0, 0, &SyntaxError{len(in.rows), "the patch has no end; perhaps the input was cut off: write *** End Patch after it"}
	}
	if first < 0 {
		for first = 0; first < last-1 && !file().MatchString(in.row(first)); first++ {
		}
	}
	return first, last, nil
}

// filePart reads what stands between line i, which names the file, and end.
func (in *input) filePart(verb string, i, end int) (Part, error) {
	_, name, _ := strings.Cut(in.row(i), "File:")
	p := Part{Op: Edit, Path: clean(strings.Trim(name, " \t`\"")), Line: i + 1}
	if p.Path == "" {
		return p, &SyntaxError{i + 1, "the line names no file: write its path"}
	}
	switch verb {
	case "Add":
		return in.added(p, i+1, end)
	case "Delete":
		p.Op = Delete
		for k := i + 1; k < end; k++ {
			if strings.TrimSpace(in.rows[k]) != "" {
				return p, &SyntaxError{k + 1, "a file that is deleted has no lines: write nothing after *** Delete File:"}
			}
		}
		return p, nil
	}
	return in.updated(p, i+1, end)
}

// added reads the lines of a new file. Each begins with +, or none does.
func (in *input) added(p Part, i, end int) (Part, error) {
	p.Op = Create
	rows := in.rows[i:end]
	for n := len(rows); n > 0 && strings.TrimSpace(rows[n-1]) == ""; n-- {
		rows = rows[:n-1]
	}
	signed := 0
	for _, row := range rows {
		if strings.HasPrefix(row, "+") {
			signed++
		}
	}
	var out []string
	for k, row := range rows {
		rest, plus := strings.CutPrefix(row, "+")
		if !plus && signed > 0 && strings.TrimSpace(row) != "" {
			return p, &SyntaxError{i + k + 1, "each line of a new file begins with +: write it before this one"}
		}
		out = append(out, rest)
	}
	p.Hunks = []Hunk{{Line: i, Replace: joined(out)}}
	return p, nil
}

const (
	moveTo  = "*** Move to:"
	fileEnd = "*** End of File"
)

// updated reads the hunks of a file.
func (in *input) updated(p Part, i, end int) (Part, error) {
	if to, ok := strings.CutPrefix(in.row(i), moveTo); ok && i < end {
		p.Op, p.From, p.Path = Rename, p.Path, clean(strings.Trim(to, " \t`\""))
		if p.Path == p.From {
			p.Op, p.From = Edit, ""
		}
		i++
	}
	for i < end {
		if strings.TrimSpace(in.rows[i]) == "" && in.blankUntil(i, end) {
			break
		}
		h := Hunk{Line: i + 1}
		for ; i < end && hunk().MatchString(in.row(i)); i++ {
			if m := ranges().FindStringSubmatch(in.row(i)); m != nil {
				continue // numbers are no part of this form
			}
			if a := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(in.row(i), "@@"), "@@")); a != "" && strings.Trim(a, ".") != "" {
				h.Anchors = append(h.Anchors, a)
			}
		}
		var b body
		for ; i < end && !hunk().MatchString(in.row(i)) && !h.End; i++ {
			h.End = in.change(i, &b)
		}
		h.Search, h.Replace = b.texts()
		h.End = h.End || h.Search == "" && h.Anchors == nil
		if h.Search == "" && h.Replace == "" {
			return p, &SyntaxError{h.Line, "the hunk changes nothing: write lines that begin with a space, - or + after it"}
		}
		p.Hunks = append(p.Hunks, h)
	}
	if len(p.Hunks) == 0 && p.Op == Edit {
		return p, &SyntaxError{p.Line, "nothing is said to change in " + p.Path + ": write a hunk that begins with @@"}
	}
	return p, nil
}

// change takes line i into a hunk; true ends it.
func (in *input) change(i int, b *body) (ends bool) {
	row := in.rows[i]
	switch {
	case in.row(i) == fileEnd:
		return true
	case row != "" && strings.IndexByte("+- ", row[0]) >= 0:
		b.add(row[0], row[1:])
	default:
		b.add(' ', row) // it has lost its space
	}
	return false
}

func (in *input) blankUntil(i, end int) bool {
	return strings.TrimSpace(strings.Join(in.rows[i:end], "")) == ""
}
