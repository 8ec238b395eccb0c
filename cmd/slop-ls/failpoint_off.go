//go:build !failpoints

package main

// failpoint is where crash tests end the process; builds for people have none.
func failpoint() func(point string) { return nil }
