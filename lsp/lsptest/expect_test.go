package lsptest

import "testing"

func TestVerdicts(t *testing.T) {
	t.Parallel()
	begun := newState()
	begun.Progress["a"] = []string{"begin", "report"}
	ended := newState()
	ended.Progress["a"] = []string{"begin", "end"}
	odd := newState()
	odd.Progress["a"] = []string{"report"}
	two := newState()
	two.Prompts = []Prompt{{Message: "1", Answered: true}, {Message: "2"}}
	for _, tc := range []struct {
		name  string
		x     Expectation
		state State
		want  Verdict
	}{
		{"begun", ProgressEnded("a"), begun, Unmet},
		{"ended", ProgressEnded("a"), ended, Met},
		{"never begun", ProgressEnded("a"), odd, Impossible},
		{"few prompts", Prompts(3), two, Unmet},
		{"right prompts", Prompts(2), two, Met},
		{"many prompts", Prompts(1), two, Impossible},
		{"answered", Answered(1), two, Met},
		{"not all answered", Answered(2), two, Unmet},
		{"no diagnostics yet", DiagnosticCount("u", 0), two, Unmet},
	} {
		if got := tc.x.Check(tc.state); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
	if open, lost := judge(two, []Expectation{Prompts(3), Prompts(1)}); lost != "1 prompts" || open != nil {
		t.Errorf("judged open %v, lost %q", open, lost)
	}
}
