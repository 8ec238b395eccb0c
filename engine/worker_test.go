package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// rules is a policy by kind, then by tool; what it does not name is allowed.
type rules map[string]engine.Verdict

func (r rules) Rule(_ context.Context, a engine.Action) engine.Ruling {
	for _, k := range append([]string{string(a.Kind), a.Tool}, a.Paths...) {
		if v, ok := r[k]; ok {
			return engine.Ruling{Verdict: v, Rule: "rule of " + k}
		}
	}
	return engine.Ruling{Verdict: engine.Allow, Rule: "default"}
}

// plainViewer shows a file's kind of view and its first line.
type plainViewer struct{}

func (plainViewer) View(ctx context.Context, files engine.Files, req engine.ViewRequest) (engine.View, error) {
	f, err := files.Read(ctx, req.Path)
	if err != nil {
		return engine.View{}, err
	}
	for _, s := range req.Symbols {
		if !strings.Contains(string(f.Data), s) {
			return engine.View{}, &engine.SymbolError{Path: req.Path, Symbol: s, Nearest: []string{"Near"}}
		}
	}
	line, _, _ := strings.Cut(string(f.Data), "\n")
	return engine.View{Path: req.Path, Kind: req.Kind, Text: string(req.Kind) + " of " + line + "\n"}, nil
}

func (plainViewer) Outline(context.Context, string, []byte) (engine.Outline, error) {
	return engine.Outline{}, nil
}

// writer is a tool that writes a file.
type writer struct{}

func (writer) Spec() engine.ToolSpec {
	return engine.ToolSpec{Name: "write_file", Effect: engine.EffectEdit, Schema: json.RawMessage(`{"type":"object"}`)}
}

func (writer) Call(ctx context.Context, d engine.Draft, args json.RawMessage) (engine.ToolResult, error) {
	var a struct{ Path, Content string }
	if err := json.Unmarshal(args, &a); err != nil || a.Path == "" {
		return engine.ToolResult{}, &engine.ToolError{Tool: "write_file", Msg: "give path and content"}
	}
	return engine.ToolResult{Text: "written", Summary: "wrote " + a.Path}, d.Write(ctx, a.Path, []byte(a.Content))
}

// runner is a tool that runs a command.
type commands struct{ bench engine.Workbench }

func (commands) Spec() engine.ToolSpec {
	return engine.ToolSpec{Name: "run_command", Effect: engine.EffectRun, Schema: json.RawMessage(`{"type":"object"}`)}
}

func (c commands) Call(ctx context.Context, d engine.Draft, args json.RawMessage) (engine.ToolResult, error) {
	var a struct{ Command string }
	if err := json.Unmarshal(args, &a); err != nil {
		return engine.ToolResult{}, &engine.ToolError{Tool: "run_command", Msg: "no JSON"}
	}
	r, err := c.bench.Run(ctx, d, engine.ShellCommand{Line: a.Command}, nil)
	return engine.ToolResult{Text: r.Output, Summary: a.Command, Command: &r}, err
}

// shop is a worker on fakes, run by a real Conductor.
type shop struct {
	*house
	files    *enginetest.Files
	provider *enginetest.FakeProvider
	mu       sync.Mutex
	ran      []string
}

type shopConfig struct {
	files  map[string]string
	rules  rules
	model  func(engine.Request) enginetest.ProviderReply
	shell  func(view engine.Files, line string) engine.CommandResult
	limits engine.Limits

	applier engine.Applier // nil: the files
	unheld  string
	policy  engine.Policy // nil: the rules
}

func newShop(t *testing.T, d disk, cfg shopConfig) *shop {
	t.Helper()
	s := &shop{files: enginetest.NewFiles(cfg.files), provider: enginetest.NewFakeProvider(cfg.model)}
	bench := &enginetest.Workbench{Files: s.files}
	bench.Shell = func(_ context.Context, view engine.Files, cmd engine.ShellCommand) (engine.CommandResult, error) {
		s.mu.Lock()
		s.ran = append(s.ran, cmd.Line)
		s.mu.Unlock()
		if cfg.shell == nil {
			return engine.CommandResult{Line: cmd.Line}, nil
		}
		return cfg.shell(view, cmd.Line), nil
	}
	var applier engine.Applier = s.files
	if cfg.applier != nil {
		applier = cfg.applier
	}
	var policy engine.Policy = cfg.rules
	if cfg.policy != nil {
		policy = cfg.policy
	}
	w := engine.NewWorker(engine.WorkerConfig{
		Provider: s.provider, Tools: []engine.Tool{writer{}, commands{bench}}, Policy: policy, Viewer: plainViewer{},
		Bench: bench, Applier: applier, Blobs: d, QAModel: "qa", Limits: cfg.limits, Unheld: cfg.unheld,
	})
	s.house = open(t, d, settings(2), w)
	return s
}

