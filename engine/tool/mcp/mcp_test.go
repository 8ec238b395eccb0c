package mcp_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/tool/mcp"
	"github.com/slop-ls/slop-ls/engine/tool/mcp/mcptest"
	"github.com/slop-ls/slop-ls/engine/workspace"
)

// asServer makes the test binary the server.
const asServer = "MCPTEST_SERVER=1"

func TestMain(m *testing.M) {
	if os.Getenv("MCPTEST_SERVER") != "" {
		mcptest.Main()
		return
	}
	// Sessions of the servers that tests have in this process, and close without a farewell.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/modelcontextprotocol/go-sdk/mcp.(*streamableServerConn).Read"))
}

// start starts the test binary as the server.
func start(_ context.Context, _ string, argv []string, stderr io.Writer) (mcp.Process, error) {
	argv = slices.Clone(argv)
	argv[0] = os.Args[0]
	p, err := workspace.StartProgram(workspace.Program{Argv: argv, Env: []string{asServer, "PATH=" + os.Getenv("PATH")}, Stderr: stderr})
	if err != nil {
		return mcp.Process{}, err
	}
	return mcp.Process{In: p.In, Out: p.Out, Kill: p.Kill, Wait: p.Wait}, nil
}

// kit is one server, and its tools.
type kit struct {
	*testing.T
	servers *mcp.Servers
	tools   map[string]engine.Tool
}

func open(t *testing.T, cfg mcp.Server, limits mcp.Limits) *kit {
	t.Helper()
	k := &kit{T: t, servers: mcp.New(mcp.Options{Servers: []mcp.Server{cfg}, Start: start, Limits: limits})}
	t.Cleanup(func() {
		if err := k.servers.Close(); err != nil {
			t.Error(err)
		}
	})
	k.list()
	return k
}

func (k *kit) list() {
	k.tools = map[string]engine.Tool{}
	for _, tool := range k.servers.Tools(k.Context()) {
		k.tools[tool.Spec().Name] = tool
	}
}

func (k *kit) call(name, args string) (engine.ToolResult, error) {
	k.Helper()
	tool := k.tools[name]
	if tool == nil {
		k.Fatalf("there is no tool %s among %d", name, len(k.tools))
	}
	return tool.Call(k.Context(), nil, json.RawMessage(args))
}

func (k *kit) want(name, args, text string) {
	k.Helper()
	if res, err := k.call(name, args); err != nil || res.Text != text || res.Summary == "" {
		k.Errorf("%s %s gave %.300q, %v; want %q", name, args, res.Text, err, text)
	}
}

func (k *kit) refused(name, args, part string) {
	k.Helper()
	res, err := k.call(name, args)
	var told *engine.ToolError
	if !errors.As(err, &told) || told.Tool != name || !strings.Contains(told.Msg, part) {
		k.Errorf("%s %s gave %.300q, %v; want a ToolError with %q", name, args, res.Text, err, part)
	}
}

// site is the server behind a URL, which can go away and come back at its address.
type site struct {
	t       *testing.T
	address string
	server  *http.Server
	seen    chan http.Header
}

func newSite(t *testing.T) *site {
	s := &site{t: t, address: "127.0.0.1:0", seen: make(chan http.Header, 1000)}
	s.open()
	t.Cleanup(s.close)
	return s
}

func (s *site) open() {
	s.t.Helper()
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.address = listener.Addr().String()
	handler := mcptest.Handler(s.close)
	s.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.seen <- r.Header.Clone()
		handler.ServeHTTP(w, r)
	})}
	go func() { _ = s.server.Serve(listener) }()
}

func (s *site) close() { _ = s.server.Close() }

var program = mcp.Server{Name: "docs", Command: []string{"docs"}}

