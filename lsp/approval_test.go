package lsp_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// commandsTrack has three tickets that want to run the same command, and one that wants another.
const commandsTrack = `
-- .slop/tracks/main.track.yaml --
title: Main
tickets:
  - id: T1
    description: "Run: go test ./..."
  - id: T2
    description: "Run: go test ./..."
  - id: T3
    description: "Run: go vet ./..."
-- .slop/tracks/other.track.yaml --
tickets:
  - id: T1
    description: "Run: go test ./..."
`

const otherTrack = ".slop/tracks/other"

// runTrack starts a track by a person's command.
func runTrack(t *testing.T, e *lsptest.Env, track string) {
	t.Helper()
	must(t, e.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: string(e.URI(track + ".track.yaml"))}, nil))
}

// asking is the id of an approval that waits for a command.
func asking(t *testing.T, list []*engine.Approval, command string) string {
	t.Helper()
	for _, a := range list {
		if a.Cover.Command == command {
			return string(a.ID)
		}
	}
	t.Fatalf("nobody asks for %q", command)
	return ""
}

// wait waits for what nothing tells of.
func wait(t *testing.T, what string, met func() bool) {
	t.Helper()
	for end := time.Now().Add(lsptest.Patience); !met(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not met: %s", what)
		}
	}
}

// lensesOf are the titles of a document's lenses, by line.
func lensesOf(t *testing.T, e *lsptest.Env, path string) map[uint32][]string {
	t.Helper()
	titles := map[uint32][]string{}
	for _, l := range rawLenses(t, e, path) {
		titles[l.Range.Start.Line] = append(titles[l.Range.Start.Line], l.Command.Title)
	}
	return titles
}

type lens struct {
	Range   wire.Range
	Command struct {
		Title, Command string
		Arguments      []json.RawMessage
	}
}

func rawLenses(t *testing.T, e *lsptest.Env, path string) []lens {
	t.Helper()
	var answer json.RawMessage
	params := json.RawMessage(`{"textDocument":{"uri":"` + string(e.URI(path)) + `"}}`)
	must(t, e.Call(t.Context(), protocol.MethodTextDocumentCodeLens, params, &answer))
	var lenses []lens
	must(t, json.Unmarshal(answer, &lenses))
	return lenses
}

// press runs the lens with the title.
func press(t *testing.T, e *lsptest.Env, path, title string) {
	t.Helper()
	for _, l := range rawLenses(t, e, path) {
		if l.Command.Title == title {
			must(t, e.Command(t.Context(), l.Command.Command, l.Command.Arguments[0], nil))
			return
		}
	}
	t.Fatalf("there is no lens %q: %v", title, lensesOf(t, e, path))
}

// TestAlwaysByCommand: an answer for good answers what waits and what comes, is listed, and can be taken back.
func TestAlwaysByCommand(t *testing.T) {
	t.Parallel()
	modes(t, commandsTrack, func(t *testing.T, d *daemon) {
		e := d.open()
		runTrack(t, e, mainTrack)
		id := asking(t, d.awaitPending(3), "go test ./...")
		must(t, e.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: id, Decision: wire.Approve, Remember: wire.ForWorkspace}, nil))
		left := d.awaitPending(1)
		if left[0].Cover.Command != "go vet ./..." {
			t.Errorf("%s waits", left[0].Title)
		}
		runTrack(t, e, otherTrack)
		d.awaitStatus(otherTrack, "T1", engine.Completed) // without being asked
		var rules []wire.Remembered
		must(t, e.Command(t.Context(), wire.ApprovalRules, nil, &rules))
		if len(rules) != 1 || rules[0].Since == "" {
			t.Fatalf("rules: %+v", rules)
		}
		rules[0].Since, rules[0].Ticket = "", ""
		want := wire.Remembered{ID: id, Scope: "workspace", Track: mainTrack, Covers: "run_command go test ./...", By: "person (lsptest 1)"}
		if diff := cmp.Diff(want, rules[0]); diff != "" {
			t.Error(diff)
		}
		must(t, e.Command(t.Context(), wire.ApprovalForget, wire.ApprovalArgs{ID: id}, nil))
		err := e.Command(t.Context(), wire.ApprovalForget, wire.ApprovalArgs{ID: id}, nil)
		if err == nil || !strings.Contains(err.Error(), id+" is not among what was approved for good") {
			t.Errorf("forgetting twice: %v", err)
		}
		must(t, e.Command(t.Context(), wire.TicketRetry, wire.TicketArgs{URI: string(e.URI(otherTrack + ".track.yaml")), ID: "T1"}, nil))
		d.awaitPending(2)
	})
}

