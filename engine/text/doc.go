// Package text is what this program knows about text as such: spans and edits
// of bytes, positions as editors count them, differences, three-way merges, the
// search and replace of a model's edit, and showing text so that it cannot lie.
//
// Contract: every function is pure and safe for concurrent use; no input is
// changed or kept unless its comment says so; no input makes it panic.
// Bytes are never repaired: a byte order mark, CRLF, a missing final newline
// and invalid UTF-8 come out as they went in. Offsets count bytes from 0.
// Refusals are types. Work is linear in the input, or near it, also on hostile
// input. The package imports no other package of this module.
package text
