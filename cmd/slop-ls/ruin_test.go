//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/scripted"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
	"github.com/slop-ls/slop-ls/store"
)

// ruin is one case of the crash matrix: a ticket is brought into a state, somebody is killed, and another editor ends
// the work.
type ruin struct {
	*daemonPlace
	t       *testing.T
	daemon  *exec.Cmd
	first   *window
	second  *window
	let     chan struct{}            // lets go of what the state holds back
	racing  sync.WaitGroup           // of answers that are on their way while the victim dies
	given   map[string]bool          // what was answered: ticket and kind
	again   func(wire.Approval) bool // answers in the second editor; false: as usual; may be nil
	asks    map[string]int           // how often each is to be asked
	arrived chan struct{}            // closed when the first editor was sent an edit; nil where that does not matter
	said    string                   // what the models must have been told, in their turn saidIn
	saidIn  int
	ends    string                  // the status with which T1 ends
	files   map[string]string       // as they are in the end
	once    map[string]int          // what happens to T1 in the end
	decided map[string]engine.Actor // who decided, by ticket and kind; known in the end
}

// ruinState is a state of an approval or of a delivery, and how a ticket is brought there.
type ruinState struct {
	name    string
	point   string // the daemon stops there
	quiet   bool   // the first editor can show no prompt
	crowded bool   // another ticket wants the only slot
	edit    func(*ruin) lsptest.ApplyEdit
	reach   func(*ruin)
}

var ruinStates = []ruinState{
	{name: "spawn proposed", quiet: true, reach: func(r *ruin) { r.start(); r.first.awaitPending("T1", "spawn") }},
	{name: "spawn shown", reach: func(r *ruin) { r.start(); r.first.Await(lsptest.Prompts(1)) }},
	{name: "spawn in review", reach: func(r *ruin) { r.start(); r.review("spawn") }},
	{name: "spawn answered with another prompt", reach: func(r *ruin) {
		r.let = r.models.hold("T1", 0)
		r.start()
		r.approve("T1", "spawn", "Ticket T1\n\nsaid by the first editor")
		r.models.await("T1", 0)
		r.said = "said by the first editor"
	}},
	{name: "command proposed", quiet: true, reach: func(r *ruin) { r.spawned(); r.first.awaitPending("T1", "command") }},
	{name: "command shown", reach: func(r *ruin) {
		r.spawned()
		r.first.awaitPending("T1", "command")
		r.first.Await(lsptest.Prompts(2))
	}},
	{name: "command in review", reach: func(r *ruin) { r.spawned(); r.review("command") }},
	{name: "command answered and not consumed", crowded: true, reach: (*ruin).answeredWithoutASlot},
	{name: "command consumed", reach: func(r *ruin) {
		r.let = r.models.hold("T1", 1)
		r.spawned()
		r.approve("T1", "command", "")
		r.models.await("T1", 1)
	}},
	{name: "delivery journalled, nothing sent", point: pointBeforeDelivery, reach: func(r *ruin) { r.delivering(); r.stopped() }},
	{name: "edit sent, not answered", edit: silent, reach: (*ruin).delivering},
	{name: "edit answered, not seen", edit: lying, reach: (*ruin).delivering},
	{name: "edit partly there", edit: halfway, reach: (*ruin).delivering},
	{name: "edit there, not answered", edit: speechless, reach: (*ruin).delivering},
	{name: "delivery seen, not journalled", point: pointAfterDelivery, reach: func(r *ruin) { r.delivering(); r.stopped() }},
	{name: "delivery journalled", reach: func(r *ruin) {
		r.delivering()
		r.first.eventually("the ticket's end", func() bool { return r.first.statusOf("T1") == "completed" })
	}},
}

// TestRuin is the crash matrix: daemon, forwarder and editor are killed at each state of an approval and of a delivery.
// Nothing is asked twice, lost or applied twice, and another editor, which was there before or comes then, ends it.
func TestRuin(t *testing.T) {
	t.Parallel()
	builtProgram(t)
	n := 0
	for _, state := range append(ruinStates, ruinAnswers...) {
		for _, victim := range []string{"daemon", "forwarder", "editor"} {
			n++
			early := n%2 == 0
			t.Run(state.name+", "+victim, func(t *testing.T) {
				t.Parallel()
				newRuin(t, state, victim, early).play(state, victim)
			})
		}
	}
	if n < 40 {
		t.Errorf("%d combinations, want 40", n)
	}
}

