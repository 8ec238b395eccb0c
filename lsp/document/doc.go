// Package document is what one editor has open: each version of a text, its places as the client counts them, and where files
// lie. A Document is one version and never changes; a Set is all of them at one moment; a Desk holds the set of now, which the
// read loop alone replaces, so that whoever looks sees one moment and needs no lock.
//
// What the wire says of a document is read here as strictly as it can be: a change that cannot be understood breaks the
// document, and no text is guessed. Nothing here knows of sessions, approvals or the engine's state.
package document