// TestTools: both ways to a server give the same tools, and calls of them come back.
func TestTools(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	for name, cfg := range map[string]mcp.Server{
		"stdio": program,
		"http": {Name: "docs", URL: "http://" + site.address, Header: func(context.Context) (http.Header, error) {
			return http.Header{"Authorization": {"Bearer of-a-test"}}, nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			k := open(t, cfg, mcp.Limits{})
			k.want("docs__echo", `{"text":"hello"}`, "hello\n")
			k.want("docs__echo", ``, "\n")
			k.refused("docs__fail", `{"text":"x"}`, `nothing is known of "x"`)
			k.refused("docs__echo", `["x"]`, "not one JSON object")
			k.refused("docs__echo", `{"text":1}`, "text")
			k.want("docs__mixed", `{}`, "text\n[an image (image/png, 10 bytes), which cannot be shown here]\n[a link to the resource file:///x: x⟨U+202E⟩y]\n"+
				"[the resource mem:a]\ninside\n[the resource mem:b (x/y, 2 bytes), which cannot be shown here]\n")
			if res, err := k.call("docs__big", `{}`); err != nil || len(res.Text) != 300_000 {
				t.Errorf("a large result: %d bytes, %v", len(res.Text), err)
			}
		})
	}
	if got := (<-site.seen).Get("Authorization"); got != "Bearer of-a-test" {
		t.Errorf("the server was sent %q", got)
	}
}

// TestHostile: what a server says of its tools deceives nobody.
func TestHostile(t *testing.T) {
	t.Parallel()
	k := open(t, program, mcp.Limits{})
	legal := regexp.MustCompile(`^docs__[A-Za-z0-9_-]{1,58}$`)
	for name, tool := range k.tools {
		spec := tool.Spec()
		if !legal.MatchString(name) || spec.Effect != engine.EffectNetwork || !json.Valid(spec.Schema) {
			t.Errorf("%s has the effect %s and the schema %.100s", name, spec.Effect, spec.Schema)
		}
		if strings.ContainsAny(spec.Description, "\x1b\u202e") || len(spec.Description) > 5<<10 || !strings.HasPrefix(spec.Description, `A tool of the MCP server "docs"`) {
			t.Errorf("%s: %.200q", name, spec.Description)
		}
	}
	for _, name := range []string{"docs__read_file", "docs__same_name", "docs__same_name_2"} {
		k.want(name, `{}`, "done\n")
	}
	if k.tools["docs__heavy"] != nil {
		t.Error("a schema of 40 kB is passed on")
	}
	state := k.servers.Check(t.Context())[0]
	if state.Err != nil || len(state.Tools) != len(k.tools) || len(state.Notes) != 1 || !strings.Contains(state.Notes[0], "heavy is left out") {
		t.Errorf("the state is %+v", state)
	}
}

// TestCrash: a server that ends in the middle of a call is told of, and started again by the next one.
func TestCrash(t *testing.T) {
	t.Parallel()
	k := open(t, program, mcp.Limits{})
	k.refused("docs__crash", `{}`, "ended during the call: it ended: exit status 3: mcptest: out of luck. Whether the call had its effect is not known")
	k.want("docs__echo", `{"text":"again"}`, "again\n")
}

func TestCrashOfAURL(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	k := open(t, mcp.Server{Name: "docs", URL: "http://" + site.address}, mcp.Limits{})
	k.refused("docs__crash", `{}`, "ended during the call")
	k.refused("docs__echo", `{}`, "does not run")
	site.open()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) { // the pause before the next start
		res, err := k.call("docs__echo", `{"text":"again"}`)
		if err == nil && res.Text == "again\n" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server came back, and its tool gives %v", err)
		}
	}
}

// TestRestartsAreBounded: a server that ends again and again is started with pauses, and then no more.
func TestRestartsAreBounded(t *testing.T) {
	t.Parallel()
	k := open(t, program, mcp.Limits{Restarts: 2, Pause: time.Millisecond})
	want := []string{"ended during", "ended during", "ended during", "started 3 times"}
	for deadline := time.Now().Add(30 * time.Second); len(want) > 0; {
		_, err := k.call("docs__crash", `{}`)
		switch {
		case err == nil:
			t.Fatal("the crash went well")
		case strings.Contains(err.Error(), want[0]):
			want = want[1:]
		case time.Now().After(deadline):
			t.Fatalf("%v; want %q", err, want[0])
		}
	}
	k.list()
	if k.tools["docs__echo"] == nil {
		t.Error("the tools of a server that is down are forgotten")
	}
	k.refused("docs__echo", `{}`, "The call was not made")
}

