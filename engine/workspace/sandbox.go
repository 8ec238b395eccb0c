package workspace

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// SandboxMode says whether commands are held by the system's sandbox.
type SandboxMode string

// The modes. Auto, which "" is too, holds them where the system can, and says so where it cannot.
const (
	SandboxAuto    SandboxMode = "auto"
	SandboxRequire SandboxMode = "require" // no command runs where it cannot
	SandboxOff     SandboxMode = "off"
)

// Sandbox says what commands may reach beside their worktree and their temporary folder. A folder is absolute or
// begins with ~/ for the person's home.
type Sandbox struct {
	Mode SandboxMode
	// Caches are what they may write to: folders, or a name of KnownCaches.
	Caches []string
	// Read are folders that they may read beside the system's own, the toolchains in the person's home and what PATH
	// names. What looks like a secret of the person's below one stays closed, unless it is named itself.
	Read []string
	// Private are folders that stay closed too, whatever is around them: the program's own.
	Private []string
}

// sandbox is what a command may reach, in the system's own paths. What is in neither list is closed.
type sandbox struct {
	Mode  SandboxMode `json:"mode"`
	Write []string    `json:"write"`
	Read  []string    `json:"read"`
}

// person is what of a command's environment says where the person's things are.
type person struct {
	home string
	env  map[string]string
}

func newPerson(env []string) person {
	p := person{env: make(map[string]string, len(env))}
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		p.env[name] = value
	}
	if home := p.env["HOME"]; filepath.IsAbs(home) {
		p.home = filepath.Clean(home)
	}
	return p
}

// at is a path of the person's: ~/x in the home, $NAME/x where the variable is set, else what stands for it.
func (p person) at(path string) string {
	if rest, ok := strings.CutPrefix(path, "$"); ok {
		name, below, _ := strings.Cut(rest, "/")
		if first := filepath.SplitList(p.env[name]); len(first) > 0 && filepath.IsAbs(first[0]) {
			return filepath.Join(first[0], below)
		}
		return p.at(filepath.Join(variableDefaults[name], below))
	}
	if path == "~" || strings.HasPrefix(path, "~/") {
		if p.home == "" {
			return ""
		}
		return filepath.Join(p.home, path[1:])
	}
	if !filepath.IsAbs(path) {
		return ""
	}
	return filepath.Clean(path)
}

// all is at for each path that comes to something.
func (p person) all(paths []string) []string {
	out := make([]string, 0, len(paths))
	for _, path := range paths {
		if at := p.at(path); at != "" {
			out = append(out, at)
		}
	}
	return out
}

// sandbox is what the commands of a scratch folder may reach.
func (b *Workbench) sandbox(env []string, s *scratch) sandbox {
	return b.opts.Sandbox.of(env, []string{b.w.path}, s.reads(), []string{s.slot.tree, s.slot.temp})
}

// of is the sandbox in the system's own paths: what is closed beside what is the person's, and what is open beside what
// programs need.
func (cfg Sandbox) of(env, shut, reads, writes []string) sandbox {
	if cfg.Mode == SandboxOff {
		return sandbox{Mode: cfg.Mode}
	}
	p := newPerson(env)
	closed := append(p.all(privatePlaces), append(slices.Clone(cfg.Private), shut...)...)
	read := append(p.all(systemPlaces), p.all(toolPlaces)...)
	read = append(read, p.programs(closed)...)
	read = append(read, reads...)
	read = append(read, p.all(cfg.Read)...)
	var open []string
	for _, path := range read {
		open = append(open, opened(path, closed)...)
	}
	return sandbox{
		Mode: cfg.Mode, Read: open,
		Write: append(writes, p.caches(cfg.Caches)...),
	}
}

// caches are the folders that commands may write to, made where they are not there yet: a sandbox can only open what is.
func (p person) caches(names []string) []string {
	var out []string
	for _, name := range names {
		known, ok := KnownCaches[name]
		if ok && !p.has(known.program) {
			continue
		}
		if !ok {
			known.places = []string{name}
		}
		for _, path := range p.all(known.places) {
			if os.MkdirAll(path, 0o700) == nil {
				out = append(out, path)
			}
		}
	}
	return out
}

// has says whether PATH leads to a program.
func (p person) has(program string) bool {
	for _, dir := range filepath.SplitList(p.env["PATH"]) {
		if info, err := os.Stat(filepath.Join(dir, program)); err == nil && !info.IsDir() {
			return true
		}
	}
	return false
}

// programs are the folders of PATH, each with what its programs were installed beside: the prefix of a bin folder, but
// not one in which something private is.
func (p person) programs(closed []string) []string {
	var out []string
	for _, dir := range filepath.SplitList(p.env["PATH"]) {
		if !filepath.IsAbs(dir) {
			continue
		}
		dir = filepath.Clean(dir)
		out = append(out, dir)
		switch prefix := filepath.Dir(dir); filepath.Base(dir) {
		case "bin", "sbin", "shims":
			if prefix != "/" && prefix != p.home && len(inside(prefix, closed)) == 0 {
				out = append(out, prefix)
			}
		}
	}
	return out
}

// opened is path, or, where something closed is in it, what is in it but for that. Links in it are left out then: where
// one leads is open by its own name, or closed.
func opened(path string, closed []string) []string {
	shut := inside(path, closed)
	if len(shut) == 0 {
		return []string{path}
	}
	found, err := os.ReadDir(path)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range found {
		if p := filepath.Join(path, e.Name()); e.Type()&fs.ModeSymlink == 0 && !slices.Contains(shut, p) {
			out = append(out, opened(p, shut)...)
		}
	}
	return out
}

// inside lists those of paths that are below dir.
func inside(dir string, paths []string) []string {
	var out []string
	for _, p := range paths {
		if p != dir && under(p, dir) {
			out = append(out, p)
		}
	}
	return out
}

func under(p, dir string) bool {
	return p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}
