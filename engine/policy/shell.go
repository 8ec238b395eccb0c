package policy

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/slop-ls/slop-ls/engine"
)

// commands are the simple commands of a shell line. A nil one is that of an action without a command.
type commands struct {
	words  [][]string // of each, as far as they are plain text
	hidden bool       // something else may run, or be written, than words say
}

// wrappers run what their arguments name.
var wrappers = []string{
	"sudo", "doas", "su", "env", "xargs", "sh", "bash", "zsh", "dash", "eval", "exec", "source", ".", "command", "builtin",
	"time", "nohup", "nice", "timeout", "setsid", "find", "parallel", "watch", "ssh", "docker", "podman", "make", "trap",
}

// runners are flags by which an otherwise plain command runs another program.
var runners = []string{"-exec", "--exec", "-toolexec", "--toolexec", "-c"}

// parse reads an action's command; nil where it has none.
func parse(a engine.Action) *commands {
	if a.Effect != engine.EffectRun {
		return nil
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(a.Command), "")
	if err != nil {
		return &commands{hidden: true}
	}
	c := &commands{}
	syntax.Walk(file, c.visit)
	c.hidden = c.hidden || len(c.words) == 0
	return c
}

// visit collects simple commands, and notes everything that is none.
func (c *commands) visit(node syntax.Node) bool {
	switch n := node.(type) {
	case nil, *syntax.File, *syntax.BinaryCmd, *syntax.Word, *syntax.Lit, *syntax.SglQuoted, *syntax.DblQuoted:
	case *syntax.Stmt:
		c.hidden = c.hidden || n.Background || n.Coprocess || n.Negated
	case *syntax.Redirect:
		c.hidden = c.hidden || !harmless(n)
	case *syntax.CallExpr:
		c.call(n)
	default: // substitutions, expansions, functions, loops, assignments
		c.hidden = true
	}
	return true
}

// harmless is a redirection that writes no file: between descriptors, or to /dev/null.
func harmless(r *syntax.Redirect) bool {
	switch r.Op {
	case syntax.DplOut, syntax.DplIn:
		return true
	case syntax.RdrOut, syntax.AppOut, syntax.RdrAll, syntax.AppAll:
		return r.Word.Lit() == "/dev/null"
	default:
		return false
	}
}

func (c *commands) call(n *syntax.CallExpr) {
	c.hidden = c.hidden || len(n.Assigns) > 0
	var words []string
	for _, w := range n.Args {
		word, plain := literal(w)
		if !plain {
			c.hidden = true
			word = "\x00" // matches no rule's word
		}
		words = append(words, word)
	}
	if len(words) == 0 {
		return
	}
	words[0] = path.Base(words[0])
	c.words = append(c.words, words)
	c.hidden = c.hidden || slices.Contains(wrappers, words[0]) || slices.ContainsFunc(words[1:], runs)
}

// runs reports whether an argument makes its command run another program.
func runs(arg string) bool {
	flag, _, _ := strings.Cut(arg, "=")
	return slices.Contains(runners, flag)
}

// literal is a word whose text is known without running anything.
func literal(w *syntax.Word) (string, bool) {
	var b strings.Builder
	for _, part := range w.Parts {
		switch p := part.(type) {
		case *syntax.Lit:
			if strings.ContainsAny(p.Value, `*?[\{~`) {
				return "", false
			}
			b.WriteString(p.Value)
		case *syntax.SglQuoted:
			if p.Dollar {
				return "", false
			}
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			for _, inner := range p.Parts {
				lit, ok := inner.(*syntax.Lit)
				if !ok || strings.Contains(lit.Value, `\`) {
					return "", false
				}
				b.WriteString(lit.Value)
			}
		default:
			return "", false
		}
	}
	return b.String(), true
}

// any is the index of the first rule that one of the commands begins with, or -1. It looks into wrappers, too: a denied
// command stays denied behind sudo.
func (c *commands) any(rules []string) int {
	if c == nil {
		return -1
	}
	return slices.IndexFunc(rules, func(rule string) bool {
		want := strings.Fields(rule)
		return slices.ContainsFunc(c.words, func(words []string) bool {
			for i := range words {
				if begins(words[i:], want) {
					return true
				}
				if !slices.Contains(wrappers, words[0]) {
					return false
				}
			}
			return false
		})
	})
}

// all is the index of a rule, where each command begins with one and nothing is hidden; else -1.
func (c *commands) all(rules []string) int {
	if c == nil || c.hidden {
		return -1
	}
	found := -1
	for _, words := range c.words {
		found = slices.IndexFunc(rules, func(rule string) bool { return begins(words, strings.Fields(rule)) })
		if found < 0 {
			return -1
		}
	}
	return found
}

func begins(words, want []string) bool {
	return len(want) > 0 && len(words) >= len(want) && slices.Equal(words[:len(want)], want)
}