func (s *shop) run(tickets ...trackfile.Ticket) {
	s.t.Helper()
	s.do(plan("a", tickets...))
	s.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
}

func call(name string, args any) engine.ToolCall {
	data, err := json.Marshal(args)
	if err != nil {
		panic(err)
	}
	return engine.ToolCall{Name: name, Arguments: string(data)}
}

func finishCall(status, summary string) engine.ToolCall {
	return call("finish", map[string]string{"status": status, "summary": summary})
}

func says(calls ...engine.ToolCall) enginetest.ProviderReply {
	return enginetest.ProviderReply{Calls: calls, Usage: engine.Usage{Input: 10, Output: 2}}
}

// turnOf counts the model's own turns so far.
func turnOf(r engine.Request) int {
	n := 0
	for _, m := range r.Messages {
		if m.Role == engine.RoleAssistant {
			n++
		}
	}
	return n
}

func lastText(r engine.Request) string { return r.Messages[len(r.Messages)-1].Text }

func (s *shop) workerRequests() []engine.Request {
	var out []engine.Request
	for _, r := range s.provider.Requests() {
		if r.Tier == engine.TierWorker {
			out = append(out, r)
		}
	}
	return out
}

// TestWorkerDelivers is the plain way: context, a tool, finish, and the edit is in the workspace.
func TestWorkerDelivers(t *testing.T) {
	t.Parallel()
	s := newShop(t, newDisk(), shopConfig{
		files: map[string]string{"a.go": "package a\nfunc F()\n", "b.go": "package b\n", "c.go": "package c\n", "notes.md": "whole\nnotes\n", "AGENTS.md": "be kind\n"},
		model: func(r engine.Request) enginetest.ProviderReply {
			if turnOf(r) == 0 {
				return says(call("write_file", map[string]string{"Path": "a.go", "Content": "package a // new\n"}))
			}
			return says(finishCall("done", "made it new"))
		},
	})
	tk := ticket("T1")
	tk.TargetFile, tk.TargetSymbols = "a.go", []string{"F"}
	tk.ContextRequirements = []string{"b.go", "c.go", "missing.go"}
	p := plan("a", tk)
	p.Spec.Context = []string{"notes.md"}
	s.do(p)
	s.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	snap := s.until("done", trackIs("a", engine.TrackDone))
	got, _ := snap.Ticket(key("T1"))
	if got.Summary != "made it new" || len(got.Delivered) != 1 || got.Usage.Input != 20 || got.Before == 0 {
		t.Errorf("the ticket: %+v", got)
	}
	if s.files.Contents()["a.go"] != "package a // new\n" {
		t.Errorf("a.go is %q", s.files.Contents()["a.go"])
	}
	opening := s.workerRequests()[0].Messages[1].Text
	if !strings.HasPrefix(opening, "Ticket T1\n") {
		t.Errorf("the prompt begins %.40q", opening)
	}
	for _, want := range []string{"whole\nnotes", "targeted of package a", "curated of package b", "skeleton of package c", "missing.go\n(cannot be read: there is no such file)", "be kind"} {
		if !strings.Contains(opening, want) {
			t.Errorf("the prompt lacks %q:\n%s", want, opening)
		}
	}
	if strings.Index(opening, "be kind") > strings.Index(opening, "How to finish") {
		t.Error("how to finish is not last")
	}
}

