package policy

import (
	"context"
	"fmt"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// Rules are the rules that people write. Its fields are those of the configuration's [policy] section, so that the one
// converts into the other.
type Rules struct {
	// Tools by name ("run_command"), or everything of one kind of approval ("spawn", "step", "edit", "command",
	// "question"); * stands for any text.
	Deny, Ask, Allow []string
	// Commands by their first words: "go test" means go test with whatever follows.
	DenyCommands, AskCommands, AllowCommands []string
	// Globs relative to the workspace's root, with ** for any folders. Each covers what is below a folder it
	// matches; one without a slash matches at any depth.
	DenyPaths, AskPaths, AllowPaths []string
}

// Policy is an engine.Policy that never changes. It is safe for concurrent use.
type Policy struct {
	deny, ask, allow ruleset
}

// ruleset is the rules of one verdict.
type ruleset struct {
	verdict  engine.Verdict
	tools    []toolRule
	commands []commandRule
	paths    []pathRule
}

// New makes a Policy. A rule that cannot be understood is an error that names it and says what to write instead.
func New(r Rules) (*Policy, error) {
	var p Policy
	for _, part := range []struct {
		set                    *ruleset
		verdict                engine.Verdict
		tools, commands, paths []string
	}{
		{&p.deny, engine.Deny, r.Deny, r.DenyCommands, r.DenyPaths},
		{&p.ask, engine.Ask, r.Ask, r.AskCommands, r.AskPaths},
		{&p.allow, engine.Allow, r.Allow, r.AllowCommands, r.AllowPaths},
	} {
		if err := part.set.fill(part.verdict, part.tools, part.commands, part.paths); err != nil {
			return nil, err
		}
	}
	return &p, nil
}

func (s *ruleset) fill(v engine.Verdict, tools, commands, paths []string) (err error) {
	s.verdict = v
	name := string(v)
	if s.tools, err = compile(name, tools, newToolRule); err != nil {
		return err
	}
	if s.commands, err = compile(name+"_commands", commands, newCommandRule); err != nil {
		return err
	}
	s.paths, err = compile(name+"_paths", paths, newPathRule)
	return err
}

// compile makes the rules of one list of the configuration.
func compile[R any](list string, texts []string, newRule func(string) (R, error)) ([]R, error) {
	rules := make([]R, 0, len(texts))
	for i, t := range texts {
		r, err := newRule(t)
		if err != nil {
			return nil, fmt.Errorf("policy.%s[%d] %q: %w", list, i, t, err)
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// Rule says what may happen to a. It depends on nothing but the rules and a: neither the files nor ctx are looked at.
func (p *Policy) Rule(_ context.Context, a engine.Action) engine.Ruling {
	s := newSubject(a)
	r := p.decide(s)
	if a.Step && r.Verdict == engine.Allow {
		r = engine.Ruling{Verdict: engine.Ask, Rule: "step_mode asks for each call"}
	}
	if r.Verdict != engine.Deny {
		r.Cover, r.Once = s.cover()
		r.Once = ruling(r.Verdict, r.Once).Rule
	}
	return r
}

// Closed says whether a rule about paths, of a person or of a secret's looks, asks or denies before a file is read. Who reads many
// files at once, as a search does, passes over these: Rule sees only the folder that was asked for.
func (p *Policy) Closed(path string) bool {
	s := newSubject(engine.Action{Kind: engine.KindStep, Effect: engine.EffectRead, Paths: []string{path}})
	if _, denied := p.deny.named(s); denied {
		return true
	}
	_, asks := p.asked(s)
	return asks
}

// decide asks each kind of rule in the order of the package comment, but for remembered answers, which the engine
// keeps: it looks among them for the ruling's Cover wherever this does not deny.
func (p *Policy) decide(s *subject) engine.Ruling {
	for _, rule := range []func(*subject) (engine.Ruling, bool){p.denied, p.asked, p.allowed, p.toolRuled} {
		if r, ok := rule(s); ok {
			return r
		}
	}
	return byDefault(s)
}

// denied is every rule that no answer of a person can lift.
func (p *Policy) denied(s *subject) (engine.Ruling, bool) {
	if r, ok := p.deny.tool(s); ok {
		return r, true
	}
	if r, ok := p.deny.named(s); ok {
		return r, true
	}
	if s.line.unread != "" {
		return ruling(engine.Deny, "default: "+s.line.unread), true
	}
	if out, ok := s.leaves(); ok {
		return ruling(engine.Deny, "default: outside the workspace: "+out), true
	}
	return engine.Ruling{}, false
}

// asked is every rule on a command or a path that asks, the built-in ones included.
func (p *Policy) asked(s *subject) (engine.Ruling, bool) {
	if r, ok := p.ask.named(s); ok {
		return r, true
	}
	if g, path, ok := s.guarded(); ok {
		return ruling(engine.Ask, "ask for "+g+": "+path), true
	}
	if why := s.hides(); why != "" {
		return ruling(engine.Ask, "ask for "+why), true
	}
	return engine.Ruling{}, false
}

// named looks for a rule on a command or a path that any part of s meets.
func (s *ruleset) named(sub *subject) (engine.Ruling, bool) {
	for _, c := range s.commands {
		if sub.line.mentions(c) {
			return ruling(s.verdict, fmt.Sprintf("%s_commands %q", s.verdict, c.text)), true
		}
	}
	for _, r := range s.paths {
		if path, ok := sub.touches(r); ok {
			return ruling(s.verdict, fmt.Sprintf("%s_paths %q: %s", s.verdict, r.text, path)), true
		}
	}
	return engine.Ruling{}, false
}

// tool looks for a rule on the tool or the kind.
func (s *ruleset) tool(sub *subject) (engine.Ruling, bool) {
	for _, t := range s.tools {
		if t.matches(sub.action) {
			return ruling(s.verdict, fmt.Sprintf("%s %q", s.verdict, t.text)), true
		}
	}
	return engine.Ruling{}, false
}

// allowed is the rules that allow by name: every command of a plain line, or every path, must be covered.
func (p *Policy) allowed(s *subject) (engine.Ruling, bool) {
	if s.hasLine() {
		return s.line.allowed(p.allow.commands)
	}
	if !s.onFiles() {
		return engine.Ruling{}, false
	}
	return allowedPaths(s.action.Paths, p.allow.paths)
}

// toolRuled is the rules on tools. A question is never answered by one: only a person has the words.
func (p *Policy) toolRuled(s *subject) (engine.Ruling, bool) {
	if r, ok := p.ask.tool(s); ok {
		return r, true
	}
	if s.action.Kind == engine.KindQuestion || s.action.Effect == engine.EffectPerson {
		return engine.Ruling{}, false
	}
	return p.allow.tool(s)
}

// ruling bounds the text and makes it visible: parts of it come from a model.
func ruling(v engine.Verdict, rule string) engine.Ruling {
	const runes = 160
	line, _ := text.VisibleLine(rule, runes)
	return engine.Ruling{Verdict: v, Rule: line}
}
