// Package treesitter reads source code for the engine: which declarations a file has, and the three pruned views
// (skeleton, curated, targeted) that a worker is given instead of whole files. It is the only package that uses cgo.
//
// Viewer implements engine.Viewer. What it promises: a view or an outline of any bytes whatever is made within a
// second, never panics and never fails because of what the file holds. Where syntax cannot help (no grammar, a parse
// that takes too long, a build without cgo) the view is made by lines, and says so. A view's text is always valid
// UTF-8 with line feeds and no byte order mark; spans in an Outline are byte offsets into the bytes that were passed in.
//
// Go is read by the standard library's go/parser, which always knows the newest syntax; tree-sitter's Go grammar
// takes over for a buffer so broken that go/parser finds fewer declarations in it. Python, JavaScript, TypeScript and
// TSX are read by tree-sitter. A language is a row of the table in language.go and, where it has a grammar, a set of
// rules in rules.go that name the grammar's node kinds; nothing else knows about single languages.
//
// A tree-sitter tree never leaves this package, and never the goroutine that uses it: readers get a copy, and what is
// kept between calls (the cache) is bounded in bytes and closed when it is dropped.
package treesitter