// TestFinishInOtherWords: a model that leaves the status out, or says it with the ticket's own word, is done.
func TestFinishInOtherWords(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"", "completed"} {
		s := newShop(t, newDisk(), shopConfig{model: func(engine.Request) enginetest.ProviderReply { return says(finishCall(status, "x")) }})
		s.run(ticket("T1"))
		s.until("done", trackIs("a", engine.TrackDone))
	}
	s := newShop(t, newDisk(), shopConfig{model: func(engine.Request) enginetest.ProviderReply { return says(finishCall("perhaps", "x")) }})
	s.run(ticket("T1"))
	snap := s.until("blocked", trackIs("a", engine.TrackBlocked))
	if tk, _ := snap.Ticket(key("T1")); !strings.Contains(tk.Block.Reason, "error: finish takes") {
		t.Errorf("the ticket: %+v", tk.Block)
	}
}

func TestContextAmnesia(t *testing.T) {
	t.Parallel()
	s := newShop(t, newDisk(), shopConfig{model: func(engine.Request) enginetest.ProviderReply { return says(finishCall("done", "x")) }})
	s.run(ticket("T1"), ticket("T2", "T1"))
	s.until("done", trackIs("a", engine.TrackDone))
	for _, r := range s.workerRequests() {
		if len(r.Messages) != 2 {
			t.Errorf("a conversation began with %d messages", len(r.Messages))
		}
	}
}

func TestEditedSpawnIsWhatIsSent(t *testing.T) {
	t.Parallel()
	d := newDisk()
	s := newShop(t, d, shopConfig{
		rules: rules{"spawn": engine.Ask},
		model: func(engine.Request) enginetest.ProviderReply { return says(finishCall("done", "x")) },
	})
	s.run(ticket("T1"))
	snap := s.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	if tk, _ := snap.Ticket(key("T1")); tk.Phase() != engine.AwaitingSpawn {
		t.Errorf("phase %s", tk.Phase())
	}
	if len(s.provider.Requests()) != 0 {
		t.Error("a model was called before the spawn was approved")
	}
	a, _ := snap.Approval("A1")
	content, err := engine.LoadContent(s.ctx, d, a.Hash)
	if err != nil || !strings.Contains(content.Prompt, "do T1") {
		t.Fatalf("what was asked: %+v, %v", content, err)
	}
	content.Prompt, content.Context = "Ticket T1\n\nedited prompt\n", "edited context"
	hash, err := engine.StoreContent(s.ctx, d, content)
	if err != nil {
		t.Fatal(err)
	}
	s.do(engine.AnswerApproval{ID: "A1", Decision: engine.Approved, By: engine.ByPerson, Edited: hash})
	s.until("done", trackIs("a", engine.TrackDone))
	if got := s.workerRequests()[0].Messages[1].Text; got != "Ticket T1\n\nedited prompt\n\nedited context" {
		t.Errorf("sent: %q", got)
	}
}

func TestRejectedSpawnBlocks(t *testing.T) {
	t.Parallel()
	s := newShop(t, newDisk(), shopConfig{rules: rules{"spawn": engine.Ask}, model: func(engine.Request) enginetest.ProviderReply { panic("called") }})
	s.run(ticket("T1"))
	s.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	s.do(engine.AnswerApproval{ID: "A1", Decision: engine.Rejected, By: engine.ByPerson, Reason: "not now"})
	snap := s.until("blocked", trackIs("a", engine.TrackBlocked))
	tk, _ := snap.Ticket(key("T1"))
	if tk.Block.By != engine.ByPerson || tk.Block.Reason != "the spawn was rejected by person: not now" || tk.RetryCount != 0 {
		t.Errorf("the ticket: %+v", tk.Block)
	}
}

func TestDenyRuleBlocksSpawn(t *testing.T) {
	t.Parallel()
	s := newShop(t, newDisk(), shopConfig{rules: rules{"spawn": engine.Deny}, model: func(engine.Request) enginetest.ProviderReply { panic("called") }})
	s.run(ticket("T1"))
	snap := s.until("blocked", trackIs("a", engine.TrackBlocked))
	if tk, _ := snap.Ticket(key("T1")); tk.Status != engine.Blocked || !strings.Contains(tk.Block.Reason, "rule of spawn") {
		t.Errorf("the ticket: %+v", tk.Block)
	}
}

