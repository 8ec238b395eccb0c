package prompts

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// Error says what is wrong with a prompt's text, and where.
type Error struct {
	File string
	Line int // from 1
	Msg  string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg) }

// mark is {{name}}, {{#name}} or {{/name}}, or the opening braces of something that is none of these.
var mark = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\\\{\{|\{\{([#/]?)[ \t]*([^{}\n]*?)[ \t]*\}\}|\{\{`) })

// Fill is the prompt's text with the fields in place of their marks. A field that is not given is empty; one that the
// prompt does not have is an *Error with the nearest that it has, as are marks that do not close.
func (s Source) Fill(fields map[string]string) (string, error) {
	f := filling{src: s, fields: fields}
	for {
		at := mark().FindStringSubmatchIndex(s.Text[f.at:])
		if at == nil {
			break
		}
		if err := f.take(at); err != nil {
			return "", err
		}
	}
	f.write(s.Text[f.at:])
	if n := len(f.open); n > 0 {
		return "", f.wrong(f.open[n-1].at, "{{#%s}} is never closed: write {{/%s}} where it ends", f.open[n-1].name, f.open[n-1].name)
	}
	return f.out.String(), nil
}

// section is a part that is left out where its field is empty.
type section struct {
	name string
	at   int
	off  bool
}

type filling struct {
	src    Source
	fields map[string]string
	at     int // how far the text was taken
	open   []section
	out    strings.Builder
}

func (f *filling) wrong(at int, format string, args ...any) error {
	line := 1 + strings.Count(f.src.Text[:at], "\n")
	return &Error{File: cmp.Or(f.src.File, string(f.src.Name)+".md"), Line: line, Msg: fmt.Sprintf(format, args...)}
}

// write adds text, unless it lies in a section that is left out.
func (f *filling) write(text string) {
	for _, s := range f.open {
		if s.off {
			return
		}
	}
	f.out.WriteString(text)
}

// take adds the text before a mark and what the mark stands for.
func (f *filling) take(at []int) error {
	text, begin := f.src.Text, f.at+at[0]
	end := f.at + at[1]
	if at[2] < 0 {
		if text[begin] != '\\' {
			return f.wrong(begin, `"{{" is not closed in its line: write {{field}}, or \{{ for the braces themselves`)
		}
		f.write(text[f.at:begin] + "{{")
		f.at = end
		return nil
	}
	kind, name := text[f.at+at[2]:f.at+at[3]], text[f.at+at[4]:f.at+at[5]]
	if err := f.known(name, begin); err != nil {
		return err
	}
	start := begin
	if kind != "" || f.fields[name] == "" {
		start, end = ownLine(text, begin, end)
	}
	f.write(text[f.at:max(start, f.at)])
	f.at = end
	return f.mark(kind, name, begin)
}

// mark does what a mark stands for.
func (f *filling) mark(kind, name string, at int) error {
	switch kind {
	case "#":
		f.open = append(f.open, section{name, at, strings.TrimSpace(f.fields[name]) == ""})
	case "/":
		n := len(f.open)
		if n == 0 || f.open[n-1].name != name {
			return f.wrong(at, "{{/%s}} closes nothing: there is no {{#%s}} before it", name, name)
		}
		f.open = f.open[:n-1]
	default:
		f.write(f.fields[name])
	}
	return nil
}

// known refuses a field that the prompt does not have.
func (f *filling) known(name string, at int) error {
	info, _ := Find(string(f.src.Name))
	names := make([]string, len(info.Fields))
	for i, field := range info.Fields {
		if names[i] = field.Name; field.Name == name {
			return nil
		}
	}
	hint := "it has " + strings.Join(names, ", ")
	if near := trackfile.Nearest(name, names); near != "" {
		hint = "did you mean " + near + "?"
	} else if len(names) == 0 {
		hint = "it has none"
	}
	return f.wrong(at, "the prompt %s has no field %q: %s", f.src.Name, name, hint)
}

// ownLine is the whole line of a mark that stands alone in it, its end included; else the mark.
func ownLine(text string, begin, end int) (int, int) {
	start := strings.LastIndexByte(text[:begin], '\n') + 1
	stop := len(text)
	if i := strings.IndexByte(text[end:], '\n'); i >= 0 {
		stop = end + i + 1
	}
	if strings.TrimSpace(text[start:begin]) != "" || strings.TrimSpace(text[end:stop]) != "" {
		return begin, end
	}
	return start, stop
}
