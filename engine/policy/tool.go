package policy

import (
	"errors"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/slop-ls/slop-ls/engine"
)

// toolRule names tools, or a kind of approval.
type toolRule struct{ text string }

func newToolRule(s string) (toolRule, error) {
	if s == "" || strings.TrimSpace(s) != s || strings.ContainsAny(s, " \t\n") {
		return toolRule{}, errors.New(`expected the name of a tool, such as "run_command", or of a kind, such as "spawn"`)
	}
	if !doublestar.ValidatePattern(s) {
		return toolRule{}, errors.New("not a pattern: close its brackets, or write the tool's name as it is")
	}
	return toolRule{s}, nil
}

func (r toolRule) matches(a engine.Action) bool {
	return r.is(a.Tool) || r.is(string(a.Kind))
}

func (r toolRule) is(name string) bool {
	return name != "" && doublestar.MatchUnvalidated(r.text, name)
}

// byDefault rules on what no rule speaks of: what stays in the draft goes on, what reaches further asks.
func byDefault(s *subject) engine.Ruling {
	verdict, verb := engine.Ask, " asks"
	if harmless(s.action) {
		verdict, verb = engine.Allow, " is allowed"
	}
	return ruling(verdict, "default: "+s.name()+verb)
}

func harmless(a engine.Action) bool {
	switch a.Kind {
	case engine.KindEdit:
		return true
	case engine.KindStep, engine.KindCommand:
		return a.Effect == engine.EffectRead || a.Effect == engine.EffectEdit || a.Effect == engine.EffectFinish
	case engine.KindSpawn, engine.KindQuestion:
	}
	return false
}
