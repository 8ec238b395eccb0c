package trackfile

import "path"

// CheckTargets looks at what a document names in the workspace and warns of what does not exist yet. exists
// says whether a file does; hasSymbol says whether a file has a symbol, and known false where that cannot be
// told (the warning is then left out); it is asked only for files that exist and may be nil. The problems are
// in source order; the document is not changed.
func CheckTargets(d *Document, exists func(path string) bool, hasSymbol func(path, symbol string) (has, known bool)) []Problem {
	var out []finding
	warn := func(code Code, at Span, format string, args ...any) {
		out = append(out, found(Warning, code, at, format, args...))
	}
	missing := func(f *Field) {
		for _, e := range elements(f) {
			if e.kind == text && illegalPath(e.Text, false) == "" && !exists(path.Clean(e.Text)) {
				warn(CodeMissingContext, e.Span, "the file %s does not exist yet: workers will be told so", quoteShort(e.Text))
			}
		}
	}
	missing(d.Field("context"))
	for i := range d.Items {
		t, item := &d.Track.Tickets[i], &d.Items[i]
		missing(item.Field("context_requirements"))
		if t.TargetFile == "" {
			continue
		}
		if !exists(t.TargetFile) {
			warn(CodeMissingTarget, item.Field("target_file").Value,
				"the file %s does not exist yet: the worker would create it", quoteShort(t.TargetFile))
			continue
		}
		for _, e := range elements(item.Field("target_symbols")) {
			if hasSymbol == nil {
				break
			}
			if has, known := hasSymbol(t.TargetFile, e.Text); known && !has {
				warn(CodeMissingSymbol, e.Span, "%s has no symbol %s yet", quoteShort(t.TargetFile), quoteShort(e.Text))
			}
		}
	}
	return d.problems(out)
}

func elements(f *Field) []Element {
	if f == nil {
		return nil
	}
	return f.Elements
}
