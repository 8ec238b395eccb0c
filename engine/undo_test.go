package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

// delivering is asker whose tickets each make a file that is named after them.
func delivering(j disk) engine.Worker {
	return workFunc(func(ctx context.Context, d *engine.Desk, job engine.Job) engine.Outcome {
		outcome := asker(ctx, d, job)
		if outcome.Kind != engine.OutcomeDone {
			return outcome
		}
		id := job.Run.Ticket.ID
		set := engine.ChangeSet{Label: id, Files: []engine.FileChange{{Path: id + ".txt", Op: engine.OpCreate, After: []byte(id + "\n")}}}
		return hand(ctx, j, d, job, set)
	})
}

// hand delivers a change set as a worker does.
func hand(ctx context.Context, j disk, d *engine.Desk, job engine.Job, set engine.ChangeSet) engine.Outcome {
	data := set.Encode()
	blob := "changes/" + engine.ContentHash(data)
	failed := func(err error) engine.Outcome {
		return engine.Outcome{Kind: engine.OutcomeFailed, By: engine.ByWorker, Reason: err.Error()}
	}
	if err := j.PutBlob(ctx, blob, data); err != nil {
		return failed(err)
	}
	if err := d.Commit(ctx, engine.DeliveryStarted{Run: job.Run, Delivery: engine.Delivery{Blob: blob}}); err != nil {
		return failed(err)
	}
	got, err := j.files.Deliver(ctx, job.Run, set)
	if err != nil {
		return failed(err)
	}
	return engine.Outcome{Kind: engine.OutcomeDone, Delivered: &got}
}

func lastDelivery(h *house, id string) uint64 {
	tk, _ := h.Snapshot().Ticket(key(id))
	return tk.Deliveries[len(tk.Deliveries)-1].After
}

// undo takes a ticket back as a person does, and waits for it.
func (h *house) undo(id string) error {
	h.t.Helper()
	cmd, _, err := engine.PrepareUndo(h.ctx, h.disk, h.disk.files, h.Snapshot(), engine.UndoTicket{Ticket: key(id), By: engine.ByPerson})
	if err == nil {
		err = h.Do(h.ctx, cmd)
	}
	if err == nil {
		err = engine.AwaitUndo(h.ctx, h.Snapshot(), h.Wait, key(id))
	}
	return err
}

// scripts is a worker that delivers, for each ticket in turn, what the script says.
func scripts(j disk, script map[string][]engine.ChangeSet) engine.Worker {
	return workFunc(func(ctx context.Context, d *engine.Desk, job engine.Job) engine.Outcome {
		sets := script[job.Run.Ticket.ID]
		return hand(ctx, j, d, job, sets[min(job.Run.Attempt, len(sets))-1])
	})
}

// run runs one ticket to its end.
func (h *house) run(id string) {
	h.t.Helper()
	h.do(engine.RunTicket{Ticket: key(id), By: engine.ByPerson})
	h.until(id+" is completed", ticketIs(id, engine.Completed))
}

func edit(path, base, after string) engine.FileChange {
	return engine.FileChange{Path: path, Op: engine.OpModify, Base: []byte(base), After: []byte(after)}
}

func sets(files ...engine.FileChange) []engine.ChangeSet { return []engine.ChangeSet{{Files: files}} }

const five = "1\n2\n3\n4\n5\n6\n7\n8\n9\n"

