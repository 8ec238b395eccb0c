package lsp_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// trusting says that typing cannot answer this editor's prompts.
func trusting(cfg *client.Config) {
	cfg.Experimental = map[string]any{"slop": wire.Capabilities{Prompts: true}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// at is the wire position of the first occurrence of a text in a buffer.
func at(t *testing.T, e *lsptest.Env, path, find string) wire.Position {
	t.Helper()
	content, _, ok := e.Text(path)
	i := strings.Index(content, find)
	if !ok || i < 0 {
		t.Fatalf("%s holds no %q", path, find)
	}
	p, err := e.Position(path, i)
	must(t, err)
	return wire.Position{Line: p.Line, Character: p.Character}
}

// actions are the titles of the code actions at a place.
func actions(t *testing.T, e *lsptest.Env, path, find string) []string {
	t.Helper()
	p := at(t, e, path, find)
	params, err := json.Marshal(map[string]any{
		"textDocument": map[string]any{"uri": e.URI(path)}, "range": wire.Range{Start: p, End: p},
		"context": map[string]any{"diagnostics": []any{}},
	})
	must(t, err)
	var list []struct{ Title string }
	var answer json.RawMessage
	must(t, e.Call(t.Context(), protocol.MethodTextDocumentCodeAction, json.RawMessage(params), &answer))
	must(t, json.Unmarshal(answer, &list))
	var titles []string
	for _, a := range list {
		titles = append(titles, a.Title)
	}
	return titles
}

func TestTrackRunToTheEnd(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithConfig(trusting), lsptest.WithResponder(lsptest.Choose("Approve")))
		must(t, e.Open(t.Context(), "a.go"))
		d.worker.on("T1", d.replacing("a.go", "l.pos++", "l.pos += 2"))
		d.worker.on("T2", d.replacing("b.go", `"b"`, `"B"`))
		must(t, e.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: string(e.URI(mainTrack + ".track.yaml"))}, nil))
		d.awaitStatus(mainTrack, "T2", engine.Completed)
		if got, _, _ := e.Text("a.go"); !strings.Contains(got, "l.pos += 2") {
			t.Errorf("the open buffer was not edited:\n%s", got)
		}
		if strings.Contains(d.readFile("a.go"), "+= 2") {
			t.Error("an open file was written to disk")
		}
		if !strings.Contains(d.readFile("b.go"), `"B"`) {
			t.Error("the file that is not open was not written")
		}
		e.Await(lsptest.Prompts(2), lsptest.Message("Main is done: 2 of 2 tickets completed"))
		want := []string{"Review…", "Approve", "Reject"}
		if diff := cmp.Diff(want, e.Seen().Prompts[0].Actions); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCodeActions(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		must(t, e.Open(t.Context(), "a.go"))
		track := mainTrack + ".track.yaml"
		must(t, e.Open(t.Context(), track))
		for _, tc := range []struct {
			path, at string
			want     []string
		}{
			{"a.go", "package", nil},
			{"a.go", "println", []string{"Run ticket on this symbol", "New ticket for this symbol"}},
			{track, "title", []string{"Run the track", "Open the plan"}},
			{track, "id: T1", []string{"Run T1", "Block T1", "Skip T1", "Kill T1", "Run the track", "Open the plan"}},
		} {
			if diff := cmp.Diff(tc.want, actions(t, e, tc.path, tc.at)); diff != "" {
				t.Errorf("%s at %s (-want +got):\n%s", tc.path, tc.at, diff)
			}
		}
		must(t, e.Save(t.Context(), track)) // the saved document is the plan
		d.await("the plan", func(s *engine.Snapshot) bool { _, ok := s.Track(mainTrack); return ok })
		want := []string{"Run ticket on this symbol", "New ticket for this symbol", "Run T1 on this symbol"}
		if diff := cmp.Diff(want, actions(t, e, "a.go", "pos++")); diff != "" {
			t.Errorf("with a plan (-want +got):\n%s", diff)
		}
	})
}

