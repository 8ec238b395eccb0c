package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// packed is an attempt's context: what goes to the model, what it came to, and what it rests on.
type packed struct {
	text          string
	before, after int // tokens of the files, whole and as they are in text
	rests         map[string]string
}

// piece is one file on its way into a context.
type piece struct {
	path   string
	rank   int // the least useful is left out first
	text   string
	before int
	after  int
	hash   string
}

// The ranks of pieces: what a ticket is about outlives what is only near it.
const (
	rankTarget = iota
	rankFirst
	rankWhole
	rankRest
)

// howToFinish ends every context, where a worker reads it last.
const howToFinish = "How to finish:\nCall finish with status done, or with status blocked and the reason. Without tools, answer with the result; begin with BLOCKED if you cannot go on.\n"

// packer builds contexts for one attempt.
type packer struct {
	viewer Viewer
	files  Files
	count  func(string) int
	budget int // tokens; 0: no bound

	skeletons bool                                          // every view but the target's is a skeleton
	rule      func(ctx context.Context, path string) Ruling // of the policy, about showing a file; nil: all are shown

	memo map[string]piece // nil: no file is read twice for the same
}

// pack applies the rules: the track's own files whole; the ticket's first context file curated; its target file
// targeted at its symbols, whether it is listed or not; the others as skeletons. A file that cannot be read says so
// and stops nobody. What does not fit the budget is left out, the least useful first, and named.
func (p packer) pack(ctx context.Context, job Job) (packed, error) {
	pieces, err := p.pieces(ctx, job)
	if err != nil {
		return packed{}, err
	}
	out := packed{rests: map[string]string{}}
	var b strings.Builder
	for i, keep := range p.fit(pieces) {
		pc := pieces[i]
		out.before += pc.before
		if pc.hash != "" {
			out.rests[pc.path] = pc.hash
		}
		if !keep {
			fmt.Fprintf(&b, "File: %s\n(left out: its %d tokens do not fit; read it with read_file)\n\n", pc.path, pc.after)
			continue
		}
		out.after += pc.after
		b.WriteString(pc.text)
	}
	out.text = b.String() + p.agents(ctx, out.rests) + howToFinish
	return out, nil
}

// pieces are the files of a context before what does not fit is left out.
func (p packer) pieces(ctx context.Context, job Job) ([]piece, error) {
	var out []piece
	for _, w := range p.wanted(job) {
		if p.skeletons && w.rank != rankTarget {
			w.kind = Skeleton
		}
		key := w.path + "\x00" + string(w.kind) + "\x00" + strings.Join(w.symbols, "\x00")
		pc, known := p.memo[key]
		if !known {
			var err error
			if pc, err = p.piece(ctx, w); err != nil {
				return nil, err
			}
		}
		if pc.rank = w.rank; p.memo != nil {
			p.memo[key] = pc
		}
		out = append(out, pc)
	}
	return out, nil
}

// ruled is what the policy says to showing a file.
func (p packer) ruled(ctx context.Context, path string) Ruling {
	if p.rule == nil {
		return Ruling{Verdict: Allow}
	}
	return p.rule(ctx, path)
}

// want is a file that belongs into a context, and how.
type want struct {
	path    string
	kind    ViewKind // "" for the whole file
	symbols []string
	rank    int
}

func (p packer) wanted(job Job) []want {
	t := job.Ticket.Spec
	var wants []want
	for _, f := range job.Track.Context {
		wants = append(wants, want{path: f, rank: rankWhole})
	}
	if t.TargetFile != "" && !slices.ContainsFunc(t.ContextRequirements, func(f string) bool { return samePath(f, t.TargetFile) }) {
		wants = append(wants, targetWant(t.TargetFile, t.TargetSymbols, Curated))
	}
	for i, f := range t.ContextRequirements {
		switch {
		case samePath(f, t.TargetFile) && (len(t.TargetSymbols) > 0 || i > 0):
			wants = append(wants, targetWant(f, t.TargetSymbols, Skeleton))
		case i == 0:
			wants = append(wants, want{path: f, kind: Curated, rank: rankFirst})
		default:
			wants = append(wants, want{path: f, kind: Skeleton, rank: rankRest})
		}
	}
	return wants
}

