package patch

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// unified reads a unified diff as git, diff and models write it: one part for
// each file.
func (in *input) unified() ([]Part, error) {
	var parts []Part
	for i := 0; i < len(in.rows); {
		switch row := in.row(i); {
		case strings.HasPrefix(row, "diff --git "), in.header(i):
			h, next, err := in.fileHeader(i)
			if err != nil {
				return nil, err
			}
			in.use(i, next)
			p, err := h.part(i)
			if err != nil {
				return nil, err
			}
			parts, i = append(parts, p), next
		case in.isHunk(i):
			if len(parts) == 0 {
				path, from := in.pathAbove(i, "")
				if path == "" {
					return nil, &SyntaxError{i + 1, "the diff does not say which file it is for: write --- a/path and +++ b/path before its first hunk"}
				}
				in.use(from, i)
				parts = append(parts, Part{Op: Edit, Path: path, Line: i + 1})
			}
			next, err := in.hunk(i, &parts[len(parts)-1])
			if err != nil {
				return nil, err
			}
			in.use(i, next)
			i = next
		default:
			i++
		}
	}
	for i := range parts {
		if err := finish(&parts[i]); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// finish holds a part's hunks against its operation.
func finish(p *Part) error {
	switch {
	case p.Op == Create && len(p.Hunks) > 1:
		return &SyntaxError{p.Hunks[1].Line, "a new file has one hunk: write its lines in the first one"}
	case p.Op == Create && len(p.Hunks) == 1 && p.Hunks[0].Search != "":
		return &SyntaxError{p.Hunks[0].Line, "a new file has no lines to keep or remove: begin each of them with +"}
	case p.Op == Delete && len(p.Hunks) == 0:
		p.Hunks = []Hunk{{Line: p.Line}} // the file should be empty
	case p.Op == Edit && len(p.Hunks) == 0 && p.Mode == 0:
		return &SyntaxError{p.Line, "nothing is said to change in " + p.Path + ": write a hunk that begins with @@"}
	}
	return nil
}

// fileHeader is what the lines before a file's hunks say.
type fileHeader struct {
	old, new           string // by ---, +++
	gitOld, gitNew     string // by diff --git
	from, to           string // by rename or copy
	created, deleted   bool
	copied             bool
	mode               uint32
	wrong              string // what cannot be done
	hasSides, movement bool
}

// extended are the lines that git puts between diff --git and ---.
var extended = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(index |old mode|new mode|deleted file mode|new file mode|rename |copy |similarity index|dissimilarity index|Binary files|GIT binary patch)`)
})

// fileHeader reads the lines from i on; next is the line after them.
func (in *input) fileHeader(i int) (h fileHeader, next int, err error) {
	if rest, ok := strings.CutPrefix(in.row(i), "diff --git "); ok {
		h.gitOld, h.gitNew = gitPaths(rest)
		for i++; i < len(in.rows) && extended().MatchString(in.row(i)); i++ {
			h.extended(in.row(i))
		}
	}
	if in.header(i) {
		h.old, h.new = diffPath(in.row(i)[4:]), diffPath(in.row(i + 1)[4:])
		h.hasSides = true
		i += 2
	}
	if h.wrong != "" {
		return h, i, &SyntaxError{i, h.wrong}
	}
	return h, i, nil
}

// gitPaths are the two paths of a diff --git line. Where they have spaces they
// are told apart by being the same.
func gitPaths(s string) (string, string) {
	if strings.HasPrefix(s, `"`) {
		if q, err := strconv.QuotedPrefix(s); err == nil {
			return diffPath(q), diffPath(s[len(q):])
		}
	}
	for i := range s {
		if s[i] != ' ' {
			continue
		}
		a, b := s[:i], diffPath(s[i+1:])
		if restA, restB := withoutSides(a, b); restA == restB {
			return a, b
		}
	}
	a, b, _ := strings.Cut(s, " ")
	return a, diffPath(b)
}

func (h *fileHeader) extended(row string) {
	word := func(prefix string) (string, bool) { return strings.CutPrefix(row, prefix) }
	if p, ok := word("rename from "); ok {
		h.from, h.movement = diffPath(p), true
	}
	if p, ok := word("rename to "); ok {
		h.to, h.movement = diffPath(p), true
	}
	if p, ok := word("copy from "); ok {
		h.from, h.movement, h.copied = diffPath(p), true, true
	}
	if p, ok := word("copy to "); ok {
		h.to, h.movement, h.copied = diffPath(p), true, true
	}
	if m, ok := word("new file mode "); ok {
		h.created = true
		h.setMode(m)
	}
	if m, ok := word("new mode "); ok {
		h.setMode(m)
	}
	if strings.HasPrefix(row, "deleted file mode") {
		h.deleted = true
	}
	if strings.HasPrefix(row, "Binary files") || strings.HasPrefix(row, "GIT binary patch") {
		h.wrong = "the diff is of a binary file: copy the file itself"
	}
}

// setMode takes a mode as git writes it.
func (h *fileHeader) setMode(s string) {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 8, 32)
	switch {
	case err != nil || n>>12 == 0o10 && n&0o777 != 0o644 && n&0o777 != 0o755:
		h.wrong = "the mode " + strings.TrimSpace(s) + " is none that git has: write 100644 or 100755"
	case n>>12 != 0o10:
		h.wrong = "the diff makes a link or a submodule: only regular files are changed"
	case n&0o111 != 0 || !h.created:
		h.mode = uint32(n & 0o777)
	}
}

// part is what a header at line i says, without hunks.
func (h fileHeader) part(i int) (Part, error) {
	p := Part{Op: Edit, Line: i + 1, Mode: h.mode}
	from, to := h.gitOld, h.gitNew
	if h.hasSides {
		from, to = h.old, h.new
	}
	from, to = withoutSides(from, to)
	switch {
	case h.movement:
		p.Op, p.From, p.Path = Rename, clean(h.from), clean(h.to)
		if h.copied {
			p.Op = Copy
		}
	case h.created, h.hasSides && from == devNull:
		p.Op, p.Path = Create, to
	case h.deleted, h.hasSides && to == devNull:
		p.Op, p.Path = Delete, from
		if from == devNull {
			_, p.Path = withoutSides(h.gitOld, h.gitNew)
		}
	case from == to:
		p.Path = to
	case strings.TrimSuffix(from, ".orig") == to:
		p.Path = to
	default:
		p.Op, p.From, p.Path = Rename, from, to
	}
	if p.Path == "" || p.Path == devNull || p.Op == Rename && p.From == "" {
		return p, &SyntaxError{i + 1, "the diff does not say which file it is for: write --- a/path and +++ b/path"}
	}
	return p, nil
}