const ruinTrack = "title: work\ntickets:\n  - id: T1\n    description: a line more\n    target_file: a.txt\n    writes: [b.txt, c.txt]\n"

func newRuin(t *testing.T, state ruinState, victim string, early bool) *ruin {
	p := newDaemonPlace(t, "")
	p.binary = builtProgram(t)
	p.models.say(ruinModel)
	r := &ruin{
		daemonPlace: p, t: t, let: make(chan struct{}), given: map[string]bool{}, asks: map[string]int{"T1 spawn": 1, "T1 command": 1},
		ends: "completed", files: ruinFiles, once: map[string]int{"T1 delivered": 1, "T1 completed": 1}, decided: map[string]engine.Actor{},
	}
	for name, text := range map[string]string{"repo/.slop/tracks/work.track.yaml": ruinTrack, "repo/a.txt": "one\ntwo\n", "repo/b.txt": "one\ntwo\n"} {
		p.file(name, text)
	}
	if state.crowded {
		p.file("repo/.slop/tracks/work.track.yaml", ruinTrack+"  - id: T2\n    description: to keep the slot\n")
		config, err := os.ReadFile(filepath.Join(p.dir, "config", "slop-ls", "config.toml"))
		if err != nil {
			t.Fatal(err)
		}
		p.file("config/slop-ls/config.toml", "[mma]\nmax_workers = 1\n"+string(config))
		r.asks["T2 spawn"] = 1
	}
	r.startDaemon(state.point)
	var edit lsptest.ApplyEdit
	if state.edit != nil {
		r.arrived = make(chan struct{})
		edit = state.edit(r)
	}
	server := p.command("--stdio")
	if victim == "editor" {
		server = editorOf(server)
	}
	r.first = p.windowOf(server, edit, lsptest.WithConfig(func(c *client.Config) {
		if state.quiet {
			c.Initialize = []byte(fmt.Sprintf(`{"processId":null,"rootUri":"file://%s","capabilities":{"workspace":{"applyEdit":true}}}`, p.repo))
		}
	}))
	if early {
		r.second = p.window(nil)
	}
	for _, name := range []string{"a.txt", "b.txt"} {
		if err := r.first.Open(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// startDaemon starts one that stops at a point.
func (r *ruin) startDaemon(point string) {
	r.t.Helper()
	r.daemon = r.command("daemon", "serve")
	if point != "" {
		r.daemon.Env = append(r.daemon.Env, "SLOP_LS_FAILPOINT="+point+":1:stop")
	}
	if err := r.daemon.Start(); err != nil {
		r.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = r.daemon.Wait()
	}()
	r.t.Cleanup(func() {
		_ = r.daemon.Process.Kill()
		<-ended
	})
	r.daemonIs(r.daemon.Process.Pid)
}

// ruinModel changes three files, two of which are open in the first editor, and runs a command.
func ruinModel(q scripted.Request) scripted.Reply {
	if q.Ticket != "T1" || q.Turn > 0 {
		return scripted.Reply{Text: "Done."}
	}
	reply := scripted.Reply{}
	for _, c := range []scripted.Reply{
		edit("", "a.txt", "two", "two\nT1"), edit("", "b.txt", "two", "two\nT1"),
		calls("", "write_file", map[string]any{"path": "c.txt", "content": "T1\n"}), calls("", "run_command", map[string]any{"command": "true"}),
	} {
		reply.Calls = append(reply.Calls, c.Calls...)
	}
	return reply
}

var ruinFiles = map[string]string{"a.txt": "one\ntwo\nT1\n", "b.txt": "one\ntwo\nT1\n", "c.txt": "T1\n"}

// atFirst does something else with the first edits of an editor: as many as do wants. do says whether it has had enough.
func (r *ruin) atFirst(do func(context.Context, *client.Client, protocol.ApplyWorkspaceEditParams) (enough bool)) lsptest.ApplyEdit {
	var mu sync.Mutex
	over := false
	return func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) (protocol.ApplyWorkspaceEditResult, error) {
		mu.Lock()
		defer mu.Unlock()
		if over {
			return saving(ctx, c, p)
		}
		over = do(ctx, c, p)
		return protocol.ApplyWorkspaceEditResult{Applied: true}, nil
	}
}

// held waits until the case lets go: the victim is dead then.
func (r *ruin) held(ctx context.Context) {
	close(r.arrived)
	select {
	case <-r.let:
	case <-ctx.Done():
	}
}

// silent does nothing and does not answer.
func silent(r *ruin) lsptest.ApplyEdit {
	return r.atFirst(func(ctx context.Context, _ *client.Client, _ protocol.ApplyWorkspaceEditParams) bool {
		r.held(ctx)
		return true
	})
}

// speechless does as it is told and does not answer.
func speechless(r *ruin) lsptest.ApplyEdit {
	return r.atFirst(func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) bool {
		_, _ = saving(ctx, c, p)
		r.held(ctx)
		return true
	})
}

// lying answers without having done it.
func lying(r *ruin) lsptest.ApplyEdit {
	return r.atFirst(func(context.Context, *client.Client, protocol.ApplyWorkspaceEditParams) bool {
		close(r.arrived)
		return true
	})
}

// halfway edits the first file and does not answer for the second, be they one edit or two.
func halfway(r *ruin) lsptest.ApplyEdit {
	files := 0
	return r.atFirst(func(ctx context.Context, c *client.Client, p protocol.ApplyWorkspaceEditParams) bool {
		if files += len(p.Edit.DocumentChanges); files > 1 && len(p.Edit.DocumentChanges) == 1 {
			r.held(ctx)
			return true
		}
		_, _ = lsptest.FirstOnly(ctx, c, p)
		_ = c.SaveAll(ctx)
		if files > 1 {
			r.held(ctx)
		}
		return files > 1
	})
}

// start runs the track from the first editor.
func (r *ruin) start() {
	r.t.Helper()
	track := wire.TrackArgs{URI: string(r.first.URI(".slop/tracks/work.track.yaml"))}
	if err := r.first.Command(r.t.Context(), wire.TrackRun, track, nil); err != nil {
		r.t.Fatal(err)
	}
}

// approve answers in the first editor.
func (r *ruin) approve(ticket, kind, prompt string) {
	r.t.Helper()
	r.first.answer(r.first.awaitPending(ticket, kind), prompt)
	r.given[ticket+" "+kind] = true
}

// spawned brings the ticket to its command.
func (r *ruin) spawned() {
	r.t.Helper()
	r.start()
	r.approve("T1", "spawn", "")
}

// delivering brings the ticket to its delivery.
func (r *ruin) delivering() {
	r.t.Helper()
	r.spawned()
	r.approve("T1", "command", "")
	if r.arrived == nil {
		return
	}
	select {
	case <-r.arrived:
	case <-time.After(lsptest.Patience):
		r.t.Fatal("no edit came")
	}
}

// stopped waits until the daemon stands at its point.
func (r *ruin) stopped() {
	r.t.Helper()
	awaitStopped(r.t, r.daemon.Process.Pid)
}

// awaitStopped waits until a process stands at its point.
func awaitStopped(t *testing.T, pid int) {
	t.Helper()
	stat := fmt.Sprintf("/proc/%d/stat", pid)
	eventually(t, "the process at its point", func() bool {
		data, err := os.ReadFile(stat)
		return err == nil && bytes.HasPrefix(data[bytes.LastIndexByte(data, ')')+1:], []byte(" T"))
	})
}

// review opens the Review… document in the first editor and writes something into it.
func (r *ruin) review(kind string) {
	r.t.Helper()
	a := r.first.awaitPending("T1", kind)
	path := openReview(r.t, r.first, a)
	content, _, _ := r.first.Text(path)
	if err := r.first.SetText(r.t.Context(), path, content+"\nscribbled by the first editor\n"); err != nil {
		r.t.Fatal(err)
	}
}

// answeredWithoutASlot answers the command of T1 while T2 has the only slot.
func (r *ruin) answeredWithoutASlot() {
	r.t.Helper()
	r.let = r.models.hold("T2", 0)
	r.spawned()
	r.first.awaitPending("T1", "command")
	r.approve("T2", "spawn", "")
	r.models.await("T2", 0)
	r.approve("T1", "command", "")
}

// play kills the victim in the state, lets another editor end the work, and looks at what came of it.
func (r *ruin) play(state ruinState, victim string) {
	state.reach(r)
	r.kill(state, victim)
	close(r.let)
	r.racing.Wait()
	if r.second == nil {
		r.second = r.window(nil)
	}
	r.second.eventually("the end of the track", func() bool {
		for _, a := range r.second.pending() {
			r.answerAgain(a)
		}
		return r.second.statusOf("T1") == r.ends && (r.asks["T2 spawn"] == 0 || r.second.statusOf("T2") == "completed")
	})
	if victim == "daemon" {
		r.checkBuffers()
	}
	r.first.leave() // an editor that stays would start another daemon
	r.second.leave()
	r.want(exitDone, "daemon", "stop")
	r.checkFiles()
	r.checkJournal()
	if r.said != "" && !strings.Contains(r.models.await("T1", r.saidIn), r.said) {
		r.t.Errorf("the models were not told %q", r.said)
	}
}

func (r *ruin) kill(state ruinState, victim string) {
	r.t.Helper()
	var err error
	switch victim {
	case "daemon":
		err = r.daemon.Process.Kill()
	case "forwarder", "editor": // what the editor's own process is, the test started in the forwarder's place
		err = r.first.forwarder.Process.Kill()
	}
	if err == nil && state.point != "" && victim != "daemon" {
		err = r.daemon.Process.Signal(syscall.SIGCONT)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// answerAgain answers in the second editor what was not answered in the first.
func (r *ruin) answerAgain(a wire.Approval) {
	r.t.Helper()
	what := a.Ticket + " " + a.Kind
	if r.given[what] {
		r.t.Fatalf("%s is asked again", what)
	}
	r.given[what] = true
	if r.again != nil && r.again(a) {
		return
	}
	prompt := ""
	if what == "T1 spawn" {
		r.said = "said by the second editor"
		prompt = "Ticket T1\n\n" + r.said
	}
	r.second.answer(a, prompt)
}

// checkBuffers wants no file of the surviving editor with a change that came twice.
func (r *ruin) checkBuffers() {
	for _, name := range []string{"a.txt", "b.txt"} {
		if text, _, ok := r.first.Text(name); ok && strings.Count(text, "T1") > 1 {
			r.t.Errorf("the first editor has %s as %q", name, text)
		}
	}
}

func (r *ruin) checkFiles() {
	for name := range ruinFiles {
		got, err := os.ReadFile(filepath.Join(r.repo, name))
		if want, there := r.files[name]; there != (err == nil) || string(got) != want {
			r.t.Errorf("%s is %q (%v), want %q", name, got, err, want)
		}
	}
}

// journal opens what the daemons have left, to read it. The caller closes it: no daemon starts before.
func (r *ruin) journal() *store.Store {
	r.t.Helper()
	found, err := filepath.Glob(filepath.Join(r.dir, "state", "slop-ls", "*", "state.db"))
	if err != nil || len(found) != 1 {
		r.t.Fatal(found, err)
	}
	s, err := store.Open(found[0], store.Options{ReadOnly: true})
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// checkJournal wants each thing asked once, and each ticket delivered and completed once.
func (r *ruin) checkJournal() {
	r.t.Helper()
	s := r.journal()
	defer s.Close()
	asked, ended, kinds := map[string]int{}, map[string]int{}, map[engine.ApprovalID]string{}
	for e, err := range s.Events(r.t.Context(), 0) {
		if err != nil {
			r.t.Fatal(err)
		}
		switch b := e.Body.(type) {
		case engine.ApprovalDecided:
			if who, before := r.decided[kinds[b.ID]]; before {
				r.t.Errorf("%s is decided by %s and by %s", kinds[b.ID], who, b.By)
			}
			r.decided[kinds[b.ID]] = b.By
		case engine.ApprovalRequested:
			kinds[b.Approval.ID] = b.Run.Ticket.ID + " " + string(b.Approval.Kind)
			asked[b.Run.Ticket.ID+" "+string(b.Approval.Kind)]++
		case engine.EditDelivered:
			ended[b.Run.Ticket.ID+" delivered"]++
		case engine.TicketCompleted:
			ended[b.Ticket.ID+" completed"]++
		}
	}
	if diff := cmp.Diff(r.asks, asked); diff != "" {
		r.t.Errorf("asked (-want +got):\n%s", diff)
	}
	if r.asks["T2 spawn"] > 0 {
		r.once["T2 completed"] = 1
	}
	if diff := cmp.Diff(r.once, ended); diff != "" {
		r.t.Errorf("happened (-want +got):\n%s", diff)
	}
}
