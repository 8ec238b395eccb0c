package workspace

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// kept are the variables that a command may see by their whole names, and keptPrefixes by how they begin.
var (
	kept         = []string{"PATH", "HOME", "LANG"}
	keptPrefixes = []string{"LC_", "XDG_", "GO"}
)

// secretWords mark a variable that is dropped though its prefix would keep it: GOOGLE_API_KEY is none of Go's.
var secretWords = []string{"KEY", "TOKEN", "SECRET", "PASSW", "CREDENTIAL", "GOOGLE"}

// commandEnvironment is what a worker's command sees of the environment. Hooks of the person's do not run for git
// in it, and git looks for no repository above the scratch folder.
func commandEnvironment(ctx context.Context, opts Options, root string, s *scratch) []string {
	var env []string
	for _, kv := range opts.Environ(ctx) {
		name, value, _ := strings.Cut(kv, "=")
		if !keeps(name) || slices.Contains(opts.Secrets, name) {
			continue
		}
		if name == "GOWORK" {
			value = moved(value, root, s.workdir())
		}
		env = append(env, name+"="+value)
	}
	return append(env,
		"PWD="+s.workdir(),
		"TMPDIR="+s.slot.temp,
		s.slot.mark(),
		"GIT_CEILING_DIRECTORIES="+filepath.Dir(s.slot.tree),
		"GIT_TERMINAL_PROMPT=0",
		"GIT_CONFIG_COUNT=2",
		"GIT_CONFIG_KEY_0=core.hooksPath", "GIT_CONFIG_VALUE_0="+os.DevNull,
		"GIT_CONFIG_KEY_1=core.fsmonitor", "GIT_CONFIG_VALUE_1=false",
	)
}

// systemNames are what programs need on Windows.
var systemNames = []string{"SYSTEMROOT", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "TEMP", "TMP", "TMPDIR", "PATHEXT", "COMSPEC"}

func keeps(name string) bool {
	if slices.Contains(kept, name) {
		return true
	}
	has := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
	says := func(word string) bool { return strings.Contains(name, word) }
	return slices.ContainsFunc(keptPrefixes, has) && !slices.ContainsFunc(secretWords, says)
}

// moved is a path inside root as the path of its copy, so that a build does not reach back into the workspace.
func moved(value, root, copied string) string {
	rel, err := filepath.Rel(root, value)
	if err != nil || !filepath.IsAbs(value) || !filepath.IsLocal(rel) {
		return value
	}
	return filepath.Join(copied, rel)
}
