package tool

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"regexp"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/slop-ls/slop-ls/engine"
)

//go:embed search_files.md
var searchFilesDoc string

type searchFilesArgs struct {
	Pattern    string `json:"pattern" jsonschema:"the regular expression, or with literal the text" min:"1"`
	Literal    bool   `json:"literal,omitempty" jsonschema:"the pattern is plain text: no character in it is special"`
	IgnoreCase bool   `json:"ignore_case,omitempty" jsonschema:"upper and lower case are the same"`
	Glob       string `json:"path_glob,omitempty" jsonschema:"which files to search; left out: all"`
	Context    int    `json:"context,omitempty" jsonschema:"how many lines to show before and after each match" min:"0" max:"20"`
	Max        int    `json:"max,omitempty" jsonschema:"how many matching lines to show at most; left out: 100" min:"1" max:"500"`
}

func searchFiles(secret func(string) bool) engine.Tool {
	return newTool("search_files", searchFilesDoc, engine.EffectRead,
		func(ctx context.Context, draft engine.Draft, a searchFilesArgs) (engine.ToolResult, error) {
			return callSearchFiles(ctx, secret, draft, a)
		})
}

const (
	defaultMatches  = 100
	maxSearched     = 4 << 20 // bytes of a file; larger ones are generated, or data
	maxMatchedBytes = 300     // of a line that are shown
)

// search is one search under way.
type search struct {
	re                     *regexp.Regexp
	isSecret               func(path string) bool
	context                int // lines around a match
	room                   int // matching lines still to be shown
	out                    strings.Builder
	matches, files         int
	large, secret, unknown int // files not searched, and why
	full                   bool
}

func callSearchFiles(ctx context.Context, secret func(string) bool, draft engine.Draft, a searchFilesArgs) (engine.ToolResult, error) {
	re, err := a.compile()
	if err != nil {
		return engine.ToolResult{}, err
	}
	s := &search{re: re, isSecret: secret, context: a.Context, room: defaultMatches}
	if a.Max > 0 {
		s.room = a.Max
	}
	if engine.OnShelf(a.Glob) {
		kept, err := draft.Shelf().Read(a.Glob)
		if err != nil {
			return engine.ToolResult{}, told(err)
		}
		s.files++
		s.lines(a.Glob, []byte(kept))
	} else if err := s.below(ctx, draft, a.Glob); err != nil {
		return engine.ToolResult{}, err
	}
	return engine.ToolResult{Text: s.result(a), Summary: s.summary(a)}, nil
}

// compile makes the expression. It is first read as it is written, so that an error speaks of what the model wrote.
func (a searchFilesArgs) compile() (*regexp.Regexp, error) {
	pattern := a.Pattern
	if a.Literal {
		pattern = regexp.QuoteMeta(pattern)
	}
	if _, err := regexp.Compile(pattern); err != nil {
		return nil, mistakef(`the pattern is no regular expression: %v. Put a \ before a character that is meant as such, or set "literal"`, err)
	}
	flags := "m"
	if a.IgnoreCase {
		flags = "mi"
	}
	re, err := regexp.Compile("(?" + flags + ":" + pattern + ")")
	if err != nil {
		return nil, mistakef("the pattern is no regular expression: %v", err)
	}
	return re, nil
}

// below searches the files that a glob selects, those that are not ignored.
func (s *search) below(ctx context.Context, draft engine.Draft, pathGlob string) error {
	glob, err := wholeGlob(pathGlob)
	if err != nil {
		return err
	}
	list, err := draft.List(ctx, ".", true)
	if err != nil {
		return told(err)
	}
	for _, e := range list {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if ok, _ := doublestar.Match(glob, e.Path); ok && !s.full {
			s.file(ctx, draft, e)
		}
	}
	return nil
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

func (s *search) file(ctx context.Context, draft engine.Draft, e engine.Entry) {
	switch {
	case e.Dir:
		return
	case s.isSecret(e.Path):
		s.secret++
		return
	case e.Size > maxSearched:
		s.large++
		return
	}
	f, err := draft.Peek(ctx, e.Path)
	switch {
	case err != nil:
		s.unknown++
	case !isBinary(f.Data):
		s.files++
		s.lines(e.Path, f.Data)
	}
}

// match is a matching line: its number from 0, and where in it the match begins.
type match struct{ line, at int }

// lines shows the matching lines of a file; a line counts once. A mark at the start and the CR of a line end are in the
// way of ^ and $.
func (s *search) lines(name string, data []byte) {
	data = bytes.ReplaceAll(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\r\n"), []byte("\n"))
	found := s.find(data)
	if len(found) == 0 {
		return
	}
	lines := splitLines(string(data))
	next := 0 // the first line that is not shown yet
	for i, m := range found {
		if s.room == 0 || s.out.Len() > maxResult-maxMatchedBytes {
			s.full = true
			return
		}
		from, to := max(next, m.line-s.context), min(len(lines), m.line+s.context+1)
		if i+1 < len(found) {
			to = min(to, found[i+1].line)
		}
		if s.context > 0 && s.out.Len() > 0 && (next == 0 || from > next) {
			s.out.WriteString("--\n")
		}
		s.show(name, lines, from, m, to)
		next = max(to, m.line+1)
	}
}

// find goes from one matching line to the next, one further than there is room to show.
func (s *search) find(data []byte) []match {
	var found []match
	line, offset := 0, 0
	for offset < len(data) && len(found) <= s.room {
		at := s.re.FindIndex(data[offset:])
		if at == nil || offset+at[0] == len(data) {
			break
		}
		begin := offset + at[0]
		start := bytes.LastIndexByte(data[:begin], '\n') + 1
		line += bytes.Count(data[offset:start], []byte("\n"))
		found = append(found, match{line, begin - start})
		end := bytes.IndexByte(data[begin:], '\n')
		if end < 0 {
			break
		}
		line++
		offset = begin + end + 1
	}
	return found
}

// show writes a match with its lines around, as grep marks them.
func (s *search) show(name string, lines []string, from int, m match, to int) {
	s.room--
	s.matches++
	for n := from; n < max(to, m.line+1); n++ {
		mark, at := "-", 0
		if n == m.line {
			mark, at = ":", m.at
		}
		fmt.Fprintf(&s.out, "%s%s%d%s %s\n", showName(name), mark, n+1, mark, clip(strings.TrimRight(lines[n], "\n"), at))
	}
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
	}{{s.large, "too large"}, {s.secret, "look like they hold secrets, or are closed by a rule"}, {s.unknown, "cannot be read"}} {
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