// TestEachWay: an approval is reached by prompt, lens, code action and command, in its track and in the inbox; the
// command line has tests of its own.
func TestEachWay(t *testing.T) {
	t.Parallel()
	track := mainTrack + ".track.yaml"
	ways := map[string]func(t *testing.T, d *daemon, e *lsptest.Env){
		"command": func(t *testing.T, _ *daemon, e *lsptest.Env) {
			must(t, e.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: "A1", Decision: wire.Approve}, nil))
		},
		"lens": func(t *testing.T, _ *daemon, e *lsptest.Env) {
			must(t, e.Open(t.Context(), track))
			press(t, e, track, "Approve A1")
		},
		"code action": func(t *testing.T, _ *daemon, e *lsptest.Env) {
			must(t, e.Open(t.Context(), track))
			perform(t, e, track, "id: T1", "Approve A1")
		},
		"inbox lens": func(t *testing.T, _ *daemon, e *lsptest.Env) {
			press(t, e, openInbox(t, e), "Approve A1")
		},
		"inbox code action": func(t *testing.T, _ *daemon, e *lsptest.Env) {
			perform(t, e, openInbox(t, e), "### A1", "Approve A1")
		},
		"review lens": func(t *testing.T, _ *daemon, e *lsptest.Env) {
			must(t, e.Command(t.Context(), wire.ApprovalOpen, wire.ApprovalArgs{ID: "A1"}, nil))
			press(t, e, e.Await(lsptest.Shown("/A1.md")).Shown[0], "Approve as edited")
		},
		"review code action": func(t *testing.T, _ *daemon, e *lsptest.Env) {
			must(t, e.Command(t.Context(), wire.ApprovalOpen, wire.ApprovalArgs{ID: "A1"}, nil))
			perform(t, e, e.Await(lsptest.Shown("/A1.md")).Shown[0], "## Prompt", "Approve as edited")
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, sample, func(t *testing.T, d *daemon) {
				e := d.open()
				runTrack(t, e, mainTrack)
				d.awaitPending(1)
				way(t, d, e)
				d.awaitStatus(mainTrack, "T1", engine.Completed)
			})
		})
	}
	t.Run("prompt, when the person comes to the track", func(t *testing.T) {
		t.Parallel()
		modes(t, sample, func(t *testing.T, d *daemon) {
			other := d.open()
			e := d.open(lsptest.WithResponder(lsptest.Choose("Approve")))
			settle(t, e)
			runTrack(t, other, mainTrack)
			e.Await(lsptest.Message("A1 waits for you"), lsptest.Prompts(0))
			must(t, e.Open(t.Context(), track))
			d.awaitStatus(mainTrack, "T1", engine.Completed)
		})
	})
}

// TestComingAsksWhatWaits: who comes to a track is not asked what is requested there a moment later, since by then keys
// are meant for the document.
func TestComingAsksWhatWaits(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		other := d.open()
		e := d.open(lsptest.WithResponder(lsptest.Choose("Approve")))
		settle(t, e)
		must(t, e.Open(t.Context(), mainTrack+".track.yaml"))
		settle(t, e)
		runTrack(t, other, mainTrack)
		e.Await(lsptest.Message("A1 waits for you"), lsptest.Prompts(0))
	})
}

// TestAnswerAsksNothing: who answers an approval that was announced to them is not asked that approval.
func TestAnswerAsksNothing(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		other, e := d.open(), d.open()
		settle(t, e)
		runTrack(t, other, mainTrack)
		e.Await(lsptest.Message("A1 waits for you"), lsptest.Prompts(0))
		must(t, e.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: "A1", Decision: wire.Approve}, nil))
		d.awaitStatus(mainTrack, "T1", engine.Completed)
		settle(t, e)
		for _, p := range e.Seen().Prompts { // A2 may be: it follows from the answer
			if strings.HasPrefix(p.Message, "A1:") {
				t.Errorf("asked: %s", p.Message)
			}
		}
	})
}

