package enginetest

import (
	"testing"

	"github.com/slop-ls/slop-ls/engine"
)

func TestFakeProvider(t *testing.T) {
	t.Parallel()
	Provider(t, func(_ *testing.T, answer func(engine.Request) ProviderReply) engine.Provider {
		return NewFakeProvider(answer)
	})
}

func TestFakeProviderRemembersItsRequests(t *testing.T) {
	t.Parallel()
	p := NewFakeProvider(always(ProviderReply{Text: "ok"}))
	req := ask("x")
	if _, err := p.Generate(t.Context(), req, func(engine.Delta) {}); err != nil {
		t.Fatal(err)
	}
	req.Messages[0].Text = "changed later"
	if got := p.Requests(); len(got) != 1 || got[0].Messages[0].Text != "x" {
		t.Errorf("%+v", got)
	}
}
