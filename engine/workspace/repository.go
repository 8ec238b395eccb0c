package workspace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// The .git of a scratch folder is a repository of its own that borrows the objects of the person's: git in it tells
// the same history, and whatever a command does there (a commit, a branch, a stash, a setting) stays there. Nothing is
// ever written into the person's repository, not even an entry for a worktree, so that no crash can leave one.

// repository is the git work tree that a workspace is in.
type repository struct {
	top     string // its top level, as the system names it
	prefix  string // where the workspace is in it; "." at its top
	objects string // the folder of its objects
	info    string // of its excludes and attributes
	shallow string // the file that says where its history ends; it need not be there
	head    string // the commit
	branch  string // what HEAD names; "HEAD" for the commit itself
}

// errNoRepository says that there is nothing to borrow from: no git, no repository or no commit yet.
var errNoRepository = errors.New("no git repository with a commit")

func findRepository(ctx context.Context, system string) (repository, error) {
	out, err := git(ctx, system, "rev-parse", "--show-toplevel", "--git-path", "objects", "--git-path", "info", "--git-path", "shallow",
		"HEAD^{commit}", "--symbolic-full-name", "HEAD")
	if err != nil {
		return repository{}, errors.Join(errNoRepository, context.Cause(ctx))
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != 6 { // a line break in a name
		return repository{}, errNoRepository
	}
	for i := 1; i <= 3; i++ {
		if !filepath.IsAbs(lines[i]) {
			lines[i] = filepath.Join(system, lines[i])
		}
	}
	r := repository{top: filepath.FromSlash(lines[0]), objects: lines[1], info: lines[2], shallow: lines[3], head: lines[4], branch: lines[5]}
	rel, err := filepath.Rel(r.top, system)
	if err != nil || !filepath.IsLocal(rel) {
		return repository{}, errNoRepository
	}
	r.prefix = filepath.ToSlash(rel)
	return r, nil
}

// lend makes a folder a repository that borrows from r, with an index of r's commit and its names.
func (r *repository) lend(ctx context.Context, dir string) error {
	refs, err := git(ctx, r.top, "for-each-ref", "--format=%(objectname) %(refname)")
	if err != nil {
		return err
	}
	settings, err := r.settings(ctx)
	if err != nil {
		return err
	}
	head := r.head
	if r.branch != "HEAD" {
		head = "ref: " + r.branch
	}
	for _, folder := range []string{"objects/info", "refs", "info"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			return err
		}
	}
	for name, content := range map[string]string{
		"HEAD": head + "\n", "packed-refs": withoutStash(string(refs)), "config": settings, "objects/info/alternates": r.objects + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	if err := r.copySmall(dir); err != nil {
		return err
	}
	_, err = git(ctx, r.top, "--git-dir="+dir, "read-tree", r.head)
	return err
}

// copySmall copies what else git goes by.
func (r *repository) copySmall(dir string) error {
	for from, to := range map[string]string{
		filepath.Join(r.info, "exclude"): "info/exclude", filepath.Join(r.info, "attributes"): "info/attributes", r.shallow: "shallow",
	} {
		data, err := os.ReadFile(from)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, to), data, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// withoutStash drops the names that are the person's own affair.
func withoutStash(refs string) string {
	var b strings.Builder
	for line := range strings.Lines(refs) {
		if _, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " "); name != "refs/stash" {
			b.WriteString(line)
		}
	}
	return b.String()
}

// settings is the part of the repository's configuration that says what its files and objects are, and who commits.
// What could run a program or hold a password stays away.
func (r *repository) settings(ctx context.Context) (string, error) {
	out, err := git(ctx, r.top, "config", "--local", "--no-includes", "--list", "-z")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for kv := range strings.SplitSeq(string(out), "\x00") {
		key, value, _ := strings.Cut(kv, "\n")
		section, rest, _ := strings.Cut(key, ".")
		if !lentSettings[key] {
			continue
		}
		fmt.Fprintf(&b, "[%s]\n\t%s = %s\n", section, rest, quoteSetting(value))
	}
	return b.String() + "[gc]\n\tauto = 0\n", nil
}

var lentSettings = map[string]bool{
	"core.repositoryformatversion": true, "core.filemode": true, "core.ignorecase": true, "core.symlinks": true, "core.precomposeunicode": true,
	"core.autocrlf": true, "core.eol": true, "core.safecrlf": true, "core.quotepath": true, "core.abbrev": true, "user.name": true, "user.email": true,
	"extensions.objectformat": true, "extensions.partialclone": true,
}

func quoteSetting(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(s) + `"`
}

// alternates are the folders of objects that the person's repository borrows from in its turn.
func (r *repository) alternates() []string {
	found := []string{r.objects}
	for i := 0; i < len(found) && i < maxNesting; i++ {
		list, err := os.ReadFile(filepath.Join(found[i], "info", "alternates"))
		if err != nil {
			continue
		}
		for line := range bytes.Lines(list) {
			name := string(bytes.TrimSuffix(line, []byte("\n")))
			if name != "" && !path.IsAbs(name) {
				name = filepath.Join(found[i], name)
			}
			if name != "" {
				found = append(found, name)
			}
		}
	}
	return found
}
