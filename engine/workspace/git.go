package workspace

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// git runs a git command in dir. No hook of the person's runs, no monitor is started, no lock is taken that only
// serves to refresh the index, and no variable that would point git elsewhere is handed on.
func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	args = append([]string{"-c", "core.hooksPath=" + os.DevNull, "-c", "core.fsmonitor=false", "--literal-pathspecs"}, args...)
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = gitEnvironment(os.Environ())
	cmd.WaitDelay = 5 * time.Second
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		if said := strings.TrimSpace(errs.String()); said != "" {
			err = fmt.Errorf("%s: %w", said, err)
		}
		return nil, fmt.Errorf("git %s: %w", strings.Join(args[5:], " "), err)
	}
	return out, nil
}

// gitEnvironment drops from GitEnvironment what a hook or a shell may have set to point git at another repository or
// index.
func gitEnvironment(environ []string) []string {
	env := slices.DeleteFunc(GitEnvironment(environ), func(kv string) bool {
		return strings.HasPrefix(kv, "GIT_") && !strings.HasPrefix(kv, "GIT_CEILING") && !strings.HasPrefix(kv, "GIT_CONFIG_")
	})
	return append(env, "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
}

// GitEnvironment is what a git that is only asked something sees of the environment: its own variables and what every
// program needs, and no key, since git starts programs of its own.
func GitEnvironment(environ []string) []string {
	var env []string
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		if keeps(name) || slices.Contains(systemNames, strings.ToUpper(name)) || strings.HasPrefix(name, "GIT_") {
			env = append(env, kv)
		}
	}
	return env
}

// maxNesting bounds how deep repositories are looked for inside one another.
const maxNesting = 4

// gitFiles names the files below dir that git tracks, or would track: what is not ignored. Names are relative to the
// folder system. A submodule, or a repository inside, is asked in its turn. The error says that git does not know it.
func gitFiles(ctx context.Context, system, dir string, depth int) ([]string, error) {
	out, err := git(ctx, system, "ls-files", "-t", "-s", "-c", "-o", "--exclude-standard", "-z", "--", dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		name, link := listed(line)
		switch {
		case name == "" || inGit(name):
		case link && isGitTop(filepath.Join(system, filepath.FromSlash(name))):
			names = append(names, nestedFiles(ctx, system, name, depth)...)
		default:
			names = append(names, name)
		}
	}
	return names, nil
}

// listed reads what git says of one path: its name, and whether it may be a repository inside this one. To look into
// each path for one would take as long as git itself.
func listed(line string) (name string, link bool) {
	tag, rest, _ := strings.Cut(line, " ")
	if tag == "?" { // not in the index: git ends the name of a repository with a slash
		return strings.TrimSuffix(rest, "/"), strings.HasSuffix(rest, "/")
	}
	entry, name, _ := strings.Cut(rest, "\t") // mode, object, stage
	return strings.TrimSuffix(name, "/"), strings.HasPrefix(entry, "160000 ")
}

// nestedFiles lists a repository inside the one asked. One that git cannot list has no files for us.
func nestedFiles(ctx context.Context, system, dir string, depth int) []string {
	if depth == maxNesting {
		return nil
	}
	inner, err := gitFiles(ctx, filepath.Join(system, filepath.FromSlash(dir)), ".", depth+1)
	if err != nil {
		return nil
	}
	for i, name := range inner {
		inner[i] = path.Join(dir, name)
	}
	return inner
}