// TestUndo takes back what T1 did, after others have changed things, too.
func TestUndo(t *testing.T) {
	t.Parallel()
	one := strings.Replace(five, "2\n", "two\n", 1)
	both := strings.Replace(one, "8\n", "eight\n", 1)
	for name, tc := range map[string]struct {
		start  map[string]string
		script map[string][]engine.ChangeSet
		order  []string
		person func(f *enginetest.Files)
		want   map[string]string
		fails  string
	}{
		"a change": {
			start: map[string]string{"a": five}, script: map[string][]engine.ChangeSet{"T1": sets(edit("a", five, one))}, order: []string{"T1"},
			want: map[string]string{"a": five},
		},
		"a change, edited elsewhere since": {
			start: map[string]string{"a": five}, script: map[string][]engine.ChangeSet{"T1": sets(edit("a", five, one))}, order: []string{"T1"},
			person: func(f *enginetest.Files) { f.Put("a", strings.Replace(one, "9\n", "nine\n", 1)) },
			want:   map[string]string{"a": strings.Replace(five, "9\n", "nine\n", 1)},
		},
		"a change, another ticket elsewhere since": {
			start:  map[string]string{"a": five},
			script: map[string][]engine.ChangeSet{"T1": sets(edit("a", five, one)), "T2": sets(edit("a", one, both))}, order: []string{"T1", "T2"},
			want: map[string]string{"a": strings.Replace(five, "8\n", "eight\n", 1)},
		},
		"two deliveries with another ticket's between": {
			start: map[string]string{"a": five},
			script: map[string][]engine.ChangeSet{
				"T1": append(sets(edit("a", five, one)), sets(edit("a", both, strings.Replace(both, "5\n", "five\n", 1)))...),
				"T2": sets(edit("a", one, both)),
			},
			order: []string{"T1", "T2", "T1"}, want: map[string]string{"a": strings.Replace(five, "8\n", "eight\n", 1)},
		},
		"the same lines changed by a person": {
			start: map[string]string{"a": five}, script: map[string][]engine.ChangeSet{"T1": sets(edit("a", five, one))}, order: []string{"T1"},
			person: func(f *enginetest.Files) { f.Put("a", strings.Replace(five, "2\n", "deux\n", 1)) },
			fails:  "a:2 was changed since by a person or another program",
		},
		"the same lines changed by a ticket": {
			start: map[string]string{"a": five, "b": five},
			script: map[string][]engine.ChangeSet{
				"T1": sets(edit("a", five, one), edit("b", five, one)),
				"T2": sets(edit("a", one, strings.Replace(one, "two\n", "deux\nzwei\n", 1))),
			},
			order: []string{"T1", "T2"}, fails: "a:2-3 was changed since by T2; undo T2 first",
		},
		"taken back by hand": {
			start: map[string]string{"a": five}, script: map[string][]engine.ChangeSet{"T1": sets(edit("a", five, one))}, order: []string{"T1"},
			person: func(f *enginetest.Files) { f.Put("a", five) }, want: map[string]string{"a": five},
		},
		"a file that it made": {
			script: map[string][]engine.ChangeSet{"T1": sets(engine.FileChange{Path: "n", Op: engine.OpCreate, After: []byte("n\n")})}, order: []string{"T1"},
			want: map[string]string{},
		},
		"a file that it made and a person edited": {
			start: map[string]string{"a": five},
			script: map[string][]engine.ChangeSet{"T1": sets(
				edit("a", five, one), engine.FileChange{Path: "n", Op: engine.OpCreate, After: []byte("n\n")},
			)},
			order:  []string{"T1"},
			person: func(f *enginetest.Files) { f.Put("n", "n\nmine\n") },
			fails:  "n was made by it, and edited since by a person",
		},
		"a file that it deleted": {
			start:  map[string]string{"d": "d\n"},
			script: map[string][]engine.ChangeSet{"T1": sets(engine.FileChange{Path: "d", Op: engine.OpDelete, Base: []byte("d\n"), Was: 0o755})}, order: []string{"T1"},
			want: map[string]string{"d": "d\n"},
		},
		"a file that it deleted and somebody made anew": {
			start:  map[string]string{"d": "d\n"},
			script: map[string][]engine.ChangeSet{"T1": sets(engine.FileChange{Path: "d", Op: engine.OpDelete, Base: []byte("d\n")})}, order: []string{"T1"},
			person: func(f *enginetest.Files) { f.Put("d", "other\n") },
			fails:  "d was deleted by it, and is there again, made by a person",
		},
		"a rename with a change, edited since": {
			start:  map[string]string{"old": five},
			script: map[string][]engine.ChangeSet{"T1": sets(engine.FileChange{Path: "new", From: "old", Op: engine.OpRename, Base: []byte(five), After: []byte(one)})},
			order:  []string{"T1"},
			person: func(f *enginetest.Files) { f.Put("new", both) },
			want:   map[string]string{"old": strings.Replace(five, "8\n", "eight\n", 1)},
		},
		"a rename whose old name is taken": {
			start:  map[string]string{"old": five},
			script: map[string][]engine.ChangeSet{"T1": sets(engine.FileChange{Path: "new", From: "old", Op: engine.OpRename, Base: []byte(five), After: []byte(five)})},
			order:  []string{"T1"},
			person: func(f *enginetest.Files) { f.Put("old", "x\n") },
			fails:  "old was renamed by it, and is there again, made by a person",
		},
		"what another ticket renamed": {
			start: map[string]string{"a": five},
			script: map[string][]engine.ChangeSet{
				"T1": sets(edit("a", five, one)), "T2": sets(engine.FileChange{Path: "b", From: "a", Op: engine.OpRename, Base: []byte(one), After: []byte(one)}),
			},
			order: []string{"T1", "T2"}, fails: "a is gone: deleted or renamed since by T2; undo T2 first",
		},
		"what a person deleted": {
			start: map[string]string{"a": five}, script: map[string][]engine.ChangeSet{"T1": sets(edit("a", five, one))}, order: []string{"T1"},
			person: func(f *enginetest.Files) { f.Remove("a") }, fails: "a is gone",
		},
		"what a formatter reshaped, and what it reshaped elsewhere": {
			start:  map[string]string{"a": "head\nf( a )\ntail\nfar\n"},
			script: map[string][]engine.ChangeSet{"T1": sets(edit("a", "head\nf( a )\ntail\nfar\n", "head\ng(a,b)\nif x {\nh(\"a  b\")\n}\ntail\nfar\n"))},
			order:  []string{"T1"},
			person: func(f *enginetest.Files) { f.Put("a", "head\ng(a, b)\nif x {\n\th(\"a  b\")\n}\ntail\n  far\n") },
			want:   map[string]string{"a": "head\nf( a )\ntail\n  far\n"},
		},
		"what a formatter joined to one line": {
			start: map[string]string{"a": five}, script: map[string][]engine.ChangeSet{"T1": sets(edit("a", five, strings.Replace(five, "2\n", "two(\n1,\n2)\n", 1)))}, order: []string{"T1"},
			person: func(f *enginetest.Files) { f.Put("a", strings.Replace(five, "2\n", "two(1, 2)\n", 1)) }, want: map[string]string{"a": five},
		},
		"white space within quotes is a change": {
			start: map[string]string{"a": five}, script: map[string][]engine.ChangeSet{"T1": sets(edit("a", five, strings.Replace(five, "2\n", "say(\"a b\")\n", 1)))}, order: []string{"T1"},
			person: func(f *enginetest.Files) { f.Put("a", strings.Replace(five, "2\n", "say(\"a  b\")\n", 1)) },
			fails:  "a:2 was changed since",
		},
		"reshaped, and a word of it changed": {
			start: map[string]string{"a": five}, script: map[string][]engine.ChangeSet{"T1": sets(edit("a", five, strings.Replace(five, "2\n", "f(a,b)\n", 1)))}, order: []string{"T1"},
			person: func(f *enginetest.Files) { f.Put("a", strings.Replace(five, "2\n", "f(a, c)\n", 1)) },
			fails:  "a:2 was changed since",
		},
		"a file that it made and a formatter reshaped": {
			script: map[string][]engine.ChangeSet{"T1": sets(engine.FileChange{Path: "n", Op: engine.OpCreate, After: []byte("f(a,b)\n")})}, order: []string{"T1"},
			person: func(f *enginetest.Files) { f.Put("n", "f(a, b)\n") }, want: map[string]string{},
		},
		"a byte order mark": {
			start: map[string]string{"a": "\ufeff" + five}, script: map[string][]engine.ChangeSet{"T1": sets(edit("a", five, one))}, order: []string{"T1"},
			person: func(f *enginetest.Files) { f.Put("a", "\ufeff"+one) }, want: map[string]string{"a": "\ufeff" + five},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := newDisk()
			for path, content := range tc.start {
				j.files.Put(path, content)
			}
			h := open(t, j, settings(1), scripts(j, tc.script))
			h.do(plan("a", ticket("T1"), ticket("T2")))
			for i, id := range tc.order {
				if i > 1 {
					h.do(engine.RetryTicket{Ticket: key(id), By: engine.ByPerson})
					h.until("again", func(s *engine.Snapshot) bool { tk, _ := s.Ticket(key(id)); return len(tk.Deliveries) == 2 })
					continue
				}
				h.run(id)
			}
			if tc.person != nil {
				tc.person(j.files)
			}
			before := j.files.Contents()
			err := h.undo("T1")
			if tc.fails != "" {
				var conflict *engine.UndoConflictError
				if !errors.As(err, &conflict) || !strings.Contains(err.Error(), tc.fails) {
					t.Errorf("got %v, want %q", err, tc.fails)
				}
				if diff := cmp.Diff(before, j.files.Contents()); diff != "" || !ticketIs("T1", engine.Completed)(h.Snapshot()) {
					t.Errorf("a refused undo changed something:\n%s", diff)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, j.files.Contents()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if tk, _ := h.Snapshot().Ticket(key("T1")); tk.Status != engine.Todo || tk.Undo != nil || !tk.Undone || len(tk.Delivered) > 0 {
				t.Errorf("the ticket: %+v", tk)
			}
			if err := h.undo("T1"); !errors.Is(err, engine.ErrNothingToUndo) {
				t.Errorf("undone again: %v", err)
			}
			h.stop()
			sameAsReplay(t, h)
		})
	}
}

// What was undone runs again by a person's word alone, and can then be undone anew: only what it did since.
func TestUndoneWaitsForAPerson(t *testing.T) {
	t.Parallel()
	j := newDisk()
	j.files.Put("a", five)
	one, other := strings.Replace(five, "2\n", "two\n", 1), strings.Replace(five, "2\n", "deux\n", 1)
	script := scripts(j, map[string][]engine.ChangeSet{"T1": append(sets(edit("a", five, one)), sets(edit("a", five, other))...)})
	let := make(chan struct{})
	h := open(t, j, settings(2), workFunc(func(ctx context.Context, d *engine.Desk, job engine.Job) engine.Outcome {
		if job.Run.Ticket.ID == "T2" {
			<-let
			return done(ctx, d, job)
		}
		return script.Work(ctx, d, job)
	}))
	h.do(plan("a", ticket("T1"), ticket("T2", "T1")))
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	h.until("T2 runs", ticketIs("T2", engine.InProgress))
	if err := h.undo("T1"); err != nil {
		t.Fatal(err)
	}
	close(let)
	snap := h.until("the track stands", trackIs("a", engine.TrackBlocked))
	if tr, _ := snap.Track("a"); !ticketIs("T1", engine.Todo)(snap) || !strings.Contains(tr.Reason, "T1 its edits were taken back") {
		t.Errorf("T1 ran again by itself, or nobody says why nothing does: %q", tr.Reason)
	}
	note := ""
	for _, e := range j.All() {
		if b, ok := e.Body.(engine.EditUndone); ok {
			note = b.Note
		}
	}
	if note != "T2 depends on it and is running: it rests on what was taken back" {
		t.Errorf("the note is %q", note)
	}
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	h.until("T1 is completed again", ticketIs("T1", engine.Completed))
	if got := j.files.Contents()["a"]; got != other {
		t.Errorf("a holds %q", got)
	}
	if err := h.undo("T1"); err != nil {
		t.Fatal(err)
	}
	if got := j.files.Contents()["a"]; got != five {
		t.Errorf("a holds %q", got)
	}
}

// An undo that a crash interrupts is finished by the next start, whatever the files were by then; while it is on its way
// the ticket is not run.
func TestUndoIsFinishedAfterACrash(t *testing.T) {
	t.Parallel()
	for name, arrived := range map[string]bool{"nothing was sent": false, "it had arrived": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := newDisk()
			one := strings.Replace(five, "2\n", "two\n", 1)
			j.files.Put("a", five)
			worker := scripts(j, map[string][]engine.ChangeSet{"T1": sets(edit("a", five, one))})
			h := open(t, j, settings(1), worker)
			h.do(plan("a", ticket("T1")))
			h.run("T1")
			cmd, set, err := engine.PrepareUndo(t.Context(), j, j.files, h.Snapshot(), engine.UndoTicket{Ticket: key("T1"), By: engine.ByPerson})
			if err != nil {
				t.Fatal(err)
			}
			h.stop()
			seq := h.Snapshot().Seq()
			started := engine.UndoStarted{Ticket: key("T1"), Run: engine.Run{Ticket: key("T1"), Attempt: 1}, Delivery: cmd.Delivery, By: engine.ByPerson}
			if err := j.Append(t.Context(), []engine.Event{{Seq: seq + 1, Body: started}}); err != nil {
				t.Fatal(err)
			}
			if arrived {
				if _, err := j.files.Deliver(t.Context(), started.Run, set); err != nil {
					t.Fatal(err)
				}
			}
			h = open(t, j, settings(1), worker)
			h.until("it is undone", ticketIs("T1", engine.Todo))
			if got := j.files.Contents()["a"]; got != five {
				t.Errorf("a holds %q", got)
			}
		})
	}
}