// TestStepsAreAsked: a step mode ticket asks for each call, and a refusal is told to the model, with the reason.
func TestStepsAreAsked(t *testing.T) {
	t.Parallel()
	s := newShop(t, newDisk(), shopConfig{
		files: map[string]string{},
		model: func(r engine.Request) enginetest.ProviderReply {
			switch turnOf(r) {
			case 0, 1:
				return says(call("write_file", map[string]string{"Path": fmt.Sprint("f", turnOf(r)), "Content": "x"}))
			default:
				return says(finishCall("done", lastText(r)))
			}
		},
	})
	tk := ticket("T1")
	tk.StepMode = true
	s.run(tk)
	s.until("the first step is asked", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	for a := range s.Snapshot().Pending() {
		if a.Kind != engine.KindStep || !strings.HasPrefix(a.Title, "T1 write_file") {
			t.Errorf("asked: %+v", a)
		}
		s.do(engine.AnswerApproval{ID: a.ID, Decision: engine.Approved, By: engine.ByPerson})
		first := a.ID
		s.until("the second step is asked", func(s *engine.Snapshot) bool {
			for b := range s.Pending() {
				return b.ID != first
			}
			return false
		})
	}
	for a := range s.Snapshot().Pending() {
		s.do(engine.AnswerApproval{ID: a.ID, Decision: engine.Rejected, By: engine.ByPerson, Reason: "leave f1 alone"})
	}
	snap := s.until("done", trackIs("a", engine.TrackDone))
	got, _ := snap.Ticket(key("T1"))
	if want := "this call was not allowed by person: leave f1 alone"; got.Summary != want {
		t.Errorf("the model was told %q", got.Summary)
	}
	if c := s.files.Contents(); c["f0"] != "x" || c["f1"] != "" {
		t.Errorf("the workspace: %v", c)
	}
}

func TestEditedStepIsHeldAgainstDenyRules(t *testing.T) {
	t.Parallel()
	d := newDisk()
	s := newShop(t, d, shopConfig{
		rules: rules{"command": engine.Ask},
		model: func(r engine.Request) enginetest.ProviderReply {
			if turnOf(r) == 0 {
				return says(call("run_command", map[string]string{"Command": "ls"}))
			}
			return says(finishCall("done", lastText(r)))
		},
	})
	s.run(ticket("T1"))
	s.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	hash, err := engine.StoreContent(s.ctx, d, engine.Content{Tool: "run_command", Arguments: `{"Command":"ls -l"}`})
	if err != nil {
		t.Fatal(err)
	}
	s.do(engine.AnswerApproval{ID: "A2", Decision: engine.Approved, By: engine.ByPerson, Edited: hash})
	s.until("done", trackIs("a", engine.TrackDone))
	if len(s.ran) != 1 || s.ran[0] != "ls -l" {
		t.Errorf("ran %q", s.ran)
	}
}

// TestFailingCommandIsAnalysed: tier 4 reads the output first, without tools, and the worker gets what it says.
func TestFailingCommandIsAnalysed(t *testing.T) {
	t.Parallel()
	s := newShop(t, newDisk(), shopConfig{
		shell: func(engine.Files, string) engine.CommandResult {
			return engine.CommandResult{ExitCode: 2, Output: "boom at x.go:3"}
		},
		model: func(r engine.Request) enginetest.ProviderReply {
			switch {
			case r.Tier == engine.TierQA:
				return enginetest.ProviderReply{Text: fmt.Sprintf("x.go:3 explodes (%d tools)", len(r.Tools)), Usage: engine.Usage{Input: 5}}
			case turnOf(r) == 0:
				return says(call("run_command", map[string]string{"Command": "go test"}))
			default:
				return says(finishCall("done", lastText(r)))
			}
		},
	})
	s.run(ticket("T1"))
	snap := s.until("done", trackIs("a", engine.TrackDone))
	tk, _ := snap.Ticket(key("T1"))
	if !strings.Contains(tk.Summary, "boom at x.go:3") || !strings.Contains(tk.Summary, "x.go:3 explodes (0 tools)") {
		t.Errorf("the worker was told %q", tk.Summary)
	}
	tr, _ := snap.Track("a")
	if tr.Usage[engine.TierQA].Input != 5 || tr.Usage[engine.TierWorker].Input != 20 {
		t.Errorf("usage: %+v", tr.Usage)
	}
}

// TestVerifyDecides: a failing verify goes back to the worker; it is asked once for the whole track.
func TestVerifyDecides(t *testing.T) {
	t.Parallel()
	s := newShop(t, newDisk(), shopConfig{
		rules: rules{"command": engine.Ask},
		shell: func(view engine.Files, _ string) engine.CommandResult {
			if f, err := view.Read(context.Background(), "ok"); err != nil || string(f.Data) != "yes" {
				return engine.CommandResult{ExitCode: 1, Output: "not ok"}
			}
			return engine.CommandResult{}
		},
		model: func(r engine.Request) enginetest.ProviderReply {
			switch {
			case r.Tier == engine.TierQA:
				return enginetest.ProviderReply{Text: "write ok"}
			case strings.Contains(lastText(r), "verify command"):
				return says(call("write_file", map[string]string{"Path": "ok", "Content": "yes"}))
			default:
				return says(finishCall("done", "x"))
			}
		},
	})
	p := plan("a", ticket("T1"), ticket("T2", "T1"))
	p.Spec.Verify = "make check"
	s.do(p)
	s.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	s.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	s.answerAll(engine.Approved)
	s.until("done", trackIs("a", engine.TrackDone))
	asked := 0
	for _, e := range s.disk.All() {
		if r, ok := e.Body.(engine.ApprovalRequested); ok && r.Approval.Kind == engine.KindCommand {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("verify was asked %d times", asked)
	}
	if len(s.ran) != 3 { // fails, passes, and T2's
		t.Errorf("ran %q", s.ran)
	}
}

func TestReplyWithoutTools(t *testing.T) {
	t.Parallel()
	for reply, blocked := range map[string]bool{
		"BLOCKED: no such file":                  true,
		"**Blocked** — I need a key":             true,
		"blocked\nbecause":                       true,
		"This is not blocked at all, it is done": false,
		"Unblocked the parser.":                  false,
		"BLOCKEDNESS is no word":                 false,
	} {
		t.Run(reply, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, newDisk(), shopConfig{model: func(engine.Request) enginetest.ProviderReply { return enginetest.ProviderReply{Text: reply} }})
			s.run(ticket("T1"))
			want := engine.TrackDone
			if blocked {
				want = engine.TrackBlocked
			}
			snap := s.until(string(want), trackIs("a", want))
			if tk, _ := snap.Ticket(key("T1")); blocked && tk.RetryCount != 2 {
				t.Errorf("retried %d times", tk.RetryCount)
			}
		})
	}
}

