package lsptest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verdict is what an expectation says of a state.
type Verdict string

// The verdicts. Impossible: no later state can meet it, so that waiting would only lose time.
const (
	Met        Verdict = "met"
	Unmet      Verdict = "not met yet"
	Impossible Verdict = "can no longer be met"
)

// Expectation is a condition on what the editor has seen.
type Expectation struct {
	What  string
	Check func(State) Verdict
}

// met makes an expectation that can always still come true.
func met(what string, check func(State) bool) Expectation {
	return Expectation{What: what, Check: func(s State) Verdict {
		if check(s) {
			return Met
		}
		return Unmet
	}}
}

// Await waits until all expectations are met, and fails the test when one can no longer be, or after Patience.
func (e *Env) Await(expectations ...Expectation) State {
	e.T.Helper()
	timeout := time.NewTimer(Patience)
	defer timeout.Stop()
	for {
		e.mu.Lock()
		state, changed := e.state.clone(), e.changed
		e.mu.Unlock()
		open, lost := judge(state, expectations)
		if lost != "" {
			e.T.Fatalf("%s: %s\n%s", lost, Impossible, describe(state))
		}
		if len(open) == 0 {
			return state
		}
		select {
		case <-changed:
		case <-timeout.C:
			e.T.Fatalf("after %v not met: %s\n%s", Patience, strings.Join(open, "; "), describe(state))
		}
	}
}

func judge(s State, expectations []Expectation) (open []string, lost string) {
	for _, x := range expectations {
		switch x.Check(s) {
		case Met:
		case Impossible:
			return nil, x.What
		case Unmet:
			open = append(open, x.What)
		}
	}
	return open, ""
}

func describe(s State) string {
	var b strings.Builder
	for _, m := range s.Messages {
		fmt.Fprintf(&b, "message: %s\n", m.Message)
	}
	for _, p := range s.Prompts {
		fmt.Fprintf(&b, "prompt (answered: %v): %s\n", p.Answered, p.Message)
	}
	for u, list := range s.Diagnostics {
		for _, d := range list {
			fmt.Fprintf(&b, "diagnostic: %s:%d: %v\n", u, d.Range.Start.Line+1, d.Message)
		}
	}
	for token, kinds := range s.Progress {
		fmt.Fprintf(&b, "progress %s: %v %q\n", token, kinds, s.Told[token])
	}
	for _, path := range s.Shown {
		fmt.Fprintf(&b, "shown: %s\n", path)
	}
	return b.String()
}

// Message expects that a message with the text was shown.
func Message(part string) Expectation {
	return met("a message with "+part, func(s State) bool {
		for _, m := range s.Messages {
			if strings.Contains(m.Message, part) {
				return true
			}
		}
		return false
	})
}

// Prompts expects exactly n prompts; more can no longer become fewer.
func Prompts(n int) Expectation {
	return Expectation{What: fmt.Sprintf("%d prompts", n), Check: func(s State) Verdict {
		switch {
		case len(s.Prompts) == n:
			return Met
		case len(s.Prompts) > n:
			return Impossible
		}
		return Unmet
	}}
}

// Answered expects that n prompts were answered.
func Answered(n int) Expectation {
	return met(fmt.Sprintf("%d answered prompts", n), func(s State) bool {
		got := 0
		for _, p := range s.Prompts {
			if p.Answered {
				got++
			}
		}
		return got >= n
	})
}

// Shown expects that a document whose path ends so was shown.
func Shown(suffix string) Expectation {
	return met("a document "+suffix, func(s State) bool {
		for _, p := range s.Shown {
			if strings.HasSuffix(p, suffix) {
				return true
			}
		}
		return false
	})
}

// DiagnosticCount expects n diagnostics as the newest of a URI, which must have been published.
func DiagnosticCount(uri string, n int) Expectation {
	return met(fmt.Sprintf("%d diagnostics of %s", n, uri), func(s State) bool {
		list, ok := s.Diagnostics[uri]
		return ok && len(list) == n
	})
}

// ProgressTold expects that a progress said a message.
func ProgressTold(token, message string) Expectation {
	return met("the progress "+token+" to say "+message, func(s State) bool { return slices.Contains(s.Told[token], message) })
}

// ProgressEnded expects that the progress with the token has begun and ended.
func ProgressEnded(token string) Expectation {
	return Expectation{What: "the end of progress " + token, Check: func(s State) Verdict {
		kinds := s.Progress[token]
		if len(kinds) > 0 && kinds[0] != "begin" {
			return Impossible
		}
		if len(kinds) > 1 && kinds[len(kinds)-1] == "end" {
			return Met
		}
		return Unmet
	}}
}

// ProgressBegun expects that the progress with the token has begun.
func ProgressBegun(token string) Expectation {
	return met("the beginning of progress "+token, func(s State) bool { return len(s.Progress[token]) > 0 })
}
