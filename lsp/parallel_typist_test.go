package lsp_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
)

// typist is a person at an editor of a bout: types, deletes, saves, undoes, closes and opens files.
type typist struct {
	b     *bout
	name  string
	rng   *rand.Rand
	apply lsptest.ApplyEdit
	tidy  bool // formats on save

	mu    sync.Mutex // one thing at a time happens in the editor
	env   *lsptest.Env
	known map[string]string // by path, of open files: what its editor knows to be on the disk
	n     int
}

// marks are what is typed and delivered, wherever it stands.
var marks = regexp.MustCompile(`<e\d\.\d{4}\.[a-z]+>|\{T\d+@\d\}`)

// attach opens an editor with the buffers that there were before.
func (p *typist) attach(buffers map[string]string) {
	p.env = p.b.open(lsptest.WithConfig(func(cfg *client.Config) {
		cfg.Name = p.name
		cfg.Hooks.ApplyEdit = func(ctx context.Context, c *client.Client, e protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			if c != p.env.Client {
				return protocol.ApplyWorkspaceEditResult{}, errors.New("this daemon has gone")
			}
			for _, change := range e.Edit.DocumentChanges {
				if d, ok := change.(*protocol.TextDocumentEdit); ok && !p.isOpen(d.TextDocument.URI.FsPath()) {
					return protocol.ApplyWorkspaceEditResult{}, errors.New("it is not open any more, and the edit is for a version of it")
				}
			}
			before := p.buffers()
			defer func() {
				for path := range p.known {
					p.b.note(p.name, "was edited", path, p.text(path))
					if strings.HasPrefix(label(e), "taking back") {
						p.b.takenBack(before[path], p.text(path))
					}
				}
			}()
			return p.apply(ctx, c, e)
		}
	}))
	for path, content := range buffers {
		p.must(p.env.OpenText(p.ctx(), path, content))
	}
}

func label(e protocol.ApplyWorkspaceEditParams) string {
	if e.Label == nil {
		return ""
	}
	return *e.Label
}

func (p *typist) isOpen(path string) bool {
	_, _, open := p.env.Text(path)
	return open
}

func (p *typist) ctx() context.Context { return context.Background() } // it outlives what a test's context does

func (p *typist) must(err error) {
	if err != nil {
		p.b.t.Errorf("%s: %v", p.name, err)
	}
}

// buffers are the open files.
func (p *typist) buffers() map[string]string {
	out := map[string]string{}
	for path := range p.known {
		if content, _, ok := p.env.Text(path); ok {
			out[path] = content
		}
	}
	return out
}

// work types until stop is closed.
func (p *typist) work(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(p.b.pace * time.Duration(p.rng.IntN(3000)) * time.Microsecond):
		}
		p.something(stop)
	}
}

func (p *typist) something(stop <-chan struct{}) {
	switch n := p.rng.IntN(100); {
	case n < 15:
		p.openFile()
	case n < 22:
		p.alone(p.close)
	case n < 36:
		p.alone(p.save)
	case n < 44:
		p.alone(p.deleteOwn)
	case n < 47:
		p.alone(p.undoDelivered)
	default:
		p.typeMark(stop)
	}
}

// alone does something to a random open file while nothing else happens in the editor.
func (p *typist) alone(do func(path string)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if path := p.pick(); path != "" {
		do(path)
	}
}

func (p *typist) pick() string {
	paths := sortedKeys(p.known)
	if len(paths) == 0 {
		return ""
	}
	return paths[p.rng.IntN(len(paths))]
}

func (p *typist) openFile() {
	p.mu.Lock()
	defer p.mu.Unlock()
	path := p.b.files[p.rng.IntN(len(p.b.files))]
	if _, open := p.known[path]; open {
		return
	}
	p.b.disk.Lock()
	content := p.b.onDisk(path)
	p.b.disk.Unlock()
	p.known[path] = content
	p.b.note(p.name, "opened", path, content)
	p.must(p.env.OpenText(p.ctx(), path, content))
}

func (p *typist) text(path string) string {
	content, _, _ := p.env.Text(path)
	return content
}

// typeMark types a mark, a few characters at a time, while edits come between.
func (p *typist) typeMark(stop <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	path := p.pick()
	if path == "" {
		return
	}
	p.n++
	soFar := fmt.Sprintf("<%s.%04d.", p.name, p.n)
	content := p.text(path)
	at, lead := p.place(content)
	p.must(p.env.Edit(p.ctx(), path, text.Edit{Span: text.Span{Start: at, End: at}, New: lead + soFar}))
	for _, piece := range []string{"a", "b", "c>"}[p.rng.IntN(3):] {
		p.mu.Unlock()
		select {
		case <-stop:
		case <-time.After(time.Duration(p.rng.IntN(1500)) * time.Microsecond):
		}
		p.mu.Lock()
		content := p.text(path)
		i := strings.Index(content, soFar)
		if i < 0 || strings.Count(content, soFar) != 1 {
			p.b.t.Errorf("%s: %q is %d times in %s while it is typed:\n%s", p.name, soFar, strings.Count(content, soFar), path, content)
			return
		}
		i += len(soFar)
		p.must(p.env.Edit(p.ctx(), path, text.Edit{Span: text.Span{Start: i, End: i}, New: piece}))
		soFar += piece
	}
	p.b.typed(soFar, path)
	p.b.note(p.name, "typed "+soFar, path, p.text(path))
}

