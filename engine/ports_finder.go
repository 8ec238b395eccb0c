package engine

import "context"

// Finder finds declarations and uses in the whole workspace, by name alone: without types, two things of one name are
// not told apart. It sees what a draft has, over the editors' buffers, over the disk.
type Finder interface {
	// Symbols lists the declarations of a name: "Next" or "Lexer.Next". Those that are written exactly so come first;
	// where there is none, those that hold the name, then Nearest names the likest. A name that nothing declares is no
	// error.
	Symbols(ctx context.Context, draft Draft, q FindQuery) (Found, error)
	// References lists the lines that use a name as code, the ones that declare it among them, by path and line.
	// Comments and strings do not count.
	References(ctx context.Context, draft Draft, q FindQuery) (Found, error)
}

// FindQuery is what a Finder looks for.
type FindQuery struct {
	Name  string
	Match func(path string) bool // which files count; nil: all
	Max   int                    // places, at least 1
}

// Found is what a Finder found.
type Found struct {
	Mentions []Mention
	More     bool     // there are more than were asked for
	Nearest  []string // of Symbols: names like the one that nothing declares
	Notes    []string // what a reader should know: files that were not looked at, or only by lines
}

// Mention is a line that declares or uses a name.
type Mention struct {
	Path     string
	Line     int    // from 1
	Text     string // of the line, without its end
	Symbol   string // the path of what is declared, or of the declaration that the use lies in; "" for neither
	Kind     string // as Symbol's, of what is declared; "" of a use
	Declares bool
}