func TestRunOnSymbol(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, find, instruction, want string
	}{
		{"instruction", "Plain", "Print nothing.", "Print nothing."},
		{"todo", "l.pos++", "", "return an error at the end"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			modes(t, sample, func(t *testing.T, d *daemon) {
				e := d.open(lsptest.WithResponder(lsptest.Choose("Approve")))
				must(t, e.Open(t.Context(), "a.go"))
				var ref wire.TicketRef
				args := wire.RunOnSymbolArgs{URI: string(e.URI("a.go")), Position: at(t, e, "a.go", tc.find), Instruction: tc.instruction}
				must(t, e.Command(t.Context(), wire.TicketRunOnSymbol, args, &ref))
				want := wire.TicketRef{URI: string(e.URI(".slop/tracks/scratch.track.yaml")), ID: "T1"}
				if ref != want {
					t.Errorf("got %+v, want %+v", ref, want)
				}
				done := d.awaitStatus(".slop/tracks/scratch", "T1", engine.Completed)
				if done.Spec.Description != tc.want || done.Spec.TargetFile != "a.go" {
					t.Errorf("the ticket is %+v", done.Spec)
				}
				if !strings.Contains(d.readFile(".slop/tracks/scratch.track.yaml"), tc.want) {
					t.Error("the scratch track was not written")
				}
				// An editor of which nothing is known was asked, because its person had just given the command.
				e.Await(lsptest.Prompts(1))
			})
		})
	}
}

func TestRunOnSymbolRunsWhatTargetsIt(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithResponder(lsptest.Choose("Approve")))
		must(t, e.Open(t.Context(), "a.go"))
		must(t, e.Open(t.Context(), mainTrack+".track.yaml"))
		must(t, e.Save(t.Context(), mainTrack+".track.yaml"))
		d.await("the plan", func(s *engine.Snapshot) bool { _, ok := s.Track(mainTrack); return ok })
		var ref wire.TicketRef
		args := wire.RunOnSymbolArgs{URI: string(e.URI("a.go")), Position: at(t, e, "a.go", "l.pos++")}
		must(t, e.Command(t.Context(), wire.TicketRunOnSymbol, args, &ref))
		if want := (wire.TicketRef{URI: string(e.URI(mainTrack + ".track.yaml")), ID: "T1"}); ref != want {
			t.Errorf("got %+v, want %+v", ref, want)
		}
		d.awaitStatus(mainTrack, "T1", engine.Completed)
	})
}

func TestUnwrittenInstruction(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithResponder(lsptest.Choose("Approve")))
		must(t, e.Open(t.Context(), "a.go"))
		args := wire.RunOnSymbolArgs{URI: string(e.URI("a.go")), Position: at(t, e, "a.go", "Plain")}
		must(t, e.Command(t.Context(), wire.TicketRunOnSymbol, args, &wire.TicketRef{}))
		asked := d.awaitPending(1)[0]
		e.Await(lsptest.Shown("/A1.md")) // the review opens by itself
		err := e.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: string(asked.ID), Decision: wire.Approve}, nil)
		if err == nil || !strings.Contains(err.Error(), "no instruction yet") {
			t.Errorf("approving an empty instruction: %v", err)
		}
		path := e.Seen().Shown[0]
		content, _, _ := e.Text(path)
		begin := strings.Index(content, "slop:begin prompt")
		start := begin + strings.Index(content[begin:], "‹Write here")
		end := begin + strings.Index(content[begin:], "then approve.›") + len("then approve.›")
		must(t, e.Edit(t.Context(), path, text.Edit{Span: text.Span{Start: start, End: end}, New: "Say goodbye."}))
		answer := wire.AnswerArgs{ID: string(asked.ID), Decision: wire.Approve, URI: string(e.URI(path))}
		must(t, e.Command(t.Context(), wire.ApprovalAnswer, answer, nil))
		done := d.awaitStatus(".slop/tracks/scratch", "T1", engine.Completed)
		if done.Stale || !engine.Unwritten(done.Spec.Description) {
			t.Errorf("the ticket is %+v, want it as its document has it, and not stale", done)
		}
		checkWritten(t, e)
		if diff := cmp.Diff([]string{"Ticket T1\n\nSay goodbye."}, d.worker.spawned()); diff != "" {
			t.Error(diff)
		}
		e.Await(lsptest.Prompts(0))
	})
}

// checkWritten wants what was written in the review wherever a person reads what the ticket is to do.
func checkWritten(t *testing.T, e *lsptest.Env) {
	t.Helper()
	var status wire.Status
	must(t, e.Command(t.Context(), wire.StatusShow, nil, &status))
	i := slices.IndexFunc(status.Tracks, func(tr wire.Track) bool { return tr.ID == ".slop/tracks/scratch" })
	if i < 0 || status.Tracks[i].Tickets[0].Title != "Say goodbye." {
		t.Errorf("the status is %+v", status)
	}
	const path = ".slop/tracks/scratch.track.yaml"
	must(t, e.Open(t.Context(), path))
	doc := map[string]any{"textDocument": map[string]any{"uri": e.URI(path)}}
	var outline json.RawMessage
	must(t, e.Call(t.Context(), protocol.MethodTextDocumentDocumentSymbol, doc, &outline))
	var hover json.RawMessage
	doc["position"] = at(t, e, path, "T1")
	must(t, e.Call(t.Context(), protocol.MethodTextDocumentHover, doc, &hover))
	for what, answer := range map[string]string{"outline": string(outline), "hover": string(hover)} {
		if !strings.Contains(answer, "Say goodbye.") || strings.Contains(answer, "Write here") {
			t.Errorf("the %s is %s", what, answer)
		}
	}
}

