package engine

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine/text"
)

// askFresh asks until an approval rests on the files as they are when it is used: where one of those that the
// question rests on has changed since, the question that renew makes is asked in its place. now hashes them.
func (a *attempt) askFresh(ctx context.Context, q Question, now func(context.Context) map[string]string, renew renewal) (Answer, Content, error) {
	for {
		answer, content, err := a.ask(ctx, q)
		if err != nil || answer.Decision != Approved {
			return answer, content, err
		}
		changed := differing(q.Content.Rests, now(ctx))
		if len(changed) == 0 {
			return answer, content, nil
		}
		if ctx.Err() != nil {
			return answer, content, context.Cause(ctx)
		}
		if q, err = renew(ctx, q, content); err != nil {
			return answer, content, err
		}
		q.Title, q.Cut = askedAgain(changed, q)
	}
}

// renewal makes the question that takes the place of one whose files have changed since it was approved.
type renewal func(ctx context.Context, q Question, approved Content) (Question, error)

// askedAgain is a question's line with the reason why it comes again, which is not repeated when it comes once more.
func askedAgain(changed []string, q Question) (line string, cut bool) {
	was := q.Title
	if again, rest, ok := strings.Cut(was, againMark); ok && strings.HasPrefix(again, "Again, since ") {
		was = rest
	}
	names, _ := text.VisibleLine(strings.Join(changed, ", "), titleRunes/3)
	return "Again, since " + names + againMark + was, q.Cut
}

const againMark = " changed: "

// sameAgain asks the same, about the files as now hashes them.
func sameAgain(now func(context.Context) map[string]string) renewal {
	return func(ctx context.Context, q Question, approved Content) (Question, error) {
		q.Content = approved
		q.Content.Rests = now(ctx)
		return q, nil
	}
}

// foreseenAgain is sameAgain for a call whose change is shown: it is another one for files that have changed.
func (a *attempt) foreseenAgain(now func(context.Context) map[string]string) renewal {
	same := sameAgain(now)
	return func(ctx context.Context, q Question, approved Content) (Question, error) {
		q, err := same(ctx, q, approved)
		if err != nil {
			return q, err
		}
		return q, a.foresee(ctx, &q.Content)
	}
}

// differing lists, sorted, the paths whose hash is not what it was.
func differing(was, now map[string]string) []string {
	var changed []string
	for _, p := range slices.Sorted(maps.Keys(was)) {
		if was[p] != now[p] {
			changed = append(changed, p)
		}
	}
	return changed
}

// draftHashes hashes files as the draft has them.
func (a *attempt) draftHashes(paths []string) func(context.Context) map[string]string {
	return func(ctx context.Context) map[string]string { return hashes(ctx, a.draft.Peek, paths) }
}

// workspaceHashes hashes files as they are beneath the draft: in an editor, else on the disk.
func (a *attempt) workspaceHashes(paths []string) func(context.Context) map[string]string {
	return func(ctx context.Context) map[string]string {
		files, release, err := a.Bench.Draft(ctx, a.job.Run)
		if err != nil {
			return nil // only where ctx has ended: then nothing is used
		}
		defer release()
		return hashes(ctx, files.Peek, paths)
	}
}

// hashes are the hashes of files by path; "" of one that does not exist. What cannot be read rests on nothing.
func hashes(ctx context.Context, read func(context.Context, string) (File, error), paths []string) map[string]string {
	out := make(map[string]string, len(paths))
	for _, p := range paths {
		f, err := read(ctx, p)
		switch {
		case err == nil:
			out[p] = ContentHash(f.Data)
		case errors.Is(err, fs.ErrNotExist):
			out[p] = ""
		}
	}
	return out
}