// TestPause: after its second end a server rests.
func TestPause(t *testing.T) {
	t.Parallel()
	k := open(t, program, mcp.Limits{Pause: time.Hour})
	k.refused("docs__crash", `{}`, "ended during")
	k.refused("docs__crash", `{}`, "ended during")
	k.refused("docs__echo", `{}`, "not started again before")
}

// TestHang: a call has a time, and a kill of the attempt comes through at once.
func TestHang(t *testing.T) {
	t.Parallel()
	k := open(t, mcp.Server{Name: "docs", Command: []string{"docs"}, Timeout: 2 * time.Second}, mcp.Limits{})
	k.refused("docs__hang", `{}`, "did not answer within 2s")
	k.want("docs__echo", `{"text":"lives"}`, "lives\n")
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("killed by a person")
	cancel(stop)
	if _, err := k.tools["docs__echo"].Call(ctx, nil, nil); !errors.Is(err, stop) {
		t.Errorf("a cancelled call gave %v", err)
	}
}

// TestMute: a server that never answers is given up.
func TestMute(t *testing.T) {
	t.Parallel()
	k := open(t, mcp.Server{Name: "docs", Command: []string{"docs", "mute"}}, mcp.Limits{Start: 100 * time.Millisecond})
	state := k.servers.Check(t.Context())[0]
	if len(k.tools) != 0 || state.Err == nil {
		t.Errorf("%d tools, %v", len(k.tools), state.Err)
	}
}

// TestStubborn: a server that stays when its input ends is killed.
func TestStubborn(t *testing.T) {
	t.Parallel()
	servers := mcp.New(mcp.Options{
		Start: start, Limits: mcp.Limits{Leave: 10 * time.Millisecond},
		Servers: []mcp.Server{{Name: "docs", Command: []string{"docs", "stubborn"}}},
	})
	tools := servers.Tools(t.Context())
	if err := servers.Close(); err != nil || len(tools) == 0 {
		t.Fatalf("%d tools, %v", len(tools), err)
	}
	if _, err := tools[0].Call(t.Context(), nil, nil); err == nil {
		t.Error("a closed server answered")
	}
}

// TestListChanged: a tool that a server makes is there for the next attempt.
func TestListChanged(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	for name, cfg := range map[string]mcp.Server{"stdio": program, "http": {Name: "docs", URL: "http://" + site.address}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := open(t, cfg, mcp.Limits{})
			k.want("docs__learn", `{"text":"newcomer"}`, "now there is newcomer\n")
			for deadline := time.Now().Add(20 * time.Second); k.tools["docs__newcomer"] == nil; time.Sleep(time.Millisecond) {
				if k.list(); time.Now().After(deadline) {
					t.Fatal("the new tool never came")
				}
			}
			k.want("docs__newcomer", `{}`, "learnt\n")
		})
	}
}

// TestUnknownProgram: what cannot be started is said, and its neighbours work.
func TestUnknownProgram(t *testing.T) {
	t.Parallel()
	servers := mcp.New(mcp.Options{
		Servers: []mcp.Server{{Name: "none", Command: []string{"x"}}, program, {Name: "far", URL: "http://127.0.0.1:1"}},
		Start: func(ctx context.Context, server string, argv []string, stderr io.Writer) (mcp.Process, error) {
			if argv[0] == "x" {
				return mcp.Process{}, errors.New("there is no program")
			}
			return start(ctx, server, argv, stderr)
		},
	})
	states := servers.Check(t.Context())
	if states[0].Err == nil || states[1].Err != nil || len(states[1].Tools) == 0 || states[2].Err == nil {
		t.Errorf("the states are %+v", states)
	}
	if err := servers.Close(); err != nil {
		t.Error(err)
	}
}
