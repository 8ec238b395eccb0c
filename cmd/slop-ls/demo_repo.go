package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/tools/txtar"
)

//go:embed demo_repo.txtar
var demoFiles []byte

// demoTrack is the demo's track document in its repository.
const demoTrack = ".slop/tracks/report.track.yaml"

// makeDemoRepo fills an empty folder with the demo's repository and commits it. It needs git in PATH.
func makeDemoRepo(ctx context.Context, dir string) error {
	for _, f := range txtar.Parse(demoFiles).Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("making the demo's repository: %w", err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			return fmt.Errorf("making the demo's repository: %w", err)
		}
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"commit", "-q", "-m", "A ledger whose report is missing"}} {
		if out, err := demoGit(ctx, dir, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("making the demo's repository: git %s: %w: %s", args[0], err, out)
		}
	}
	return nil
}

// demoGit is git with an identity of its own and none of the user's hooks, signing or templates.
func demoGit(ctx context.Context, dir string, args ...string) *exec.Cmd {
	own := []string{
		"-C", dir, "-c", "user.name=slop-ls demo", "-c", "user.email=demo@example.com", "-c", "commit.gpgSign=false",
		"-c", "core.hooksPath=" + os.DevNull, "-c", "core.autocrlf=false", "-c", "init.templateDir=",
	}
	return exec.CommandContext(ctx, "git", append(own, args...)...)
}

// demoTest runs the repository's own test, as a person would.
func demoTest(ctx context.Context, dir string) (output string, passes bool) {
	cmd := exec.CommandContext(ctx, "go", "test", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}
