// Package traits is what is known of a client: what it announced, corrected by what it was seen to do, and what it calls
// itself. It is read once, from the parameters of initialize, and asks nobody.
//
// A quirk is a line of one table. It must have been seen with the real client, and the parameters that this client sends
// are kept in testdata/initialize, so that every line is tested over them. docs/editors.md shows what comes of it.
package traits