func TestRepeatingWorkerIsStopped(t *testing.T) {
	t.Parallel()
	s := newShop(t, newDisk(), shopConfig{model: func(engine.Request) enginetest.ProviderReply { return says(call("no_such_tool", "x")) }})
	s.run(ticket("T1"))
	snap := s.until("blocked", trackIs("a", engine.TrackBlocked))
	tk, _ := snap.Ticket(key("T1"))
	if !strings.Contains(tk.Block.Reason, "repeated the same call of no_such_tool with the same result 4 times: there is no tool no_such_tool; there are: ") || tk.Attempt != 1 {
		t.Errorf("the ticket: %+v", tk.Block)
	}
}

// TestCirclingWorkerIsStopped: a few calls in turn, again and again, are a circle; the same test after each edit is none.
func TestCirclingWorkerIsStopped(t *testing.T) {
	t.Parallel()
	s := newShop(t, newDisk(), shopConfig{model: func(r engine.Request) enginetest.ProviderReply {
		return says(call([]string{"no_such_tool", "nor_this_one"}[turnOf(r)%2], "x"))
	}})
	s.run(ticket("T1"))
	snap := s.until("blocked", trackIs("a", engine.TrackBlocked))
	if tk, _ := snap.Ticket(key("T1")); !strings.Contains(tk.Block.Reason, "its last 12 calls were the same few") || tk.Attempt != 1 {
		t.Errorf("the ticket: %+v", tk.Block)
	}
	s = newShop(t, newDisk(), shopConfig{limits: engine.Limits{Turns: 30}, model: func(r engine.Request) enginetest.ProviderReply {
		if turnOf(r)%2 == 0 {
			return says(call("write_file", map[string]string{"Path": "x", "Content": fmt.Sprint(turnOf(r))}))
		}
		return says(call("no_such_tool", "x"))
	}})
	s.run(ticket("T1"))
	snap = s.until("blocked", trackIs("a", engine.TrackBlocked))
	if tk, _ := snap.Ticket(key("T1")); !strings.Contains(tk.Block.Reason, "within 30 turns") {
		t.Errorf("the ticket: %+v", tk.Block)
	}
}

