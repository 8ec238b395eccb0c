// Package trackfile turns a track document (YAML, or JSON, the seed's flat list included) into tickets and back,
// with a position for everything it read and a problem, at its exact range, for everything it could not.
//
// A document is also a language: Edit follows a change at the cost of the tickets it lies in, and PathAt,
// References, DefinitionAt, Rename, Symbols, Folds, Format and Renames answer what an editor asks, in byte offsets.
//
// It is a leaf: it knows nothing of the engine, of files or of editors. Bad input never fails as a whole: what can
// be read is returned beside the problems.
package trackfile