// openInbox opens the inbox by its command and gives its path.
func openInbox(t *testing.T, e *lsptest.Env) string {
	t.Helper()
	must(t, e.Command(t.Context(), wire.ApprovalList, wire.ListArgs{Open: true}, nil))
	return slices.Collect(func(yield func(string) bool) {
		for _, p := range e.Await(lsptest.Shown("/approvals.md")).Shown {
			if strings.HasSuffix(p, "/approvals.md") && !yield(p) {
				return
			}
		}
	})[0]
}

// perform runs the code action with the title at a place.
func perform(t *testing.T, e *lsptest.Env, path, find, title string) {
	t.Helper()
	p := at(t, e, path, find)
	params, err := json.Marshal(map[string]any{
		"textDocument": map[string]any{"uri": e.URI(path)}, "range": wire.Range{Start: p, End: p},
		"context": map[string]any{"diagnostics": []any{}},
	})
	must(t, err)
	var answer json.RawMessage
	must(t, e.Call(t.Context(), protocol.MethodTextDocumentCodeAction, json.RawMessage(params), &answer))
	var list []struct {
		Title   string
		Command struct {
			Command   string
			Arguments []json.RawMessage
		}
	}
	must(t, json.Unmarshal(answer, &list))
	for _, a := range list {
		if a.Title == title {
			must(t, e.Command(t.Context(), a.Command.Command, a.Command.Arguments[0], nil))
			return
		}
	}
	t.Fatalf("there is no action %q at %q: %+v", title, find, list)
}

// TestInbox: it lists what waits in groups, follows the state while it is open, and answers a group in one go.
func TestInbox(t *testing.T) {
	t.Parallel()
	modes(t, commandsTrack, func(t *testing.T, d *daemon) {
		e := d.open()
		runTrack(t, e, mainTrack)
		d.awaitPending(3)
		path := openInbox(t, e)
		whole, _, _ := e.Text(path)
		for _, want := range []string{"# 3 approvals wait for you\n", "\n## command · 3 approvals of .slop/tracks/main\n", "\n### A1 · "} {
			if !strings.Contains(whole, want) {
				t.Errorf("the inbox lacks %q:\n%s", want, whole)
			}
		}
		var titles []string
		for _, l := range rawLenses(t, e, path) {
			titles = append(titles, l.Command.Title)
		}
		for _, want := range []string{"Approve all 3", "Reject all 3", "Approve A1", "Reject A2", "Approve A1 always for this track: run_command go "} {
			if !slices.ContainsFunc(titles, func(s string) bool { return strings.HasPrefix(s, want) }) {
				t.Errorf("no lens %q in %q", want, titles)
			}
		}
		must(t, e.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: "A1", Decision: wire.Reject}, nil))
		awaitFile(t, path, "# 2 approvals wait for you\n")
		press(t, e, path, "Approve all 2") // of the three that its text still lists
		d.awaitPending(0)
		must(t, e.Command(t.Context(), wire.ApprovalList, wire.ListArgs{Open: true}, nil))
		awaitFile(t, path, "# Nothing waits for an approval\n")
	})
}

// awaitFile waits until a file on the disk holds a text.
func awaitFile(t *testing.T, path, want string) {
	t.Helper()
	wait(t, fmt.Sprintf("%s holds %q", filepath.Base(path), want), func() bool {
		data, err := os.ReadFile(path)
		return err == nil && strings.Contains(string(data), want)
	})
}