func TestTurnLimit(t *testing.T) {
	t.Parallel()
	s := newShop(t, newDisk(), shopConfig{
		limits: engine.Limits{Turns: 3},
		model: func(r engine.Request) enginetest.ProviderReply {
			return says(call("write_file", map[string]string{"Path": fmt.Sprint(turnOf(r)), "Content": "x"}))
		},
	})
	s.run(ticket("T1"))
	snap := s.until("blocked", trackIs("a", engine.TrackBlocked))
	tk, _ := snap.Ticket(key("T1"))
	if tk.Block.By != engine.ByBudget || len(s.files.Contents()) != 0 {
		t.Errorf("the ticket: %+v; the workspace: %v", tk.Block, s.files.Contents())
	}
}

func TestAskPerson(t *testing.T) {
	t.Parallel()
	s := newShop(t, newDisk(), shopConfig{model: func(r engine.Request) enginetest.ProviderReply {
		if turnOf(r) == 0 {
			return says(call("ask_person", map[string]any{"question": "tabs or spaces?", "options": []string{"tabs", "spaces"}}))
		}
		return says(finishCall("done", lastText(r)))
	}})
	s.run(ticket("T1"))
	snap := s.until("it asks", func(s *engine.Snapshot) bool { return pendingCount(s) == 1 })
	for a := range snap.Pending() {
		if a.Kind != engine.KindQuestion || len(a.Options) != 2 || a.Title != "T1 asks: tabs or spaces?" {
			t.Errorf("asked: %+v", a)
		}
		s.do(engine.AnswerApproval{ID: a.ID, Decision: engine.Approved, By: engine.ByPerson, Reason: "tabs"})
	}
	snap = s.until("done", trackIs("a", engine.TrackDone))
	if tk, _ := snap.Ticket(key("T1")); tk.Summary != "The person answers: tabs" {
		t.Errorf("the model was told %q", tk.Summary)
	}
}

// TestProviderOutcomes: a refused key waits for a person and uses up no retry; what may go better is tried again.
func TestProviderOutcomes(t *testing.T) {
	t.Parallel()
	for kind, attempts := range map[engine.ProviderErrorKind]int{engine.ProviderAuth: 1, engine.ProviderBadRequest: 3} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, newDisk(), shopConfig{model: func(engine.Request) enginetest.ProviderReply { return enginetest.ProviderReply{Fail: kind} }})
			s.run(ticket("T1"))
			snap := s.until("blocked", trackIs("a", engine.TrackBlocked))
			if tk, _ := snap.Ticket(key("T1")); tk.Attempt != attempts || tk.Block.By != engine.ByProvider {
				t.Errorf("%d attempts, %+v", tk.Attempt, tk.Block)
			}
		})
	}
}

// TestConflictGoesBackThenBlocks: the workspace changed the same line meanwhile. The worker is told once, in the same
// conversation, and then the ticket waits for a person with the conflict shown.
func TestConflictGoesBackThenBlocks(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		again  bool // the worker makes its change again
		person bool // the person is there first again
		want   engine.Status
	}{
		"resolved":      {true, false, engine.Completed},
		"clashes again": {true, true, engine.Blocked},
		"let go":        {false, false, engine.Blocked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s *shop
			write := func(text string) engine.ToolCall {
				return call("write_file", map[string]string{"Path": "a", "Content": text})
			}
			s = newShop(t, newDisk(), shopConfig{
				files: map[string]string{"a": "one\n"},
				model: func(r engine.Request) enginetest.ProviderReply {
					n := turnOf(r)
					switch {
					case n == 0:
						return says(write("theirs\n"))
					case n == 2 && tc.again:
						return says(write("person and theirs\n"))
					case n == 1 || n == 3 && tc.person:
						s.files.Put("a", fmt.Sprintf("person %d\n", n))
					}
					return says(finishCall("done", "x"))
				},
			})
			s.run(ticket("T1"))
			snap := s.until("it rests", func(s *engine.Snapshot) bool {
				tr, _ := s.Track("a")
				return tr.Status == engine.TrackBlocked || tr.Status == engine.TrackDone
			})
			tk, _ := snap.Ticket(key("T1"))
			if tk.Status != tc.want || tk.Attempt != 1 || tk.Delivery != nil {
				t.Fatalf("the ticket: %s %+v, attempt %d", tk.Status, tk.Block, tk.Attempt)
			}
			if tk.Status == engine.Blocked && (tk.Block.By != engine.ByEditConflict || !strings.Contains(tk.Block.Reason, "theirs")) {
				t.Errorf("blocked: %+v", tk.Block)
			}
			if got := s.files.Contents()["a"]; !strings.HasPrefix(got, "person") || (got == "person and theirs\n") != (tk.Status == engine.Completed) {
				t.Errorf("the file: %q", got)
			}
		})
	}
}

