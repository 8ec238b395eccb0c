package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/scripted"
	"github.com/slop-ls/slop-ls/engine/tool/mcp/mcptest"
	"github.com/slop-ls/slop-ls/engine/workspace"
	"github.com/slop-ls/slop-ls/store"
)

func TestMain(m *testing.M) {
	if help := workspace.Helper(os.Args); help != nil {
		os.Exit(help())
	}
	testscript.Main(withProgram{m}, map[string]func(){"slop-ls": main, "slop-ls-sessions": sessionsMain, "slop-editor": editorMain, "slop-mcp": mcptest.Main})
}

// TestScript runs the command line as people and programs do, with scripted models over real HTTP. Beside testscript's
// own commands there are:
//
//	model FILE      start a server that replays the script, and a configuration that names it
//	status N ARG... run slop-ls and want the exit status N
//	mcp             start an MCP server behind a URL, and configure it as far, and the program slop-mcp as near
//	asked N         wait until the models were asked N times
//	said TEXT N     want the text in exactly N requests to the models, or at least in one without N
//	ask ID KIND     ask for the approval of T1, as a worker does that then is killed
//	hold            hold the workspace's store, as a running slop-ls does
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			work := env.WorkDir
			for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
				out, err := exec.Command("go", "env", name).Output()
				if err != nil {
					return err
				}
				env.Setenv(name, string(out[:len(out)-1]))
			}
			env.Setenv("XDG_STATE_HOME", filepath.Join(work, ".xdg", "state"))
			env.Setenv("XDG_RUNTIME_DIR", filepath.Join(work, ".xdg", "run"))
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(work, ".xdg", "config"))
			env.Setenv("HOME", filepath.Join(work, ".xdg"))
			env.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(work))
			return os.MkdirAll(filepath.Join(work, ".xdg"), 0o755)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"model": startModel, "status": wantStatus, "asked": waitAsked, "said": wantSaid, "hold": holdStore, "ask": askApproval,
			"mcp": startMCP,
		},
	})
}

func startModel(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: model FILE")
	}
	f, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close() //nolint:errcheck // it was only read
	script, err := scripted.LoadScript(f)
	ts.Check(err)
	server, err := scripted.Start(script)
	ts.Check(err)
	ts.Defer(server.Close)
	ts.Setenv("MODEL_URL", server.URL())
	models.store(ts.Getenv("WORK"), server)
	config := filepath.Join(ts.Getenv("XDG_CONFIG_HOME"), "slop-ls", "config.toml")
	ts.Check(os.MkdirAll(filepath.Dir(config), 0o755))
	ts.Check(os.WriteFile(config, []byte(modelConfig(server.URL())), 0o600))
}

func modelConfig(url string) string {
	tiers := ""
	for _, tier := range []string{"orchestrator", "tech_lead", "worker", "qa"} {
		tiers += fmt.Sprintf("[tiers.%s]\nprovider = \"local\"\nmodels = [\"small\", \"medium\", \"large\"]\n", tier)
	}
	return tiers + fmt.Sprintf("[providers.local]\nkind = \"openai\"\nbase_url = %q\n", url)
}

func wantStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: status N ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("slop-ls", args[1:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("slop-ls %v: exit status %d, want %d", args[1:], got, want)
	}
}

func waitAsked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: asked N")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, err = models.load(ts.Getenv("WORK")).Await(ctx, func(r []scripted.Record) bool { return len(r) >= n })
	ts.Check(err)
}

// wantSaid counts requests that newly hold a text: what a conversation repeats is not counted again.
func wantSaid(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: said TEXT [N]")
	}
	n := 0
	for _, r := range models.load(ts.Getenv("WORK")).Records() {
		var body struct {
			Messages []struct{ Content string }
		}
		ts.Check(json.Unmarshal(r.Body, &body))
		for i, m := range body.Messages {
			if strings.Contains(m.Content, args[0]) && (r.Turn == 0 || i >= len(body.Messages)-1) {
				n++
				break
			}
		}
	}
	if len(args) == 1 && n > 0 || len(args) == 2 && strconv.Itoa(n) == args[1] {
		return
	}
	ts.Fatalf("%q was said in %d requests, want %s", args[0], n, append(args, "some")[1])
}

func holdStore(ts *testscript.TestScript, neg bool, _ []string) {
	path := filepath.Join(ts.Getenv("XDG_STATE_HOME"), "slop-ls")
	if neg {
		ts.Fatalf("usage: hold")
	}
	s := openOnly(ts, path)
	ts.Defer(func() { _ = s.Close() })
}

// openOnly opens the one store of a script.
func openOnly(ts *testscript.TestScript, path string) *store.Store {
	found, err := filepath.Glob(filepath.Join(path, "*", "state.db"))
	ts.Check(err)
	if len(found) != 1 {
		ts.Fatalf("want one store, found %v", found)
	}
	s, err := store.Open(found[0], store.Options{})
	ts.Check(err)
	return s
}

func askApproval(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args) > 4 {
		ts.Fatalf("usage: ask ID KIND WORDS [TICKET]")
	}
	ctx := context.Background()
	s := openOnly(ts, filepath.Join(ts.Getenv("XDG_STATE_HOME"), "slop-ls"))
	defer s.Close() //nolint:errcheck // Append has reported
	state, err := engine.Load(ctx, s)
	ts.Check(err)
	content := engine.Content{Prompt: "Ticket T1\n\n" + args[2], Context: "nothing \u202e here"}
	var options []string
	if args[1] == string(engine.KindQuestion) {
		content, options = engine.Content{Question: args[2]}, []string{"left", "right"}
	}
	var cover *engine.Cover
	if args[1] == string(engine.KindCommand) {
		content = engine.Content{Tool: "run_command", Arguments: `{"command": "` + args[2] + `"}`}
		cover = &engine.Cover{Tool: "run_command", Command: args[2]}
	}
	hash, err := engine.StoreContent(ctx, s, content)
	ts.Check(err)
	run := engine.Run{Ticket: engine.TicketKey{Track: ".slop/tracks/work", ID: append(args, "T1")[3]}, Attempt: 1}
	bodies := []engine.Body{engine.ApprovalRequested{Approval: engine.Approval{
		ID: engine.ApprovalID(args[0]), Kind: engine.ApprovalKind(args[1]), Run: run, Title: "Start T1 \u202e", Hash: hash, Requested: time.Now(),
		Options: options, Cover: cover,
	}}}
	if t, ok := state.Freeze().Ticket(run.Ticket); ok && t.Attempt == 0 {
		bodies = append([]engine.Body{engine.TicketStarted{Run: run, Model: "small"}}, bodies...)
	}
	events, err := fold(state, nil, bodies)
	ts.Check(err)
	ts.Check(s.Append(ctx, events))
}
