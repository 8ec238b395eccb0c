// Package config puts the configuration together from its layers: defaults, the person's file, the workspace's
// file, the editor's settings and the command line's flags.
//
// The contract: every setting stands once, in the table of settings.go, with its type, its documentation and
// what a workspace may do to it. Unknown keys, wrong types and illegal values are problems at their exact place,
// and all of them are reported, not only the first. A workspace's file, which comes with a repository, can
// tighten and never loosen, and can never name a key, a base URL or a program. Keys themselves never pass
// through here, only the names of the variables that hold them.
package config