// TestDeliveryThatConflictsGoesBack: who delivers may meet what the draft has not seen yet.
func TestDeliveryThatConflictsGoesBack(t *testing.T) {
	t.Parallel()
	tries := 0
	var s *shop
	s = newShop(t, newDisk(), shopConfig{
		model: writesAndFinishes,
		applier: applierFunc(func(set engine.ChangeSet) (engine.Delivered, error) {
			if tries++; tries == 1 {
				s.files.Put("a.txt", "person\n")
				return engine.Delivered{}, &engine.ConflictError{Conflicts: []engine.Conflict{{Path: "a.txt", Text: "both"}}}
			}
			return engine.Delivered{Files: []engine.DeliveredFile{{Path: "a.txt", Op: set.Files[0].Op}}}, nil
		}),
	})
	s.run(ticket("T1"))
	s.until("done", trackIs("a", engine.TrackDone))
	kinds := 0
	for _, e := range s.disk.All() {
		if b, ok := e.Body.(engine.DeliveryConflicted); ok && len(b.Paths) == 1 {
			kinds++
		}
	}
	if kinds != 1 || tries != 2 {
		t.Errorf("%d conflicts journalled, %d deliveries", kinds, tries)
	}
}

func TestKillCancelsTheModelCall(t *testing.T) {
	t.Parallel()
	s := newShop(t, newDisk(), shopConfig{model: func(engine.Request) enginetest.ProviderReply {
		return enginetest.ProviderReply{Text: "thinking", Hang: true}
	}})
	s.run(ticket("T1"))
	s.until("it thinks", func(snap *engine.Snapshot) bool {
		tk, _ := snap.Ticket(key("T1"))
		return tk.Phase() == engine.Thinking
	})
	run := engine.Run{Ticket: key("T1"), Attempt: 1}
	stream, ok := s.Stream(run)
	if !ok {
		t.Fatal("no stream")
	}
	if err := stream.Wait(s.ctx, engine.Place{}); err != nil {
		t.Fatal(err)
	}
	if text, _, _, _ := stream.Text(engine.Place{}); !strings.HasPrefix("thinking", text) {
		t.Errorf("streamed %q", text)
	}
	s.do(engine.KillTicket{Ticket: key("T1"), By: engine.ByPerson})
	for {
		text, _, next, over := stream.Text(engine.Place{})
		if over {
			break
		}
		if err := stream.Wait(s.ctx, next); err != nil {
			t.Fatal(err, text)
		}
	}
	s.stop()
	sameAsReplay(t, s.house)
}

func TestTranscriptIsKept(t *testing.T) {
	t.Parallel()
	d := newDisk()
	s := newShop(t, d, shopConfig{model: func(engine.Request) enginetest.ProviderReply { return says(finishCall("done", "x")) }})
	s.run(ticket("T1"))
	s.until("done", trackIs("a", engine.TrackDone))
	s.stop()
	data, err := d.Blob(context.Background(), engine.Transcript(engine.Run{Ticket: key("T1"), Attempt: 1}))
	if err != nil {
		t.Fatal(err)
	}
	var roles []engine.Role
	for line := range strings.Lines(string(data)) {
		var m engine.Message
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		roles = append(roles, m.Role)
	}
	if fmt.Sprint(roles) != "[system user assistant]" {
		t.Errorf("kept %v", roles)
	}
}
