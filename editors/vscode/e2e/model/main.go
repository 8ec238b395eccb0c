// Command model serves a script of package scripted to the tests in the real editor, until its standard input ends. It
// prints an object a line: first the url that it listens on, then each request that was answered. A stream stops behind a
// piece with the word [hold] in it, until a line comes in.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/slop-ls/slop-ls/engine/scripted"
)

func main() {
	if err := serve(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "model:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

// answered is what is told of a request.
type answered struct {
	Ticket  string           `json:"ticket"`
	Model   string           `json:"model"`
	Turn    int              `json:"turn"`
	Outcome scripted.Outcome `json:"outcome"`
	Prompt  string           `json:"prompt"` // the first message of the person's side
}

// serve returns when in has ended. The error is about the script, the port or out.
func serve(args []string, in io.Reader, out io.Writer) error {
	if len(args) != 1 {
		return errors.New("name one script file")
	}
	script, err := load(args[0])
	if err != nil {
		return err
	}
	server, err := scripted.Start(script)
	if err != nil {
		return err
	}
	defer server.Close()
	released := make(chan struct{})
	front, url, err := hold(server.URL(), released)
	if err != nil {
		return err
	}
	defer front.Close() //nolint:errcheck // the process ends
	lines := json.NewEncoder(out)
	if err := lines.Encode(map[string]string{"url": url}); err != nil {
		return fmt.Errorf("telling the url: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	told := make(chan error, 1)
	go func() { told <- tell(ctx, server, lines) }()
	err = release(in, released)
	cancel()
	return errors.Join(err, <-told)
}

// release lets a held stream go on for each line, and all of them when the lines end.
func release(in io.Reader, released chan<- struct{}) error {
	defer close(released)
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		released <- struct{}{}
	}
	return lines.Err()
}

func load(path string) (scripted.Script, error) {
	f, err := os.Open(path)
	if err != nil {
		return scripted.Script{}, fmt.Errorf("opening the script: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	return scripted.LoadScript(f)
}

// tell prints each request once its answer has ended, until ctx ends.
func tell(ctx context.Context, server *scripted.Server, lines *json.Encoder) error {
	for done := map[int]bool{}; ; {
		records, err := server.Await(ctx, func(all []scripted.Record) bool { return ended(all) > len(done) })
		if err != nil {
			return nil
		}
		for i, r := range records {
			if done[i] || r.Outcome == scripted.Pending {
				continue
			}
			done[i] = true
			if r.Model == "" { // it asked for something else than an answer
				continue
			}
			if err := lines.Encode(answered{r.Ticket, r.Model, r.Turn, r.Outcome, prompt(r)}); err != nil {
				return fmt.Errorf("telling a request: %w", err)
			}
		}
	}
}

func ended(all []scripted.Record) (n int) {
	for _, r := range all {
		if r.Outcome != scripted.Pending {
			n++
		}
	}
	return n
}

func prompt(r scripted.Record) string {
	for _, m := range r.Messages {
		if m.Role == "user" {
			return m.Text
		}
	}
	return ""
}