// No misbehaviour of a client approves or rejects anything.
func TestFailClosed(t *testing.T) {
	t.Parallel()
	for name, responder := range lsptest.Misbehaviours() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, sample, func(t *testing.T, d *daemon) {
				e := d.open(lsptest.WithResponder(responder))
				must(t, e.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: string(e.URI(mainTrack + ".track.yaml"))}, nil))
				asked := d.awaitPending(1)[0]
				e.Await(lsptest.Answered(1))
				// A command is answered after what the prompt's answer could have done.
				var list []wire.Approval
				must(t, e.Command(t.Context(), wire.ApprovalList, nil, &list))
				if len(list) != 1 || list[0].ID != string(asked.ID) || list[0].Ticket != "T1" {
					t.Errorf("pending: %+v", list)
				}
				must(t, e.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: string(asked.ID), Decision: wire.Reject, Reason: "no"}, nil))
				blocked := d.awaitStatus(mainTrack, "T1", engine.Blocked)
				if blocked.Block.Reason != "no" {
					t.Errorf("the reason is %q", blocked.Block.Reason)
				}
			})
		})
	}
}

func TestUnaskedApprovalsAreQuiet(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		bystander := d.open(lsptest.WithResponder(lsptest.Choose("Approve")))
		asker := d.open(lsptest.WithResponder(lsptest.Never()))
		must(t, asker.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: string(asker.URI(mainTrack + ".track.yaml"))}, nil))
		asker.Await(lsptest.Prompts(1))
		bystander.Await(lsptest.Message("A1 waits for you: Start T1"), lsptest.Prompts(0))
	})
}

func TestFirstAnswerWins(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		gate, quick := make(chan struct{}), make(chan struct{})
		late := d.open(lsptest.WithConfig(trusting), lsptest.WithResponder(lsptest.Late(gate, lsptest.Choose("Reject"))))
		first := d.open(lsptest.WithConfig(func(c *client.Config) { trusting(c); c.Name = "Quick" }),
			lsptest.WithResponder(lsptest.Late(quick, lsptest.Choose("Approve"))))
		d.worker.on("T1", d.replacing("b.go", `"b"`, `"B"`))
		must(t, late.Command(t.Context(), wire.TicketRun, wire.TicketArgs{URI: string(late.URI(mainTrack + ".track.yaml")), ID: "T1"}, nil))
		late.Await(lsptest.Prompts(1)) // both are asked
		close(quick)
		first.Await(lsptest.Answered(1))
		d.awaitStatus(mainTrack, "T1", engine.Completed)
		close(gate)
		late.Await(lsptest.Message("was already approved by person (Quick 1)"))
	})
}

func TestReviewDamagedAndRejected(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithResponder(lsptest.Choose("Review…")))
		must(t, e.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: string(e.URI(mainTrack + ".track.yaml"))}, nil))
		path := e.Await(lsptest.Shown("/A1.md")).Shown[0]
		whole, _, _ := e.Text(path)
		uri := string(e.URI(path))
		e.Await(lsptest.DiagnosticCount(uri, 0))
		if diff := cmp.Diff([]string{"Approve as edited", "Reject with the reason written below"}, actions(t, e, path, "## Prompt")); diff != "" {
			t.Error(diff)
		}
		must(t, e.SetText(t.Context(), path, strings.Replace(whole, "slop:end prompt", "slop:end promt", 1)))
		e.Await(lsptest.DiagnosticCount(uri, 1))
		answer := wire.AnswerArgs{ID: "A1", Decision: wire.Approve, URI: uri}
		if err := e.Command(t.Context(), wire.ApprovalAnswer, answer, nil); err == nil || !strings.Contains(err.Error(), "nothing was approved") {
			t.Errorf("a damaged review: %v", err)
		}
		d.awaitPending(1)
		must(t, e.SetText(t.Context(), path, strings.Replace(whole, "begin reason", "begin reason", 1)))
		i := strings.Index(whole, "<!-- slop:end reason")
		must(t, e.Edit(t.Context(), path, text.Edit{Span: text.Span{Start: i, End: i}, New: "Use the other file.\n"}))
		answer.Decision = wire.Reject
		must(t, e.Command(t.Context(), wire.ApprovalAnswer, answer, nil))
		if got := d.awaitStatus(mainTrack, "T1", engine.Blocked).Block.Reason; got != "Use the other file." {
			t.Errorf("the worker was told %q", got)
		}
	})
}

