package engine_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// ruler asks for spawns, allows one command, and refuses one tool.
type ruler struct{}

func (ruler) Rule(_ context.Context, a engine.Action) engine.Ruling {
	switch {
	case a.Command == "go test":
		return engine.Ruling{Verdict: engine.Allow, Rule: "tests"}
	case a.Tool == "delete_file":
		return engine.Ruling{Verdict: engine.Deny, Rule: "nothing is deleted"}
	case a.Kind == engine.KindStep:
		return engine.Ruling{Verdict: engine.Allow, Rule: "default"}
	default:
		return engine.Ruling{Verdict: engine.Ask, Rule: "default"}
	}
}

// halves shows half of every file, and counts how often it is asked.
type halves struct{ views int }

func (h *halves) View(ctx context.Context, files engine.Files, req engine.ViewRequest) (engine.View, error) {
	h.views++
	f, err := files.Read(ctx, req.Path)
	return engine.View{Text: string(f.Data[:len(f.Data)/2])}, err
}

func (h *halves) Outline(context.Context, string, []byte) (engine.Outline, error) {
	return engine.Outline{}, nil
}

func forecaster(v engine.Viewer) engine.Forecaster {
	return engine.Forecaster{
		Viewer: v, Files: enginetest.NewFiles(map[string]string{"a": "12345678", "b": "1234"}), Policy: ruler{}, Models: []string{"small", "large"},
		Count: func(_, text string) int { return len(text) },
		Tools: []engine.ToolSpec{{Name: "read_file", Effect: engine.EffectRead}, {Name: "delete_file", Effect: engine.EffectEdit}, {Name: "run_command", Effect: engine.EffectRun}},
	}
}

func TestForecast(t *testing.T) {
	t.Parallel()
	track := trackfile.Track{Verify: "go test", Tickets: []trackfile.Ticket{
		{ID: "T1", Description: "one", TargetFile: "a"},
		{ID: "T2", Description: "two", TargetFile: "a", Verify: "make"},
		{ID: "T3", Description: "three", TargetFile: "none", ModelOverride: "huge"},
		{ID: "T4", Description: "four", ContextRequirements: []string{"b", "a"}},
	}}
	v := &halves{}
	f := forecaster(v)
	got := f.Forecast(t.Context(), track)
	if len(got.Estimates) != 4 || v.views != 3 {
		t.Errorf("%d estimates, with %d views", len(got.Estimates), v.views)
	}
	one, three := got.Estimates["T1"], got.Estimates["T3"]
	if one.Model != "small" || one.Before != 8 || one.After != 4 || one.Tokens <= one.After || one.Cost != (engine.Cost{Unknown: true}) {
		t.Errorf("T1: %+v", one)
	}
	if three.Model != "huge" || three.Before != 0 || three.Tokens == 0 {
		t.Errorf("T3: %+v", three)
	}
	want := []engine.Asked{
		{Kind: engine.KindSpawn, Times: 4, Verdict: engine.Ask, Rule: "default"},
		{Kind: engine.KindCommand, What: "go test", Verify: true, Times: 1, Verdict: engine.Allow, Rule: "tests"},
		{Kind: engine.KindCommand, What: "make", Verify: true, Times: 1, Verdict: engine.Ask, Rule: "default"},
		{Kind: engine.KindStep, What: "delete_file", Verdict: engine.Deny, Rule: "nothing is deleted"},
		{Kind: engine.KindCommand, What: "run_command", Verdict: engine.Ask, Rule: "default"},
	}
	if diff := cmp.Diff(want, got.Asks); diff != "" {
		t.Errorf("what is asked (-want +got):\n%s", diff)
	}
	f.Price = func(_ string, u engine.Usage) engine.Cost { return engine.Cost{MicroUSD: 2 * u.Input} }
	if e := f.Forecast(t.Context(), track).Estimates["T1"]; e.Cost.MicroUSD != 2*int64(e.Tokens) || e.Cost.Unknown {
		t.Errorf("with a price: %+v", e)
	}
}

// What is not estimated in time is missing, and not nothing.
func TestForecastEndsInTime(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := forecaster(&halves{}).Forecast(ctx, trackfile.Track{Tickets: []trackfile.Ticket{{ID: "T1", TargetFile: "a"}}})
	if len(got.Estimates) != 0 || len(got.Asks) == 0 {
		t.Errorf("%+v", got)
	}
}
