package patch

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Error names the line.
func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return e.Problem
	}
	return fmt.Sprintf("line %d of the input: %s", e.Line, e.Problem)
}

// Parse reads a patch, whatever stands around it. The error is a *SyntaxError.
func Parse(input string) (Format, []Part, error) {
	in := newInput(input)
	var parts []Part
	var err error
	format := in.format()
	switch format {
	case Blocks:
		parts, err = in.blocks()
	case Unified:
		parts, err = in.unified()
	case Envelope:
		parts, err = in.envelope()
	default:
		return "", nil, in.unknown()
	}
	if err == nil {
		err = in.checkRest(format)
	}
	if err != nil {
		return format, nil, err
	}
	return format, parts, nil
}

// input is a patch as lines, without their ends.
type input struct {
	rows []string
	used []bool // the lines that belong to a part
	open bool   // the last line has no end
}

// newInput cuts an input. Where each line ends with \r\n that is how it came
// here, and no content.
func newInput(s string) *input {
	s = strings.TrimPrefix(s, "\ufeff")
	if n := strings.Count(s, "\r\n"); n > 0 && n == strings.Count(s, "\n") {
		s = strings.ReplaceAll(s, "\r\n", "\n")
	}
	in := &input{open: s != "" && !strings.HasSuffix(s, "\n")}
	if s = strings.TrimSuffix(s, "\n"); s != "" {
		in.rows = strings.Split(s, "\n")
	}
	in.used = make([]bool, len(in.rows))
	return in
}

// use marks the lines [i, j) as parts of the patch.
func (in *input) use(i, j int) {
	for k := i; k < min(j, len(in.used)); k++ {
		in.used[k] = true
	}
}

// row is a line without white space at its end; "" past the end.
func (in *input) row(i int) string {
	if i < 0 || i >= len(in.rows) {
		return ""
	}
	return strings.TrimRight(in.rows[i], " \t\r")
}

var (
	opener = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\s{0,3}(?:(<{5,9})|-{5,9}) ?(?i:SEARCH|ORIGINAL)\b[>:]?[ \t]*(.*)$`)
	})
	closer = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\s{0,3}(?:>{5,9}|\+{5,9}) ?(?i:REPLACE|UPDATED)\b[>:]?[ \t]*$`)
	})
	file  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\*{3} (Add|Update|Delete) File:`) })
	begin = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\*{3} (Begin|End) Patch$`) })
	hunk  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^@@`) })
)

// format is the form whose first sign comes first.
func (in *input) format() Format {
	for i := range in.rows {
		if f := in.sign(i); f != "" {
			return f
		}
	}
	return ""
}

// sign is the form that a line shows.
func (in *input) sign(i int) Format {
	row := in.row(i)
	switch {
	case opener().MatchString(row):
		return Blocks
	case file().MatchString(row), begin().MatchString(row):
		return Envelope
	case strings.HasPrefix(row, "diff --git "), in.header(i), in.isHunk(i):
		return Unified
	}
	return ""
}

// header says whether a file's header of a unified diff begins at line i.
func (in *input) header(i int) bool {
	return strings.HasPrefix(in.row(i), "--- ") && strings.HasPrefix(in.row(i+1), "+++ ")
}

// isHunk says whether a hunk of a unified diff begins at line i.
func (in *input) isHunk(i int) bool {
	return ranges().MatchString(in.row(i)) || hunk().MatchString(in.row(i)) && in.changes(i+1)
}

// changes says whether the lines of a hunk follow.
func (in *input) changes(i int) bool {
	for ; i < len(in.rows); i++ {
		row := in.rows[i]
		if strings.HasPrefix(row, "+") || strings.HasPrefix(row, "-") {
			return true
		}
		if !strings.HasPrefix(row, " ") && strings.TrimSpace(row) != "" {
			return false
		}
	}
	return false
}

// unknown is the error for an input of no known form.
func (in *input) unknown() error {
	for i := range in.rows {
		if strings.HasPrefix(in.row(i), "<<<<<<< ") {
			return &SyntaxError{i + 1, "these are the markers of a merge conflict, not of a patch: " +
				"write <<<<<<< SEARCH, =======, >>>>>>> REPLACE after a line with the file's path"}
		}
	}
	what := "the input has no patch"
	if len(in.rows) == 0 {
		what = "the input is empty"
	}
	return &SyntaxError{0, what + ": give SEARCH/REPLACE blocks (a path, <<<<<<< SEARCH, =======, >>>>>>> REPLACE), " +
		"a unified diff, or *** Begin Patch"}
}

// checkRest refuses what a part of another form is left over: to apply half of
// an input would be worse than nothing.
func (in *input) checkRest(format Format) error {
	for i := range in.rows {
		if in.used[i] {
			continue
		}
		f := in.sign(i)
		if f == format {
			return &SyntaxError{i + 1, "a part begins here that is outside of the patch: put it before the end of the patch"}
		}
		if f != "" {
			return &SyntaxError{i + 1, fmt.Sprintf("a part in the form %s follows one in the form %s: use one of them for the whole input", f, format)}
		}
		if format == Blocks && closer().MatchString(in.row(i)) {
			return &SyntaxError{i + 1, "a block ends here that did not begin: write <<<<<<< SEARCH before it"}
		}
	}
	return nil
}

// fence says whether a line opens or closes a block of code in Markdown.
func fence(row string) bool {
	row = strings.TrimSpace(row)
	return strings.HasPrefix(row, "```") || strings.HasPrefix(row, "~~~")
}

// joined is lines as text, each with an end.
func joined(rows []string) string {
	if len(rows) == 0 {
		return ""
	}
	return strings.Join(rows, "\n") + "\n"
}
