package trackfile

import (
	"path"
	"slices"
	"strings"
)

// pathFields are the fields that hold paths of the workspace.
var pathFields = []string{"target_file", "context_requirements", "writes", "context"}

// RenamePath returns the edits by which the document follows a file or a folder that was renamed: wherever a path, or
// the beginning of a glob without a pattern in it, is the old path or lies below it. Paths are relative to the
// workspace and have slashes. Quotes stay what they are where they can; a document with a syntax error is followed as
// far as it could be read.
func RenamePath(d *Document, from, to string) []Edit {
	from, to = path.Clean(from), path.Clean(to)
	if from == to || from == "." || to == "." {
		return nil
	}
	var out []Edit
	follow := func(at Span, text string) {
		rest, ok := strings.CutPrefix(text, from)
		if !ok || rest != "" && rest[0] != '/' || at.Start < len(d.Source) && d.Source[at.Start] == '*' && text[0] != '*' {
			return
		}
		if e := (Edit{at.Start, at.End, d.respell(at, to+rest)}); e.New != string(d.Source[at.Start:at.End]) {
			out = append(out, e)
		}
	}
	fields := func(list []Field) {
		for i := range list {
			f := &list[i]
			switch {
			case !slices.Contains(pathFields, f.Name):
			case f.Name == "target_file":
				follow(f.Value, d.scalar(f.Value))
			default:
				for _, e := range f.Elements {
					follow(e.Span, e.Text)
				}
			}
		}
	}
	fields(d.Fields)
	for i := range d.Items {
		fields(d.Items[i].Fields())
	}
	slices.SortFunc(out, func(a, b Edit) int { return a.Start - b.Start })
	return out
}

// scalar is the text of a value as it is written, without its quotes.
func (d *Document) scalar(at Span) string {
	raw := strings.TrimSpace(string(d.Source[at.Start:at.End]))
	if n := len(raw); n >= 2 && raw[0] == raw[n-1] && (raw[0] == '"' || raw[0] == '\'') {
		return raw[1 : n-1]
	}
	return raw
}