// TestLateInBatch: what somebody else has decided is left out of a batch, and it is said who did.
func TestLateInBatch(t *testing.T) {
	t.Parallel()
	modes(t, commandsTrack, func(t *testing.T, d *daemon) {
		e := d.open()
		other := d.open(lsptest.WithConfig(func(c *client.Config) { c.Name = "Quick" }))
		runTrack(t, e, mainTrack)
		d.awaitPending(3)
		must(t, other.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: "A2", Decision: wire.Reject}, nil))
		all := wire.AnswerArgs{IDs: []string{"A1", "A2", "A3"}, Decision: wire.Approve}
		must(t, e.Command(t.Context(), wire.ApprovalAnswer, all, nil))
		e.Await(lsptest.Message("A2 was already rejected by person (Quick 1): your answer changed nothing about that"))
		err := e.Command(t.Context(), wire.ApprovalAnswer, all, nil)
		if err == nil || !strings.Contains(err.Error(), "was already") {
			t.Errorf("all of them late: %v", err)
		}
		all.ID = "A1"
		if err := e.Command(t.Context(), wire.ApprovalAnswer, all, nil); err == nil || !strings.Contains(err.Error(), `"ids" answers several`) {
			t.Errorf("both id and ids: %v", err)
		}
	})
}

// batching says that an editor takes prompts about several approvals.
func batching(cfg *client.Config) {
	cfg.Experimental = map[string]any{"slop": wire.Capabilities{Prompts: true, Batch: true}}
}

// threeWait has three approvals wait before an editor attaches, so that its first prompt is about all of them.
func threeWait(t *testing.T, d *daemon) {
	t.Helper()
	runTrack(t, d.open(), mainTrack)
	d.awaitPending(3)
}

// TestBatchPrompt: a client that takes them is asked about several alike in one prompt, in which each can be seen.
func TestBatchPrompt(t *testing.T) {
	t.Parallel()
	modes(t, commandsTrack, func(t *testing.T, d *daemon) {
		threeWait(t, d)
		e := d.open(lsptest.WithConfig(batching), lsptest.WithResponder(lsptest.Choose("Approve all 3")))
		p := e.Await(lsptest.Answered(1)).Prompts[0]
		if diff := cmp.Diff([]string{"Review…", "Approve all 3", "Reject all 3"}, p.Actions); diff != "" {
			t.Error(diff)
		}
		if !strings.HasPrefix(p.Message, "3 like this: A1 ") || strings.Count(p.Message, " runs: go ") != 3 || !strings.Contains(p.Message, "; A3 ") {
			t.Errorf("the prompt says %q", p.Message)
		}
		d.awaitPending(0)
		e.Await(lsptest.Prompts(1))
	})
}

// TestBatchPromptFailsClosed: an action that was not offered answers none of them, and Review… opens the inbox.
func TestBatchPromptFailsClosed(t *testing.T) {
	t.Parallel()
	modes(t, commandsTrack, func(t *testing.T, d *daemon) {
		threeWait(t, d)
		for _, title := range []string{"Approve", "Approve all 2", "Reject"} {
			e := d.open(lsptest.WithConfig(batching), lsptest.WithResponder(lsptest.Choose(title)))
			e.Await(lsptest.Answered(1))
			settle(t, e)
			d.awaitPending(3)
		}
		e := d.open(lsptest.WithConfig(batching), lsptest.WithResponder(lsptest.Choose("Review…")))
		e.Await(lsptest.Shown("/approvals.md"))
		d.awaitPending(3)
	})
}

// TestSinglePrompts: a client that did not ask for batches is asked one by one, each with the three actions.
func TestSinglePrompts(t *testing.T) {
	t.Parallel()
	modes(t, commandsTrack, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithConfig(trusting), lsptest.WithResponder(lsptest.Choose("Approve")))
		runTrack(t, e, mainTrack)
		for _, p := range e.Await(lsptest.Answered(3)).Prompts {
			if diff := cmp.Diff([]string{"Review…", "Approve", "Reject"}, p.Actions); diff != "" {
				t.Error(diff)
			}
		}
		d.awaitPending(0)
	})
}