// Two cannot undo at once, and a ticket is not run while it is undone; what changes under an undo that had been
// possible refuses it, and the ticket stays completed.
func TestUndoUnderWay(t *testing.T) {
	t.Parallel()
	j := newDisk()
	one := strings.Replace(five, "2\n", "two\n", 1)
	j.files.Put("a", five)
	held, let := make(chan struct{}), make(chan struct{})
	ctx := t.Context()
	c, err := engine.NewConductor(ctx, engine.Config{
		Journal: j, Blobs: j, Settings: settings(1), Worker: scripts(j, map[string][]engine.ChangeSet{"T1": sets(edit("a", five, one))}),
		Applier: applierFunc(func(set engine.ChangeSet) (engine.Delivered, error) {
			close(held)
			<-let
			return j.files.Deliver(ctx, engine.Run{}, set)
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	run, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- c.Run(run) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	h := &house{Conductor: c, t: t, ctx: ctx, disk: j}
	h.do(plan("a", ticket("T1")))
	h.run("T1")
	over := make(chan error, 1)
	go func() { over <- h.undo("T1") }()
	<-held
	if err := h.undo("T1"); !errors.Is(err, engine.ErrUndoing) {
		t.Errorf("undone twice at once: %v", err)
	}
	if err := h.Do(ctx, engine.RetryTicket{Ticket: key("T1")}); !errors.Is(err, engine.ErrUndoing) {
		t.Errorf("run while it is undone: %v", err)
	}
	j.files.Put("a", strings.Replace(five, "2\n", "deux\n", 1))
	close(let)
	var refused *engine.UndoRefusedError
	if err := get(t, over); !errors.As(err, &refused) || !strings.Contains(err.Error(), "the same lines were changed meanwhile in a") {
		t.Errorf("got %v", err)
	}
	if tk, _ := h.Snapshot().Ticket(key("T1")); tk.Status != engine.Completed || tk.Undo != nil || !tk.CanUndo() {
		t.Errorf("the ticket: %+v", tk)
	}
}

func TestUndoOfNothing(t *testing.T) {
	t.Parallel()
	h := open(t, newDisk(), settings(1), workFunc(done))
	h.do(plan("a", ticket("T1"), ticket("T2")))
	h.run("T1")
	for id, want := range map[string]error{"T1": engine.ErrNothingToUndo, "T9": engine.ErrNoTicket} {
		if err := h.undo(id); !errors.Is(err, want) {
			t.Errorf("%s: %v", id, err)
		}
	}
	var illegal *engine.TransitionError
	if err := h.undo("T2"); !errors.As(err, &illegal) {
		t.Errorf("a ticket that has not run: %v", err)
	}
}
