package policy

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// parse adds what one dialect reads in a text. What stands before an error counts: a shell runs that before it sees
// the error.
func (l *line) parse(text string, dialect syntax.LangVariant) {
	defer func() {
		if p := recover(); p != nil {
			l.note("it cannot be parsed")
			l.loose = true
		}
	}()
	parser := syntax.NewParser(syntax.Variant(dialect))
	for stmt, err := range parser.StmtsSeq(strings.NewReader(text)) {
		if err != nil {
			l.note("it cannot be parsed: " + err.Error())
			l.loose = true
			return
		}
		l.note(notPlain(stmt))
		l.collect(stmt)
	}
}

// collect adds every simple command below a node, however deep.
func (l *line) collect(node syntax.Node) {
	syntax.Walk(node, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			l.call(n)
		case *syntax.DeclClause:
			l.commands = append(l.commands, []string{n.Variant.Value})
		case *syntax.Redirect:
			if badRedirect(n) != "" {
				l.files = append(l.files, unquote(n.Word))
			}
			if n.Hdoc != nil {
				l.texts = append(l.texts, unquote(n.Hdoc))
			}
		}
		return true
	})
}

func (l *line) call(c *syntax.CallExpr) {
	l.loose = l.loose || len(c.Assigns) > 0
	if len(c.Args) == 0 {
		return
	}
	l.loose = l.loose || notLiteral(c.Args[0]) != ""
	l.commands = append(l.commands, unquoted(c.Args))
}

// notPlain says why a statement is more than simple commands joined, or "".
func notPlain(s *syntax.Stmt) string {
	if s.Background || s.Coprocess || s.Disown {
		return "a command in the background"
	}
	for _, r := range s.Redirs {
		if why := badRedirect(r); why != "" {
			return why
		}
	}
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		return notPlainCall(c)
	case *syntax.BinaryCmd:
		return notPlainPair(c)
	case *syntax.Subshell:
		return notPlainList(c.Stmts)
	case *syntax.Block:
		return notPlainList(c.Stmts)
	case nil:
		return "a redirection without a command"
	}
	return "it is more than simple commands"
}

func notPlainList(stmts []*syntax.Stmt) string {
	for _, s := range stmts {
		if why := notPlain(s); why != "" {
			return why
		}
	}
	return ""
}

func notPlainPair(b *syntax.BinaryCmd) string {
	switch b.Op {
	case syntax.AndStmt, syntax.OrStmt, syntax.Pipe:
		return notPlainList([]*syntax.Stmt{b.X, b.Y})
	}
	return "the operator " + b.Op.String()
}

func notPlainCall(c *syntax.CallExpr) string {
	if len(c.Assigns) > 0 {
		return "a variable is set"
	}
	for _, w := range c.Args {
		if why := notLiteral(w); why != "" {
			return why
		}
	}
	return ""
}

// badRedirect lets output be thrown away or joined, and nothing else.
func badRedirect(r *syntax.Redirect) string {
	target := r.Word.Lit()
	number := r.N == nil || r.N.Value == "1" || r.N.Value == "2"
	switch r.Op {
	case syntax.RdrOut, syntax.AppOut:
		if number && target == "/dev/null" {
			return ""
		}
	case syntax.DplOut:
		if number && (target == "1" || target == "2") {
			return ""
		}
	case syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
		return "a here-document"
	}
	return "a redirection"
}

// notLiteral says why a word is not what stands there.
func notLiteral(w *syntax.Word) string {
	for i, part := range w.Parts {
		switch p := part.(type) {
		case *syntax.Lit:
			if why := notBare(p.Value, i == 0); why != "" {
				return why
			}
		case *syntax.SglQuoted:
			if p.Dollar {
				return "quotes with escapes"
			}
		case *syntax.DblQuoted:
			if why := notQuoted(p); why != "" {
				return why
			}
		default:
			return expansion(part)
		}
	}
	return ""
}

func notBare(s string, first bool) string {
	switch {
	case strings.ContainsAny(s, "*?["):
		return "a glob, which stands for other words"
	case strings.ContainsAny(s, "{}"):
		return "braces, which stand for other words"
	case strings.ContainsAny(s, "\\$`"):
		return "an escape"
	case first && strings.HasPrefix(s, "~"), strings.Contains(s, "=~"), strings.Contains(s, ":~"):
		return "a home folder"
	}
	return ""
}

func notQuoted(q *syntax.DblQuoted) string {
	if q.Dollar {
		return "quotes that are translated"
	}
	for _, part := range q.Parts {
		lit, ok := part.(*syntax.Lit)
		if !ok {
			return expansion(part)
		}
		if strings.ContainsAny(lit.Value, "\\$`") {
			return "an escape"
		}
	}
	return ""
}

func expansion(part syntax.WordPart) string {
	switch part.(type) {
	case *syntax.CmdSubst, *syntax.ProcSubst:
		return "a substitution, which runs another command"
	case *syntax.ParamExp, *syntax.ArithmExp:
		return "a variable or a sum, which stands for other text"
	}
	return fmt.Sprintf("a pattern (%T)", part)
}

func unquoted(words []*syntax.Word) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = unquote(w)
	}
	return out
}

// unquote gives a word without its quotes. What only a shell could fill in is left out.
func unquote(w *syntax.Word) string {
	var b strings.Builder
	for _, part := range w.Parts {
		unquotePart(&b, part, false)
	}
	return b.String()
}

func unquotePart(b *strings.Builder, part syntax.WordPart, quoted bool) {
	switch p := part.(type) {
	case *syntax.Lit:
		b.WriteString(unescape(p.Value, quoted))
	case *syntax.SglQuoted:
		b.WriteString(ansi(p))
	case *syntax.DblQuoted:
		for _, inner := range p.Parts {
			unquotePart(b, inner, true)
		}
	}
}

// unescape takes backslashes off; in double quotes they count only before a few characters.
func unescape(s string, quoted bool) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (!quoted || strings.IndexByte("\\$`\"\n", s[i+1]) >= 0) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// ansi gives the text of single quotes, with the escapes of the $” form.
func ansi(q *syntax.SglQuoted) string {
	if !q.Dollar {
		return q.Value
	}
	s, _, err := expand.Format(nil, q.Value, nil)
	if err != nil {
		return q.Value
	}
	return s
}