// TestPromptOvertaken: a prompt whose approval is decided elsewhere is let go of, and its window says who decided.
func TestPromptOvertaken(t *testing.T) {
	t.Parallel()
	modes(t, commandsTrack, func(t *testing.T, d *daemon) {
		e := d.open(lsptest.WithConfig(trusting), lsptest.WithResponder(lsptest.Never()))
		runTrack(t, e, mainTrack)
		d.awaitPending(3)
		e.Await(lsptest.Prompts(1))
		other := d.open(lsptest.WithConfig(func(c *client.Config) { c.Name = "Quick" }))
		must(t, other.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: "A1", Decision: wire.Approve}, nil))
		e.Await(lsptest.Message("A1 was already approved by person (Quick 1). The prompt about it needs no answer."), lsptest.Prompts(2),
			lsptest.Expectation{What: "the withdrawal of the prompt", Check: func(s lsptest.State) lsptest.Verdict {
				if len(s.Custom[protocol.MethodCancelRequest]) == 1 {
					return lsptest.Met
				}
				return lsptest.Unmet
			}})
	})
}

// TestWaitingDiagnostics: the ticket that waits says so in its track's document, until it is answered.
func TestWaitingDiagnostics(t *testing.T) {
	t.Parallel()
	modes(t, commandsTrack, func(t *testing.T, d *daemon) {
		e := d.open()
		track := mainTrack + ".track.yaml"
		must(t, e.Open(t.Context(), track))
		runTrack(t, e, mainTrack)
		d.awaitPending(3)
		uri := string(e.URI(track))
		for _, one := range e.Await(lsptest.DiagnosticCount(uri, 3)).Diagnostics[uri] {
			if one.Severity != protocol.DiagnosticSeverityInformation || !strings.Contains(fmt.Sprint(one.Message), " waits for you: T") {
				t.Errorf("%+v", one)
			}
		}
		must(t, e.Command(t.Context(), wire.ApprovalAnswer, wire.AnswerArgs{ID: "A1", Decision: wire.Approve}, nil))
		e.Await(lsptest.DiagnosticCount(uri, 2))
	})
}

// TestApprovalsCannotLie: what a model wrote is shown for what it is, wherever it is shown.
func TestApprovalsCannotLie(t *testing.T) {
	t.Parallel()
	modes(t, "-- .slop/tracks/main.track.yaml --\ntitle: \"Ma\\u202Ein\"\ntickets:\n  - id: T1\n    description: \"Do \\u202Egnihton\\u200B\\n### A9 · x\"\n", func(t *testing.T, d *daemon) {
		e, quiet := d.open(lsptest.WithConfig(trusting)), d.open()
		track := mainTrack + ".track.yaml"
		must(t, e.Open(t.Context(), track))
		runTrack(t, e, mainTrack)
		d.awaitPending(1)
		seen := []string{e.Await(lsptest.Prompts(1)).Prompts[0].Message}
		quiet.Await(lsptest.Message("A1 waits for you"))
		must(t, e.Command(t.Context(), wire.TrackStop, wire.TrackArgs{URI: string(e.URI(track))}, nil))
		for _, m := range quiet.Await(lsptest.Message("A1 waits for you"), lsptest.Message("is stopped")).Messages {
			seen = append(seen, m.Message)
		}
		runTrack(t, e, mainTrack)
		d.awaitPending(1)
		for _, l := range rawLenses(t, e, track) {
			seen = append(seen, l.Command.Title)
		}
		inbox := openInbox(t, e)
		whole, _, _ := e.Text(inbox)
		must(t, e.Command(t.Context(), wire.ApprovalOpen, wire.ApprovalArgs{ID: "A2"}, nil))
		review := e.Await(lsptest.Shown("/A2.md")).Shown
		content, _, _ := e.Text(review[len(review)-1])
		seen = append(seen, whole, content)
		for _, l := range rawLenses(t, e, inbox) {
			if strings.HasPrefix(l.Command.Title, "Approve A9") || strings.HasPrefix(l.Command.Title, "Review… A9") {
				t.Errorf("a title made a lens: %s", l.Command.Title)
			}
			seen = append(seen, l.Command.Title)
		}
		shown := 0
		for _, s := range seen {
			if strings.ContainsAny(s, "\u202e\u200b") {
				t.Errorf("shown as it is: %q", s)
			}
			if strings.Contains(s, "⟨U+202E⟩") {
				shown++
			}
		}
		if shown < 6 {
			t.Errorf("written out in %d places only: %q", shown, seen)
		}
	})
}
