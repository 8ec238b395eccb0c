package trackfile

import (
	"path"
	"slices"
	"strings"
	"unicode"
)

// checkTicket looks at what the fields of one ticket mean: its id, choices and paths. What is illegal is left
// out of the ticket.
func (d *reading) checkTicket(t *Ticket, fields []Field) {
	if f := findField(fields, "id"); f != nil && t.ID != "" {
		if why := illegalID(t.ID); why != "" {
			d.errorf(CodeID, f.Value, "%s", why)
		}
	}
	d.checkChoices(t, fields)
	d.checkPaths(fields, TicketFields)
	d.checkTarget(t, fields)
	t.ContextRequirements = legalPaths(t.ContextRequirements, false)
	t.Writes = legalPaths(t.Writes, true)
}

const maxID = 100

// illegalID says why a text cannot be an id; "" when it can.
func illegalID(id string) string {
	if len(id) > maxID {
		return "this id is too long: keep it below 100 characters, such as T1"
	}
	for i, r := range id {
		switch {
		case unicode.IsSpace(r):
			return "an id cannot have white space: write it like T1 or parser-positions"
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '_', i > 0 && (unicode.IsMark(r) || strings.ContainsRune("-.+:#@", r)):
		case i == 0 && strings.ContainsRune("-.+:#@", r):
			return "an id starts with a letter, a digit or _: write it like T1 or parser-positions"
		default:
			return "an id cannot have " + quoteShort(string(r)) + ": write it with letters, digits, - and _, like T1"
		}
	}
	return ""
}

func (d *reading) checkChoices(t *Ticket, fields []Field) {
	if f := findField(fields, "priority"); f != nil && t.Priority != "" && !slices.Contains(Priorities, t.Priority) {
		d.choice(CodePriority, f, string(t.Priority), words(Priorities))
		t.Priority = ""
	}
	if f := findField(fields, "status"); f != nil && !slices.Contains(Statuses, t.Status) {
		d.choice(CodeStatus, f, string(t.Status), words(Statuses))
		t.Status = Todo
	}
}

func words[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

func (d *reading) choice(code Code, f *Field, got string, legal []string) {
	hint := ""
	if near := Nearest(got, legal); near != "" {
		hint = "did you mean " + near + "? "
	}
	last := len(legal) - 1
	d.errorf(code, f.Value, "unknown %s %s: %sit is one of %s or %s",
		f.Name, quoteShort(got), hint, strings.Join(legal[:last], ", "), legal[last])
}

func (d *reading) checkPaths(fields []Field, infos []FieldInfo) {
	for i := range fields {
		f := &fields[i]
		info := lookupField(infos, f.Name)
		switch {
		case info == nil || &fields[i] != findField(fields, f.Name):
		case info.shape == shapePaths || info.shape == shapeGlobs:
			for _, e := range f.Elements {
				d.checkPath(info, e.Text, e.Span)
			}
		}
	}
}

func (d *reading) checkPath(info *FieldInfo, p string, at Span) {
	if why := illegalPath(p, info.shape == shapeGlobs); why != "" {
		d.errorf(CodePath, at, "%s", why)
	}
}

// illegalPath says why a text cannot be a path within the workspace; "" when it can.
func illegalPath(p string, glob bool) string {
	switch clean := path.Clean(p); {
	case p == "":
		return "a path is empty: name a file within the workspace, or delete it"
	case strings.ContainsRune(p, '\\'):
		return "a path is written with / on every system, not with a backslash"
	case strings.HasPrefix(p, "/"), len(p) > 1 && p[1] == ':':
		return "the path " + quoteShort(p) + " is absolute: write it from the workspace's root, such as parser/lex.go"
	case strings.HasPrefix(p, "~"):
		return "the path " + quoteShort(p) + " starts with ~, which is not expanded: write it from the workspace's root"
	case clean == "..", strings.HasPrefix(clean, "../"):
		return "the path " + quoteShort(p) + " leaves the workspace: only files within it can be used"
	case clean == ".":
		return "the path " + quoteShort(p) + " is the workspace itself: name a file in it"
	case strings.ContainsFunc(p, unicode.IsControl):
		return "a path cannot have line ends or control characters"
	case glob && badGlob(p):
		return "the glob " + quoteShort(p) + ` has a "[" without "]", or ends in a backslash`
	}
	return ""
}

func badGlob(p string) bool {
	_, err := path.Match(p, "")
	return err != nil
}

func (d *reading) checkTarget(t *Ticket, fields []Field) {
	f := findField(fields, "target_file")
	if t.TargetFile == "" || f == nil {
		return
	}
	if why := illegalPath(t.TargetFile, false); why != "" {
		d.errorf(CodePath, f.Value, "%s", why)
		t.TargetFile = ""
		return
	}
	t.TargetFile = path.Clean(t.TargetFile)
}

// legalPaths are the legal ones, each in its shortest spelling.
func legalPaths(paths []string, glob bool) []string {
	out := paths[:0]
	for _, p := range paths {
		if illegalPath(p, glob) == "" {
			out = append(out, path.Clean(p))
		}
	}
	return out
}
