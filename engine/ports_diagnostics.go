package engine

import "context"

// Diagnostics knows what others than slop-ls say is wrong with the files as the person has them: the language servers of
// the editors that are attached, as far as those tell.
type Diagnostics interface {
	// Diagnostics gives what is said of a file, or with path "" of every file. It is never an error that nobody says
	// anything.
	Diagnostics(ctx context.Context, path string) (DiagnosticReport, error)
}

// DiagnosticReport is what was said.
type DiagnosticReport struct {
	// Told says that somebody has spoken of the file: without it no problems mean that nobody knows, not that all is well.
	Told     bool
	Problems []Problem // by path and line
	Notes    []string  // what a reader should know: a report of an older text, or of a part of a file
}

// Problem is one diagnostic.
type Problem struct {
	Path     string
	Line     int    // from 1
	Severity string // error, warning, information or hint
	Source   string // who says so; may be empty
	Message  string
}