func TestTrackDiagnosticsAndPlan(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		path := mainTrack + ".track.yaml"
		must(t, e.Open(t.Context(), path))
		uri := string(e.URI(path))
		e.Await(lsptest.DiagnosticCount(uri, 0))
		must(t, e.Save(t.Context(), path))
		d.await("the plan", func(s *engine.Snapshot) bool { tr, ok := s.Track(mainTrack); return ok && tr.Total() == 2 })
		whole, _, _ := e.Text(path)
		must(t, e.SetText(t.Context(), path, strings.Replace(whole, "depends_on: [T1]", "depends_on: [T9]", 1)))
		list := e.Await(lsptest.DiagnosticCount(uri, 1)).Diagnostics[uri]
		if r := list[0].Range; r.Start.Line != 9 || r.Start.Character != 17 || r.End.Character != 19 {
			t.Errorf("the range is %+v", r)
		}
		must(t, e.Save(t.Context(), path))
		e.Await(lsptest.Message("so its last plan stays"))
		must(t, e.SetText(t.Context(), path, strings.Replace(whole, "target_file: a.go", "target_file: no.go", 1)))
		e.Await(lsptest.Expectation{What: "a warning of the missing target", Check: func(s lsptest.State) lsptest.Verdict {
			if list := s.Diagnostics[uri]; len(list) == 1 && list[0].Severity == protocol.DiagnosticSeverityWarning {
				return lsptest.Met
			}
			return lsptest.Unmet
		}})
		must(t, e.CloseBuffer(t.Context(), path))
		e.Await(lsptest.DiagnosticCount(uri, 0))
	})
}

func TestCommandErrors(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		for _, tc := range []struct {
			name string
			args any
			want string
			code int
		}{
			{"slop.no.such", nil, `slop-ls has no command "slop.no.such"`, -32602},
			{wire.TrackRun, map[string]any{"url": "x"}, `unknown field "url"`, -32602},
			{wire.TrackRun, wire.TrackArgs{URI: string(e.URI("a.go"))}, "is no track document", -32602},
			{wire.TrackRun, wire.TrackArgs{URI: "file:///elsewhere/x.track.yaml"}, "is no file of the workspace", -32602},
			{wire.TrackRun, wire.TrackArgs{URI: string(e.URI("no.track.yaml"))}, "cannot be planned", -32803},
			{wire.TicketRun, wire.TicketArgs{URI: string(e.URI(mainTrack + ".track.yaml")), ID: "T9"}, "no such ticket", -32803},
			{wire.TicketRetry, wire.TicketArgs{URI: string(e.URI(mainTrack + ".track.yaml")), ID: "T1"}, "T1", -32803},
			{wire.TicketRunOnSymbol, wire.RunOnSymbolArgs{URI: string(e.URI("a.go"))}, "is not open", -32602},
			{wire.ApprovalAnswer, wire.AnswerArgs{ID: "A7", Decision: "approve"}, "there is no open approval A7", -32803},
			{wire.ApprovalOpen, wire.ApprovalArgs{ID: "A7"}, "there is no open approval A7", -32803},
		} {
			err := e.Command(t.Context(), tc.name, tc.args, nil)
			var got *client.Error
			if !errors.As(err, &got) || got.Code != tc.code || !strings.Contains(got.Message, tc.want) {
				t.Errorf("%s: %v; want %d and %q", tc.name, err, tc.code, tc.want)
			}
		}
		var status wire.Status
		must(t, e.Command(t.Context(), wire.StatusShow, nil, &status))
		if len(status.Tracks) != 1 || len(status.Tracks[0].Tickets) != 2 {
			t.Errorf("status is %+v", status)
		}
	})
}

func TestExitWithoutShutdown(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		must(t, e.Notify(t.Context(), protocol.MethodExit, nil))
		if got := d.AwaitEnd(); got != 1 {
			t.Errorf("exit alone gives %d", got)
		}
		e = d.open()
		if err := e.Shutdown(t.Context()); err != nil {
			t.Log(err) // the server may have closed first
		}
		if got := d.AwaitEnd(); got != 0 {
			t.Errorf("shutdown and exit give %d", got)
		}
	})
}

