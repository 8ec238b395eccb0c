package planning

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// The bounds of what a model is shown of a repository, in bytes, lines or files.
const (
	maxAgents = 8 << 10
	maxReadme = 4 << 10
	maxListed = 400 // files, or folders in their place
	maxTracks = 30
	maxCode   = 24 // files whose skeletons are shown
)

// seen is a repository as the tiers are shown it.
type seen struct {
	paths                         []string // all files, sorted
	agents, readme, files, tracks string
}

// look reads what every plan needs to know of the repository. What cannot be read is left out.
func (p *Planner) look(ctx context.Context) (seen, error) {
	entries, err := p.Files.List(ctx, ".", true)
	if err != nil {
		return seen{}, fmt.Errorf("listing the repository: %w", err)
	}
	var s seen
	for _, e := range entries {
		if !e.Dir {
			s.paths = append(s.paths, e.Path)
		}
	}
	s.agents = p.head(ctx, "AGENTS.md", maxAgents)
	for _, name := range s.paths {
		if base := strings.ToLower(name); s.readme == "" && !strings.Contains(base, "/") && strings.HasPrefix(base, "readme") {
			s.readme = p.head(ctx, name, maxReadme)
		}
	}
	s.files = listing(s.paths)
	s.tracks = p.tracks(ctx)
	return s, context.Cause(ctx)
}

// head is the beginning of a file, in whole lines; "" where it cannot be read.
func (p *Planner) head(ctx context.Context, name string, most int) string {
	f, err := p.Files.Read(ctx, name)
	if err != nil {
		return ""
	}
	whole := strings.TrimSpace(strings.ToValidUTF8(string(f.Data), "\ufffd"))
	if len(whole) <= most {
		return whole
	}
	short := strings.ToValidUTF8(whole[:most], "")
	if i := strings.LastIndexByte(short, '\n'); i > 0 {
		short = short[:i]
	}
	return fmt.Sprintf("%s\n(%d more bytes of %s are left out)", short, len(whole)-len(short), name)
}

// tracks are the titles of the tracks that are there.
func (p *Planner) tracks(ctx context.Context) string {
	entries, err := p.Files.List(ctx, TracksDir, false)
	if err != nil {
		return "" // there are none yet
	}
	var lines []string
	for _, e := range entries {
		if e.Dir || !trackfile.IsTrackFile(e.Path) || len(lines) == maxTracks {
			continue
		}
		if f, err := p.Files.Read(ctx, e.Path); err == nil {
			lines = append(lines, fmt.Sprintf("%s: %s", e.Path, oneLine(trackfile.Parse(e.Path, f.Data).Track.Title)))
		}
	}
	return strings.Join(lines, "\n")
}

// listing is a repository's files, one a line; where there are too many, its folders with what they hold, the deepest
// folded first.
func listing(paths []string) string {
	if len(paths) == 0 {
		return "(none yet)"
	}
	if len(paths) <= maxListed {
		return visible(paths)
	}
	for depth := 12; depth > 1; depth-- {
		if lines := folders(paths, depth); len(lines) <= maxListed {
			return fmt.Sprintf("(%d files; by folder)\n%s", len(paths), visible(lines))
		}
	}
	lines := folders(paths, 1)
	out := fmt.Sprintf("(%d files; by folder)\n%s", len(paths), visible(lines[:min(len(lines), maxListed)]))
	if more := len(lines) - maxListed; more > 0 {
		out += fmt.Sprintf("\n(%d more folders)", more)
	}
	return out
}

func visible(lines []string) string { return text.Visible(strings.Join(lines, "\n")) }

// folders are the folders down to a depth with how many files of which kind lie below.
func folders(paths []string, depth int) []string {
	kinds := map[string]map[string]int{}
	for _, p := range paths {
		dir := path.Dir(p)
		if parts := strings.Split(dir, "/"); len(parts) > depth {
			dir = strings.Join(parts[:depth], "/")
		}
		if kinds[dir] == nil {
			kinds[dir] = map[string]int{}
		}
		kinds[dir][cmp.Or(path.Ext(p), path.Base(p))]++
	}
	var out []string
	for _, dir := range slices.Sorted(maps.Keys(kinds)) {
		out = append(out, dir+"/ "+countsOf(kinds[dir]))
	}
	return out
}

