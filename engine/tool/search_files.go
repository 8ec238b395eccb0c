package tool

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/slop-ls/slop-ls/engine"
)

//go:embed search_files.md
var searchFilesDoc string

type searchFilesArgs struct {
	Pattern string `json:"pattern" jsonschema:"the regular expression" min:"1"`
	Glob    string `json:"path_glob,omitempty" jsonschema:"which files to search; left out: all"`
	Max     int    `json:"max,omitempty" jsonschema:"how many lines to show at most; left out: 100" min:"1" max:"500"`
}

func searchFiles() engine.Tool {
	return newTool("search_files", searchFilesDoc, engine.EffectRead, callSearchFiles)
}

const (
	defaultMatches  = 100
	maxSearched     = 4 << 20 // bytes of a file; larger ones are generated, or data
	maxMatchedBytes = 300     // of a line that are shown
)

// search is one search under way.
type search struct {
	re                     *regexp.Regexp
	room                   int // lines still to be shown
	out                    strings.Builder
	matches, files         int
	large, secret, unknown int // files not searched, and why
	full                   bool
}

func callSearchFiles(ctx context.Context, draft engine.Draft, a searchFilesArgs) (engine.ToolResult, error) {
	if _, err := regexp.Compile(a.Pattern); err != nil {
		return engine.ToolResult{}, mistakef("the pattern is no regular expression: %v. Put a \\ before a character that is meant as such", err)
	}
	re, err := regexp.Compile("(?m:" + a.Pattern + ")")
	if err != nil {
		return engine.ToolResult{}, mistakef("the pattern is no regular expression: %v", err)
	}
	glob, err := wholeGlob(a.Glob)
	if err != nil {
		return engine.ToolResult{}, err
	}
	list, err := draft.List(ctx, ".", true)
	if err != nil {
		return engine.ToolResult{}, told(err)
	}
	s := &search{re: re, room: defaultMatches}
	if a.Max > 0 {
		s.room = a.Max
	}
	for _, e := range list {
		if ctx.Err() != nil {
			return engine.ToolResult{}, context.Cause(ctx)
		}
		if ok, _ := doublestar.Match(glob, e.Path); ok && !s.full {
			s.file(ctx, draft, e)
		}
	}
	return engine.ToolResult{Text: s.result(a), Summary: s.summary(a)}, nil
}

// wholeGlob is a glob over whole paths: a name alone means the name in any folder, a folder what is in it.
func wholeGlob(glob string) (string, error) {
	if !doublestar.ValidatePattern(glob) {
		return "", mistakef("path_glob %q is no glob: it is like %q or %q", shorten(glob), "*.go", "parser/**")
	}
	glob = strings.TrimPrefix(strings.TrimPrefix(glob, "./"), "/")
	switch {
	case glob == "" || glob == ".":
		return "**", nil
	case strings.HasSuffix(glob, "/"):
		return glob + "**", nil
	case !strings.Contains(glob, "/"):
		return "{**/" + glob + ",**/" + glob + "/**}", nil
	}
	return "{" + glob + "," + glob + "/**}", nil
}

// peeker reads without counting as having shown the file: a draft remembers what its worker has seen.
type peeker interface {
	Peek(ctx context.Context, path string) (engine.File, error)
}

func (s *search) file(ctx context.Context, draft engine.Draft, e engine.Entry) {
	switch {
	case e.Dir:
		return
	case looksSecret(e.Path):
		s.secret++
		return
	case e.Size > maxSearched:
		s.large++
		return
	}
	read := draft.Read
	if p, ok := draft.(peeker); ok {
		read = p.Peek
	}
	f, err := read(ctx, e.Path)
	switch {
	case err != nil:
		s.unknown++
	case !isBinary(f.Data):
		s.files++
		s.lines(e.Path, f.Data)
	}
}

// lines goes from one matching line to the next; a line counts once. A mark at the start and the CR of a line end are
// in the way of ^ and $.
func (s *search) lines(name string, data []byte) {
	data = bytes.ReplaceAll(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\r\n"), []byte("\n"))
	number := 1
	for len(data) > 0 {
		at := s.re.FindIndex(data)
		if at == nil || at[0] == len(data) {
			return
		}
		start := bytes.LastIndexByte(data[:at[0]], '\n') + 1
		end := len(data)
		if i := bytes.IndexByte(data[at[0]:], '\n'); i >= 0 {
			end = at[0] + i + 1
		}
		number += bytes.Count(data[:start], []byte("\n"))
		if !s.add(name, number, string(data[start:end]), at[0]-start) {
			return
		}
		number++
		data = data[end:]
	}
}

// add notes one matching line; false when there is no room for more.
func (s *search) add(name string, number int, line string, at int) bool {
	if s.room == 0 || s.out.Len() > maxResult-maxMatchedBytes {
		s.full = true
		return false
	}
	s.room--
	s.matches++
	fmt.Fprintf(&s.out, "%s:%d: %s\n", showName(name), number, clip(strings.TrimRight(line, "\n"), at))
	return true
}

// clip keeps the part of a long line around a match.
func clip(line string, at int) string {
	from, to := 0, len(line)
	if to > maxMatchedBytes {
		from = max(0, min(at-maxMatchedBytes/3, to-maxMatchedBytes))
		to = from + maxMatchedBytes
	}
	part := strings.ToValidUTF8(line[from:to], "\ufffd")
	if from > 0 {
		part = "…" + part
	}
	if to < len(line) {
		part += "…"
	}
	return part
}

func (s *search) result(a searchFilesArgs) string {
	var notes []string
	for _, n := range []struct {
		count int
		why   string
	}{{s.large, "too large"}, {s.secret, "look like they hold secrets"}, {s.unknown, "cannot be read"}} {
		if n.count > 0 {
			notes = append(notes, fmt.Sprintf("[%s not searched: %s]\n", plural(n.count, "file"), n.why))
		}
	}
	if s.full {
		notes = append(notes, fmt.Sprintf("[there are more matches after these %d: narrow the search with path_glob or a longer pattern]\n", s.matches))
	}
	if s.matches == 0 {
		in := ""
		if a.Glob != "" {
			in = " that path_glob selects"
		}
		return fmt.Sprintf("no line matches in the %s%s\n", plural(s.files, "text file"), in) + strings.Join(notes, "")
	}
	return s.out.String() + strings.Join(notes, "")
}

func (s *search) summary(a searchFilesArgs) string {
	more := ""
	if s.full {
		more = " and more"
	}
	return fmt.Sprintf("searched for %s (%s%s)", shorten(strings.ToValidUTF8(a.Pattern, "\ufffd")), plural(s.matches, "matching line"), more)
}

// secretNames are files that no search opens, since no rule about a path can ask about them there.
var secretNames = []string{
	".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.keystore", "*.jks", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*",
	".netrc", ".npmrc", ".pypirc", ".pgpass", ".htpasswd", ".git-credentials", "credentials", "credentials.json", "secrets.*",
}

func looksSecret(p string) bool {
	base := strings.ToLower(path.Base(p))
	if strings.HasSuffix(base, ".example") || strings.HasSuffix(base, ".sample") || strings.HasSuffix(base, ".go") {
		return false
	}
	for _, name := range secretNames {
		if ok, _ := path.Match(name, base); ok {
			return true
		}
	}
	return false
}