// A client that knows no prompts is told quietly, and can answer by a command.
func TestClientWithoutPrompts(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithResponder(lsptest.Misbehaviours()["no such method"]))
		must(t, e.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: string(e.URI(mainTrack + ".track.yaml"))}, nil))
		e.Await(lsptest.Message("A1 waits for you: Start T1"))
		must(t, e.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: "A1", Decision: wire.Approve}, nil))
		e.Await(lsptest.Message("A2 waits for you: Start T2"), lsptest.Prompts(1))
	})
}

// What is edited by command is what is sent.
func TestAnswerWithEdits(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		must(t, e.Command(t.Context(), wire.TicketRun, wire.TicketArgs{URI: string(e.URI(mainTrack + ".track.yaml")), ID: "T1"}, nil))
		d.awaitPending(1)
		for _, empty := range []string{"", " \n"} {
			err := e.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: "A1", Decision: wire.Approve, Prompt: &empty}, nil)
			if err == nil {
				t.Errorf("the prompt %q was approved", empty)
			}
		}
		prompt := "Do something else."
		must(t, e.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: "A1", Decision: wire.Approve, Prompt: &prompt}, nil))
		d.awaitStatus(mainTrack, "T1", engine.Completed)
		if diff := cmp.Diff([]string{prompt}, d.worker.spawned()); diff != "" {
			t.Error(diff)
		}
		err := e.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: "A1", Decision: wire.Reject}, nil)
		if err == nil || !strings.Contains(err.Error(), "already approved by person (lsptest 1)") {
			t.Errorf("answering again: %v", err)
		}
	})
}

func TestCodeLenses(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open()
		track := mainTrack + ".track.yaml"
		must(t, e.Open(t.Context(), track))
		must(t, e.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: string(e.URI(track))}, nil))
		d.awaitPending(1)
		lenses := rawLenses(t, e, track)
		var got []string
		for _, l := range lenses {
			got = append(got, l.Command.Title)
		}
		want := []string{"Pause the track", "Stop the track", "Review… A1: Start T1 with small: First", "Approve A1", "Reject A1", "■ Kill T1 (awaiting-spawn)"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if line := lenses[2].Range.Start.Line; line != 3 {
			t.Errorf("the approval's lens is on line %d", line)
		}
	})
}

// Where a prompt may only follow the person's own doing, an edit that the program delivered does not count as typing.
func TestDeliveredEditsAreNotTyping(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithResponder(lsptest.Choose("Approve")))
		must(t, e.Open(t.Context(), "a.go"))
		d.worker.on("T1", d.replacing("a.go", "l.pos++", "l.pos += 2"))
		must(t, e.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: string(e.URI(mainTrack + ".track.yaml"))}, nil))
		d.awaitStatus(mainTrack, "T2", engine.Completed)
		e.Await(lsptest.Prompts(2))
	})
}

// Who gave a command in one session and types in another is not interrupted in the first: one editor may have both.
func TestTypingElsewhereEndsPrompts(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		asker, typist := d.open(lsptest.WithResponder(lsptest.Never())), d.open()
		gate := make(chan struct{})
		d.worker.on("T1", func(ctx context.Context, job engine.Job) engine.ChangeSet {
			<-gate
			return d.replacing("a.go", "l.pos++", "l.pos += 2")(ctx, job)
		})
		must(t, typist.Open(t.Context(), "b.go"))
		must(t, asker.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: string(asker.URI(mainTrack + ".track.yaml"))}, nil))
		asker.Await(lsptest.Prompts(1))
		must(t, asker.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: "A1", Decision: wire.Approve}, nil))
		must(t, typist.Edit(t.Context(), "b.go", text.Edit{New: "// typing\n"}))
		settle(t, typist)
		close(gate)
		asker.Await(lsptest.Message("A2 waits for you: Start T2"), lsptest.Prompts(1))
	})
}

// Who has begun to type is not interrupted by a prompt.
func TestTypingEndsPrompts(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		typist := d.open(lsptest.WithResponder(lsptest.Never()))
		other := d.open()
		must(t, typist.Open(t.Context(), "b.go"))
		must(t, typist.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: string(typist.URI(mainTrack + ".track.yaml"))}, nil))
		typist.Await(lsptest.Prompts(1))
		must(t, typist.Edit(t.Context(), "b.go", text.Edit{New: "// typing\n"}))
		settle(t, typist)
		must(t, other.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: "A1", Decision: wire.Approve}, nil))
		typist.Await(lsptest.Message("A2 waits for you: Start T2"), lsptest.Prompts(1))
	})
}