func targetWant(file string, symbols []string, without ViewKind) want {
	if len(symbols) == 0 {
		return want{path: file, kind: without, rank: rankTarget}
	}
	return want{path: file, kind: Targeted, symbols: symbols, rank: rankTarget}
}

func samePath(a, b string) bool { return b != "" && path.Clean(a) == path.Clean(b) }

// piece reads and prunes one file.
func (p packer) piece(ctx context.Context, w want) (piece, error) {
	f, err := p.files.Read(ctx, w.path)
	if ctx.Err() != nil {
		return piece{}, context.Cause(ctx)
	}
	if err != nil {
		text := fmt.Sprintf("File: %s\n(cannot be read: %s)\n\n", w.path, readReason(err))
		return piece{path: w.path, rank: rankTarget, text: text}, nil
	}
	if r := p.ruled(ctx, w.path); r.Verdict == Deny {
		return piece{path: w.path, rank: rankTarget, text: fmt.Sprintf("File: %s\n(not shown: denied by %s)\n\n", w.path, r.Rule)}, nil
	}
	whole := string(f.Data)
	pc := piece{path: w.path, rank: w.rank, before: p.count(whole), hash: ContentHash(f.Data)}
	shown, how := whole, "whole"
	if w.kind != "" {
		shown, how = p.view(ctx, w, whole)
	}
	pc.after = p.count(shown)
	pc.text = fmt.Sprintf("File: %s (%s)\n%s\n", w.path, how, fenced(shown))
	return pc, nil
}

// view prunes a file. A symbol that is not there (yet) makes the whole file curated, and says so.
func (p packer) view(ctx context.Context, w want, whole string) (text, how string) {
	v, err := p.viewer.View(ctx, p.files, ViewRequest{Path: w.path, Kind: w.kind, Symbols: w.symbols})
	missing := (*SymbolError)(nil)
	if errors.As(err, &missing) {
		how = "curated; " + missing.Error()
		v, err = p.viewer.View(ctx, p.files, ViewRequest{Path: w.path, Kind: Curated})
	}
	switch {
	case err != nil:
		return whole, "whole; no view: " + err.Error()
	case how != "":
		return v.Text, how
	case w.kind == Targeted:
		return v.Text, "targeted: " + strings.Join(w.symbols, ", ")
	default:
		return v.Text, string(w.kind)
	}
}

// fit says which pieces stay within the budget: the most useful first, and of equal ones the earlier.
func (p packer) fit(pieces []piece) []bool {
	keep := make([]bool, len(pieces))
	order := make([]int, len(pieces))
	for i := range pieces {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return pieces[i].rank - pieces[j].rank })
	left := p.budget
	for _, i := range order {
		if p.budget == 0 || pieces[i].after <= left {
			keep[i] = true
			left -= pieces[i].after
		}
	}
	return keep
}

// agents adds the repository's AGENTS.md, if it has one.
func (p packer) agents(ctx context.Context, rests map[string]string) string {
	f, err := p.files.Read(ctx, "AGENTS.md")
	if err != nil || p.ruled(ctx, "AGENTS.md").Verdict == Deny {
		return ""
	}
	rests["AGENTS.md"] = ContentHash(f.Data)
	return "What AGENTS.md says:\n" + fenced(string(f.Data)) + "\n"
}

// fenced puts text between fences that are longer than any it holds.
func fenced(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return fence + "\n" + text + fence + "\n"
}

func readReason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	case errors.Is(err, ErrOutside):
		return "it is outside the workspace"
	default:
		return err.Error()
	}
}
