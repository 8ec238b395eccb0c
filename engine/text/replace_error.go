package text

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrEmptySearch is returned when there is nothing to search for in a file that
// has something.
var ErrEmptySearch = errors.New("the search text is empty and the file is not: give the lines to replace, or write the whole file")

// AmbiguousError says that a search fits several places.
type AmbiguousError struct {
	Step  Step
	Lines []int // first line of each place, from 1, ascending; the first maxPlaces
	More  bool  // there are more places than Lines
}

// Error lists the places.
func (e *AmbiguousError) Error() string {
	const shown = 12
	list := make([]string, 0, shown)
	for _, n := range e.Lines[:min(len(e.Lines), shown)] {
		list = append(list, strconv.Itoa(n))
	}
	if e.More || len(e.Lines) > shown {
		list = append(list, "and more")
	}
	return fmt.Sprintf("the search text fits several places (lines %s): add lines around it until it fits one", strings.Join(list, ", "))
}

// NotFoundError says that a search fits nowhere, and what comes nearest.
type NotFoundError struct {
	Line    int    // of the nearest text, from 1; 0 where nothing is like it
	Snippet string // the nearest text: whole lines of the file, perhaps cut
	Missing string // the first line of the search that does not stand there; "" where each does, but not in this order or form
	Number  int    // of Missing in the search, from 1
}

// Error shows the nearest text with its line numbers.
func (e *NotFoundError) Error() string {
	if e.Line == 0 {
		return "the search text is not in the file, nor is anything like it: read the file again"
	}
	why := ""
	if e.Missing != "" {
		why = fmt.Sprintf(" (its line %d is not there: %s)", e.Number, strings.TrimSpace(e.Missing))
	}
	return fmt.Sprintf("the search text is not in the file%s; the nearest is at line %d:\n%s\n"+
		"copy the search text from the file as it is now, without the line numbers", why, e.Line, numbered(e.Snippet, e.Line))
}

// numbered puts its number before each line of a snippet.
func numbered(snippet string, first int) string {
	rows := strings.Split(snippet, "\n")
	width := len(strconv.Itoa(first + len(rows) - 1))
	for i, row := range rows {
		if row == snippetCut {
			continue
		}
		rows[i] = strings.TrimRight(fmt.Sprintf("%*d | %s", width, first+i, row), " ")
	}
	return strings.Join(rows, "\n")
}

// AlreadyError says that the file already has what the replacement would bring.
type AlreadyError struct{ Line int } // where it stands, from 1

// Error says where.
func (e *AlreadyError) Error() string {
	return fmt.Sprintf("the file already reads as the replace text says at line %d: nothing is left to do; "+
		"if it shall stand there twice, give more lines around it", e.Line)
}

// ElidedError says that a replacement leaves out text by a line like
// "// ... existing code ..." where the search does not have that line.
type ElidedError struct {
	Text   string // the line
	Number int    // in the replacement, or in the search, from 1
	Search bool   // it is the search that has it, and the replacement does not
}

// Error says what to write instead.
func (e *ElidedError) Error() string {
	if e.Search {
		return fmt.Sprintf("line %d of the search text, %q, stands for lines that the replacement would take away unseen: "+
			"write these lines out, or keep the line in both texts", e.Number, e.Text)
	}
	return fmt.Sprintf("line %d of the replace text, %q, leaves out lines and is no text of the file: "+
		"write the lines out, or replace less", e.Number, e.Text)
}

// EncodingError says that a replacement would write a replacement character
// (U+FFFD): it stands for bytes of the file that are not UTF-8, and is not what
// they are.
type EncodingError struct{}

// Error says what to do.
func (e *EncodingError) Error() string {
	return "the replace text has U+FFFD, which stands for bytes that are not UTF-8: the file has other bytes there. " +
		"Choose the search so that these characters are outside of what changes"
}