// place is where a person types, and a newline where they begin a line.
func (p *typist) place(content string) (at int, lead string) {
	lines := strings.SplitAfter(content, "\n")
	k := p.rng.IntN(len(lines))
	if !strings.HasPrefix(lines[k], "note") && p.rng.IntN(4) > 0 { // mostly beside what the tickets edit
		for !strings.HasPrefix(lines[k], "note") && k > 0 {
			k--
		}
	}
	for _, line := range lines[:k] {
		at += len(line)
	}
	line := strings.TrimRight(lines[k], "\r\n")
	switch p.rng.IntN(4) {
	case 0:
		return at, ""
	case 1:
		return at + outsideMarks(line, p.rng.IntN(len(line)+1)), ""
	case 2:
		return at + len(line), "\n"
	default:
		return at + len(line), ""
	}
}

// outsideMarks moves an offset out of a mark.
func outsideMarks(line string, at int) int {
	for _, m := range marks.FindAllStringIndex(line, -1) {
		if m[0] < at && at < m[1] {
			return m[0]
		}
	}
	return at
}

// deleteOwn takes away something that was typed earlier.
func (p *typist) deleteOwn(path string) {
	own := slices.DeleteFunc(marks.FindAllString(p.text(path), -1), func(m string) bool { return !strings.HasPrefix(m, "<"+p.name) })
	if len(own) > 0 {
		p.remove(path, own[p.rng.IntN(len(own))])
	}
}

// undoDelivered takes away what a completed ticket has delivered.
func (p *typist) undoDelivered(path string) {
	snap := p.b.snapshot()
	for _, m := range marks.FindAllString(p.text(path), -1) {
		id, _, _ := strings.Cut(strings.TrimPrefix(m, "{"), "@")
		if t, ok := snap.Ticket(engine.TicketKey{Track: mainTrack, ID: id}); ok && t.Status == engine.Completed {
			p.remove(path, m)
			return
		}
	}
}

func (p *typist) remove(path, mark string) {
	i := strings.Index(p.text(path), mark)
	p.b.removed(mark)
	p.b.note(p.name, "removes "+mark, path, p.text(path))
	p.must(p.env.Edit(p.ctx(), path, text.Edit{Span: text.Span{Start: i, End: i + len(mark)}}))
}

// save writes a file as editors do: where the disk has moved on, the person brings both together first.
func (p *typist) save(path string) {
	p.b.disk.Lock()
	defer p.b.disk.Unlock()
	disk, now := p.b.onDisk(path), p.text(path)
	if known := p.b.toldOf(p.known[path]); disk != known { // an editor sees by its time that a file was written
		now = p.b.bringTogether(known, now, disk)
	}
	if p.tidy {
		now = tidied(now)
	}
	if now != p.text(path) {
		p.must(p.env.SetText(p.ctx(), path, now))
	}
	p.must(p.env.Save(p.ctx(), path))
	p.known[path] = now
	p.b.note(p.name, "saved", path, now)
}

func (p *typist) close(path string) {
	p.save(path)
	delete(p.known, path)
	p.b.note(p.name, "closes", path, p.text(path))
	p.must(p.env.CloseBuffer(p.ctx(), path))
}

// tidied is what a formatter makes of a text.
func tidied(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
}

// toldOf is what a person knew to be on the disk, without what was taken back from there since: that came into their editor
// too, and said so. Where it is now, it came again.
func (b *bout) toldOf(known string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range marks.FindAllString(known, -1) {
		if b.back[m] {
			known = regexp.MustCompile(regexp.QuoteMeta(m)+"\r?\n?").ReplaceAllString(known, "")
		}
	}
	return known
}

// bringTogether is a person who compares a buffer with the disk, and wants all of both but what they have removed from
// one of them.
func (b *bout) bringTogether(base, buffer, disk string) string {
	now := b.union(base, buffer, disk)
	for _, m := range marks.FindAllString(now, -1) {
		if b.isGone(m) && !(strings.Contains(buffer, m) && strings.Contains(disk, m)) {
			now = strings.ReplaceAll(now, m, "")
		}
	}
	return now
}

func (b *bout) union(base, buffer, disk string) string {
	merged, conflicts := text.Merge3([]byte(base), []byte(buffer), []byte(disk))
	if len(conflicts) == 0 {
		return string(merged)
	}
	for _, m := range marks.FindAllString(disk, -1) {
		if !strings.Contains(base, m) && !strings.Contains(buffer, m) {
			buffer = strings.TrimRight(buffer, "\n") + "\n" + m + "\n"
		}
	}
	for _, m := range marks.FindAllString(base, -1) {
		if !strings.Contains(disk, m) {
			buffer = strings.ReplaceAll(buffer, m, "")
		}
	}
	return buffer
}

// onDisk is a file as the disk has it; "" where it is not.
func (b *bout) onDisk(path string) string {
	data, err := os.ReadFile(filepath.Join(b.root, filepath.FromSlash(path)))
	if err != nil && !os.IsNotExist(err) {
		b.t.Error(err)
	}
	return string(data)
}

// everything is every file of the workspace.
func (b *bout) everything() map[string]string {
	out := map[string]string{}
	err := fs.WalkDir(os.DirFS(b.root), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != "." {
			return fs.SkipDir
		}
		if err == nil && !d.IsDir() {
			out[path] = b.onDisk(path)
		}
		return err
	})
	if err != nil {
		b.t.Error(err)
	}
	return out
}
