// Command slop-ls turns an editor that speaks the Language Server Protocol into the cockpit of a hierarchy of coding
// agents. Without arguments it is the language server on standard input and output; its subcommands do from a
// terminal what an editor can do.
//
// This package is the only place where the adapters meet: wire.go puts them together, one file a subcommand uses them.
package main

import (
	"context"
	"os"

	"github.com/slop-ls/slop-ls/engine/workspace"
)

func main() {
	if help := workspace.Helper(os.Args); help != nil {
		os.Exit(help())
	}
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	os.Exit(a.main(context.Background(), os.Args[1:]))
}
