package main

import (
	"io"
	"os"
	"os/exec"
)

// editorMain is a process that stands for an editor: what the test types goes to the server, and back.
func editorMain() {
	server := exec.Command(os.Args[1], os.Args[2:]...) // it ends with its standard input
	server.Stdout, server.Stderr = os.Stdout, os.Stderr
	in, err := server.StdinPipe()
	if err != nil || server.Start() != nil {
		os.Exit(1)
	}
	go func() {
		_, _ = io.Copy(in, os.Stdin) // the server leaves when that ends, however
		_ = in.Close()
	}()
	if server.Wait() != nil {
		os.Exit(1)
	}
}
