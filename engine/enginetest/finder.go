package enginetest

import (
	"context"
	"regexp"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
)

// Finder is the plainest engine.Finder that passes FinderConformance: it reads Go by its lines, each time.
type Finder struct{}

var _ engine.Finder = Finder{}

var declares = regexp.MustCompile(`^(?:func(?: \(\w+ \*?(\w+)\))? |type |var |const )(\w+)`)

// each calls f for every line of every file that counts.
func (Finder) each(ctx context.Context, draft engine.Draft, q engine.FindQuery, f func(engine.Mention)) error {
	list, err := draft.List(ctx, ".", true)
	if err != nil {
		return err
	}
	for _, e := range list {
		if !strings.HasSuffix(e.Path, ".go") || q.Match != nil && !q.Match(e.Path) {
			continue
		}
		file, err := draft.Peek(ctx, e.Path)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(file.Data), "\n") {
			m := engine.Mention{Path: e.Path, Line: i + 1, Text: line}
			if d := declares.FindStringSubmatch(line); d != nil {
				m.Declares, m.Kind, m.Symbol = true, map[bool]string{true: "function", false: "type"}[line[0] == 'f'], d[2]
				if d[1] != "" {
					m.Symbol, m.Kind = d[1]+"."+d[2], "method"
				}
			}
			f(m)
		}
	}
	return nil
}

// Symbols is engine.Finder's.
func (d Finder) Symbols(ctx context.Context, draft engine.Draft, q engine.FindQuery) (engine.Found, error) {
	var found engine.Found
	err := d.each(ctx, draft, q, func(m engine.Mention) {
		switch {
		case !m.Declares:
		case m.Symbol == q.Name || strings.HasSuffix(m.Symbol, "."+q.Name):
			found.Mentions = append(found.Mentions, m)
		case strings.EqualFold(m.Symbol[:1], q.Name[:1]):
			found.Nearest = append(found.Nearest, m.Symbol)
		}
	})
	return bounded(found, q), err
}

// References is engine.Finder's.
func (d Finder) References(ctx context.Context, draft engine.Draft, q engine.FindQuery) (engine.Found, error) {
	var found engine.Found
	_, member, isMember := strings.Cut(q.Name, ".")
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(q.Name) + `\b`)
	if isMember {
		word = regexp.MustCompile(`\.` + regexp.QuoteMeta(member) + `\b`)
	}
	err := d.each(ctx, draft, q, func(m engine.Mention) {
		code, _, _ := strings.Cut(m.Text, "//")
		if m.Declares && m.Symbol != q.Name && !strings.HasSuffix(m.Symbol, "."+q.Name) {
			m.Declares = false
		}
		if m.Declares || !m.Declares && word.MatchString(code) {
			found.Mentions = append(found.Mentions, m)
		}
	})
	return bounded(found, q), err
}

func bounded(found engine.Found, q engine.FindQuery) engine.Found {
	if len(found.Mentions) > 0 {
		found.Nearest = nil
	}
	if len(found.Mentions) > q.Max {
		found.Mentions, found.More = found.Mentions[:q.Max], true
	}
	return found
}