// countsOf names the most frequent kinds of files.
func countsOf(kinds map[string]int) string {
	names := slices.SortedFunc(maps.Keys(kinds), func(a, b string) int {
		return cmp.Or(cmp.Compare(kinds[b], kinds[a]), strings.Compare(a, b))
	})
	const shown = 4
	var parts []string
	for _, name := range names[:min(len(names), shown)] {
		parts = append(parts, fmt.Sprintf("%d %s", kinds[name], name))
	}
	if len(names) > shown {
		parts = append(parts, "…")
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// sources reads outlines, each file once.
type sources struct {
	p    *Planner
	read map[string]*engine.Outline
}

func (p *Planner) sources() *sources { return &sources{p, map[string]*engine.Outline{}} }

func (s *sources) outline(ctx context.Context, path string) (engine.Outline, bool) {
	o, known := s.read[path]
	if !known {
		if f, err := s.p.Files.Read(ctx, path); err == nil {
			if got, err := s.p.Viewer.Outline(ctx, path, f.Data); err == nil {
				o = &got
			}
		}
		s.read[path] = o
	}
	if o == nil {
		return engine.Outline{}, false
	}
	return *o, true
}

// code is skeletons of what a track is likely to touch, the likeliest first, as far as the budget goes. What is no source
// code is not shown: nobody has asked for it.
func (p *Planner) code(ctx context.Context, t trackfile.Track, instruction string, s seen) string {
	var b strings.Builder
	left := p.budget() - p.Provider.Count(p.TechLead, s.files+s.agents)
	for _, name := range likely(t, instruction, s.paths) {
		view, err := p.Viewer.View(ctx, p.Files, engine.ViewRequest{Path: name, Kind: engine.Skeleton})
		if err != nil || view.Fallback {
			continue
		}
		part := fmt.Sprintf("File: %s\n%s\n", name, strings.TrimRight(view.Text, "\n"))
		if left -= p.Provider.Count(p.TechLead, part); left < 0 {
			break
		}
		b.WriteString(part + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

// likely are the files that a track names, then those whose names its words hold, the best first.
func likely(t trackfile.Track, instruction string, paths []string) []string {
	said := t.Title + "\n" + t.Goal + "\n" + instruction
	scores := map[string]int{}
	for _, f := range t.Context {
		scores[f] += 100
	}
	for _, ticket := range t.Tickets {
		said += "\n" + ticket.Description
		for _, f := range append(slices.Clone(ticket.ContextRequirements), ticket.TargetFile) {
			scores[f] += 50
		}
	}
	words := wordsOf(said)
	begun := beginnings(words)
	for _, p := range paths {
		if strings.Contains(said, p) {
			scores[p] += 80
		}
		for w := range wordsOf(p) {
			switch {
			case words[w]:
				scores[p] += 10
			case akin(w, words, begun):
				scores[p] += 4
			}
		}
	}
	delete(scores, "")
	names := slices.SortedFunc(maps.Keys(scores), func(a, b string) int {
		return cmp.Or(cmp.Compare(scores[b], scores[a]), cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	})
	return names[:min(len(names), maxCode)]
}

// wordsOf are the words of a text in lower case, without plurals and without those that name nothing.
func wordsOf(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r > 127) }) {
		if w = strings.TrimSuffix(w, "s"); len(w) > 2 && !dull[w] {
			out[w] = true
		}
	}
	return out
}

// minBegin is how many bytes two words must begin with to be taken for akin: "parse" and "parser".
const minBegin = 4

// beginnings are all beginnings of words.
func beginnings(words map[string]bool) map[string]bool {
	out := map[string]bool{}
	for w := range words {
		for n := minBegin; n < len(w); n++ {
			out[w[:n]] = true
		}
	}
	return out
}

// akin says whether a word begins another one, or another one begins it.
func akin(w string, words, begun map[string]bool) bool {
	if begun[w] {
		return true
	}
	for n := minBegin; n < len(w); n++ {
		if words[w[:n]] {
			return true
		}
	}
	return false
}

// dull are words that are in most goals and most paths.
var dull = map[string]bool{
	"the": true, "and": true, "for": true, "that": true, "with": true, "from": true, "this": true, "are": true, "not": true, "src": true,
	"test": true, "each": true, "every": true, "when": true, "file": true, "main": true, "internal": true, "pkg": true, "lib": true,
}
