package main

import (
	"context"
	"errors"
	"strings"
)

// The exit statuses that programs may rely on.
const (
	exitDone        = 0
	exitFailed      = 1   // something failed or was refused
	exitUsage       = 2   // the command line itself is wrong
	exitBlocked     = 3   // nothing can run until a person does something
	exitDenied      = 4   // an approval was denied for want of a person; wins over exitBlocked
	exitInterrupted = 130 // SIGINT: the track is paused and nothing is lost
)

// exitError is an outcome with its own exit status. A nil err was already told to the person.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return "exit"
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usageError says that the command line is wrong, and ends with what to do about it.
func usageError(msg string) error { return &exitError{code: exitUsage, err: errors.New(msg)} }

// exitCode is the status for an error that a subcommand returned.
func exitCode(err error) int {
	var exit *exitError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &exit):
		return exit.code
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	default:
		return exitFailed
	}
}

// errorLine is err on one line, as the last thing on standard error. It is empty when everything was said.
func errorLine(err error) string {
	var exit *exitError
	if errors.As(err, &exit) && exit.err == nil {
		return ""
	}
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' })
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return "slop-ls: " + strings.Join(lines, "; ")
}
