package openai

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/scripted"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testKey = "sk-test/secret+0123456789"

// quick are limits under which failures come soon, but not on a busy machine by mistake.
var quick = Limits{
	Backoff: time.Millisecond, MaxBackoff: 2 * time.Millisecond, Attempts: 2, FirstToken: 10 * time.Second,
	Idle: 2 * time.Second, Line: 1 << 20,
}

func serve(t *testing.T, rules ...scripted.Rule) *scripted.Server {
	t.Helper()
	s, err := scripted.Start(scripted.Script{Rules: rules})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func always(r scripted.Reply) scripted.Rule { return scripted.Rule{Reply: r} }

// connect makes a provider with one endpoint. change, which may be nil, changes its settings.
func connect(t *testing.T, url string, change func(*Endpoint)) *Provider {
	t.Helper()
	e := Endpoint{Name: "local", BaseURL: url, Limits: quick}
	if change != nil {
		change(&e)
	}
	p, err := New([]Endpoint{e}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func request(text string) engine.Request {
	return engine.Request{
		Tier: engine.TierWorker, Model: "small",
		Messages: []engine.Message{{Role: engine.RoleUser, Text: text}},
	}
}

func ignore(engine.Delta) {}

func TestConformance(t *testing.T) {
	t.Parallel()
	enginetest.Provider(t, func(t *testing.T, answer func(engine.Request) enginetest.ProviderReply) engine.Provider {
		s := serve(t, always(scripted.Reply{Func: func(q scripted.Request) scripted.Reply {
			return scriptedReply(answer(engineRequest(q)))
		}}))
		return connect(t, s.URL(), nil)
	})
}

func engineRequest(q scripted.Request) engine.Request {
	out := engine.Request{Model: q.Model}
	for _, m := range q.Messages {
		msg := engine.Message{Role: engine.Role(m.Role), Text: m.Text, CallID: m.CallID, Name: m.Name}
		for _, c := range m.Calls {
			msg.Calls = append(msg.Calls, engine.ToolCall{ID: c.ID, Name: c.Name, Arguments: c.Arguments})
		}
		out.Messages = append(out.Messages, msg)
	}
	for _, name := range q.Tools {
		out.Tools = append(out.Tools, engine.ToolSpec{Name: name})
	}
	return out
}

var faultOf = map[engine.ProviderErrorKind]scripted.FaultKind{
	engine.ProviderAuth:        scripted.FaultUnauthorized,
	engine.ProviderBadRequest:  scripted.FaultBadRequest,
	engine.ProviderTooLarge:    scripted.FaultTooLong,
	engine.ProviderRateLimited: scripted.FaultRateLimited,
	engine.ProviderServer:      scripted.FaultServer,
	engine.ProviderDropped:     scripted.FaultDropped,
	engine.ProviderMalformed:   scripted.FaultMalformed,
	engine.ProviderOversized:   scripted.FaultOversizedLine,
	engine.ProviderStalled:     scripted.FaultStallMiddle,
}

func scriptedReply(r enginetest.ProviderReply) scripted.Reply {
	out := scripted.Reply{Text: r.Text, Reasoning: r.Reasoning, Finish: r.Finish, Chunk: 5}
	if r.Usage != (engine.Usage{}) {
		out.Usage = &scripted.Usage{
			Input: int(r.Usage.Input), Cached: int(r.Usage.CachedInput),
			Output: int(r.Usage.Output), Reasoning: int(r.Usage.Reasoning),
		}
	}
	for _, c := range r.Calls {
		out.Chunk = 0
		out.Calls = append(out.Calls, scripted.Call{Name: c.Name, Arguments: c.Arguments})
	}
	out.Fault.Kind = faultOf[r.Fail]
	if r.Hang {
		out.Fault.Kind = scripted.FaultStallMiddle
	}
	return out
}
