package patch

// Format is the form of a patch.
type Format string

// The forms that Parse knows.
const (
	Blocks   Format = "search-replace"
	Unified  Format = "unified-diff"
	Envelope Format = "apply-patch"
)

// Op is what a part does to a file.
type Op string

// The operations.
const (
	Edit   Op = "edit"
	Create Op = "create"
	Delete Op = "delete"
	Rename Op = "rename" // From → Path, perhaps with edits
	Copy   Op = "copy"   // From → Path, perhaps with edits
)

// Part is what a patch does to one file, or one stretch of it.
type Part struct {
	Op    Op
	Path  string
	From  string // of Rename and Copy
	Line  int    // where it begins in the input, from 1
	Mode  uint32 // permission bits to have after; 0: as they are
	Hunks []Hunk // of Create at most one, without a search; of Delete what the file should hold, or none
}

// Hunk is one change of a file, in whole lines.
type Hunk struct {
	Line            int // where it begins in the input, from 1
	Search, Replace string
	Splits          []Split  // other ways to read a block whose content has a divider's look
	At              int      // the line at which Search is said to begin, from 1; 0: nothing is said
	Anchors         []string // lines of the file that the change comes after, outermost first
	Hint            string   // a line that the change is said to come after; it decides between places
	End             bool     // Search is the end of the file; without a search, Replace comes there
	Bare            bool     // the new text has no final newline
	Closes          bool     // the new text has a final newline and the old one has none
}

// Split is a way to read a block.
type Split struct{ Search, Replace string }

// SyntaxError says what of an input cannot be read.
type SyntaxError struct {
	Line    int    // of the input, from 1; 0: all of it
	Problem string // ends with what to do
}
