package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/text/patch"
)

// The bounds of what tier 4 is shown beside a command's output, and of the patch that it proposes, in bytes, files and
// lines.
const (
	maxShownDiff = 6 << 10
	maxPlaces    = 4
	placeAround  = 8
	maxProposal  = 8 << 10
)

// failureText is what tier 4 is shown of a failed command: its output, what the worker has changed so far, and the lines
// of the draft that the output names.
func (a *attempt) failureText(ctx context.Context, r CommandResult) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Ticket %s\n\nThe command\n%s\nexited with status %d%s. Its output:\n%s",
		a.job.Run.Ticket.ID, fenced(r.Line), r.ExitCode, timedOut(r), fenced(r.Output))
	if set, err := a.draft.Changes(ctx); err == nil && !set.Empty() {
		fmt.Fprintf(&b, "\nWhat was changed before it ran:\n%s", fenced(text.CutMiddle(Diff(set), maxShownDiff)))
	}
	for _, p := range a.places(ctx, r.Output) {
		b.WriteString("\n" + p)
	}
	return b.String()
}

// place is a line that a compiler or a test names.
var place = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`([\w./-]*\w\.\w+)(?::|", line |\()(\d+)`) })

// places are the lines of the draft around those that an output names. Files that a worker would be asked about are not
// shown: nobody has asked.
func (a *attempt) places(ctx context.Context, output string) []string {
	var out []string
	seen := map[string]bool{}
	for _, m := range place().FindAllStringSubmatch(output, -1) {
		path := strings.TrimPrefix(m[1], "./")
		if seen[path] || !fs.ValidPath(path) || len(out) == maxPlaces {
			continue
		}
		seen[path] = true
		read := Action{Kind: KindStep, Tool: "read_file", Effect: EffectRead, Paths: []string{path}, Ticket: a.job.Run.Ticket}
		if a.Policy.Rule(ctx, read).Verdict != Allow {
			continue
		}
		line, err := strconv.Atoi(m[2])
		file, readErr := a.draft.Read(ctx, path)
		if err != nil || readErr != nil {
			continue
		}
		if around := linesAround(string(file.Data), line); around != "" {
			out = append(out, fmt.Sprintf("%s, around line %d:\n%s", path, line, fenced(around)))
		}
	}
	return out
}

// linesAround are a few lines on both sides of one; "" where there is no such line.
func linesAround(src string, line int) string {
	lines := strings.Split(strings.ReplaceAll(src, "\r\n", "\n"), "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	return strings.Join(lines[max(0, line-1-placeAround):min(len(lines), line+placeAround)], "\n")
}

// proposal is what tier 4 says, with its patch, where it has one, as the diff that it comes to on the draft as it is now.
// The patch is not laid into the draft: a worker answers for its draft, and its edits pass the policy one by one. One that
// does not apply is shown with the reason, and not as an order.
func (a *attempt) proposal(ctx context.Context, said string) string {
	said = strings.TrimSpace(said)
	format, parts, err := patch.Parse(said)
	if format == "" || err == nil && len(parts) == 0 {
		return said + "\n"
	}
	if err != nil {
		return said + "\n(The patch above cannot be read: " + err.Error() + ")\n"
	}
	set, err := a.worksOut(ctx, parts)
	if err != nil {
		return said + "\n(The patch above does not apply to the draft: " + err.Error() + ")\n"
	}
	return wordsBefore(said, parts[0]) + "\n\nIt proposes this change, which is not made; it applies to your draft as it is. Make it with edit_file, as far as you agree:\n" +
		fenced(text.CutMiddle(Diff(set), maxProposal))
}

// wordsBefore is what was said before a patch, without what only opens that.
func wordsBefore(said string, first patch.Part) string {
	lines := strings.Split(said, "\n")[:max(first.Line-1, 0)]
	for len(lines) > 0 {
		last := strings.TrimSpace(lines[len(lines)-1])
		opens := slices.ContainsFunc([]string{"```", "~~~", "--- ", "+++ ", "diff --git ", "index ", "*** Begin"}, func(begin string) bool {
			return strings.HasPrefix(last, begin)
		})
		if last != "" && !opens && strings.Trim(last, "*#`: ") != first.Path {
			break
		}
		lines = lines[:len(lines)-1]
	}
	return strings.Join(lines, "\n")
}

// worksOut is what a patch comes to on the draft. The error is the first part's that is refused.
func (a *attempt) worksOut(ctx context.Context, parts []patch.Part) (ChangeSet, error) {
	changes, outcomes, ok := patch.Apply(parts, func(path string) ([]byte, error) {
		if !fs.ValidPath(path) {
			return nil, ErrOutside
		}
		f, err := a.draft.Read(ctx, path)
		if errors.Is(err, fs.ErrNotExist) {
			err = fs.ErrNotExist
		}
		return f.Data, err
	})
	if i := slices.IndexFunc(outcomes, func(o patch.Outcome) bool { return o.Err != nil }); !ok && i >= 0 {
		return ChangeSet{}, fmt.Errorf("%s: %w", outcomes[i].Path, outcomes[i].Err)
	}
	var set ChangeSet
	for _, c := range changes {
		op, known := map[patch.Op]ChangeOp{patch.Edit: OpModify, patch.Create: OpCreate, patch.Delete: OpDelete, patch.Rename: OpRename}[c.Op]
		if !known || !fs.ValidPath(c.Path) {
			return ChangeSet{}, fmt.Errorf("%s: %w", c.Path, ErrOutside)
		}
		set.Files = append(set.Files, FileChange{Path: c.Path, From: c.From, Op: op, Base: c.Before, After: c.After})
	}
	if set.Empty() {
		return set, errors.New("it changes nothing")
	}
	return set, nil
}
