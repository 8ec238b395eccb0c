package page_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
)

func spawn() (*engine.Approval, engine.Content) {
	c := engine.Content{
		Prompt:  "Ticket T1\n\nGive Lexer positions.\n```\n## Context\n```\n<!-- hidden? -->",
		Context: "File: parser/lex.go\npackage parser\t// \u202e reversed\n", Model: "medium",
		Rests: map[string]string{"parser/lex.go": "ab", "docs/grammar.md": "cd"},
	}
	return approval(engine.KindSpawn, "Start T1 on medium: *Give* Lexer positions", c), c
}

// approval asks c, as A3.
func approval(kind engine.ApprovalKind, title string, c engine.Content) *engine.Approval {
	return &engine.Approval{ID: "A3", Kind: kind, Run: run2, Title: title, Requested: asked, Hash: engine.ContentHash(c.Encode())}
}

func TestReviewGolden(t *testing.T) {
	t.Parallel()
	a, c := spawn()
	golden(t, "review_spawn", page.Review(a, c))
	command := engine.Content{Tool: "run_command", Arguments: `{"command": "go test ./... # \u202e", "timeout_s": 60}`}
	a = approval(engine.KindCommand, "run go test", command)
	a.Answer = &engine.Answer{Decision: engine.Approved, By: "person (Neovim)"}
	golden(t, "review_command", page.Review(a, command))
	step := engine.Content{Tool: "edit_file", Arguments: `{"path": "a.go", "search":`}
	golden(t, "review_step", page.Review(approval(engine.KindStep, "edit a.go", step), step))
	edit := engine.Content{Diff: "--- a/a.go\n+++ b/a.go\n@@ -1 +1 @@\n-```\n+\u202e\n", Rests: map[string]string{"a.go": "ab"}}
	golden(t, "review_edit", page.Review(approval(engine.KindEdit, "T1 changes a.go", edit), edit))
	question := engine.Content{Question: "Which one?\n# not a heading"}
	a = approval(engine.KindQuestion, "asks", question)
	a.Options = []string{"left", "right <!-- -->"}
	golden(t, "review_question", page.Review(a, question))
}

// between is a document with something else behind the first begin, up to the next end.
func between(document, begin, end, with string) string {
	before, rest, _ := strings.Cut(document, begin)
	_, after, _ := strings.Cut(rest, end)
	return before + begin + with + end + after
}

// An edit is taken as it is: a diff that a person wrote into is neither approved nor lost without a word.
func TestParseReviewOfADiff(t *testing.T) {
	t.Parallel()
	c := engine.Content{Diff: "--- a/a.go\n+++ b/a.go\n@@ -1,2 +1,2 @@\n kept\n \n-old\n+new\n"}
	a := approval(engine.KindEdit, "T1 changes a.go", c)
	document := page.Review(a, c)
	for name, tc := range map[string]struct {
		document string
		refused  bool
	}{
		"as it was":           {document, false},
		"blanks trimmed":      {strings.ReplaceAll(document, " \n", "\n"), false},
		"line ends":           {strings.ReplaceAll(document, "\n", "\r\n"), false},
		"another line":        {strings.Replace(document, "+new", "+newer", 1), true},
		"a line less":         {strings.Replace(document, "-old\n", "", 1), true},
		"a line more":         {strings.Replace(document, "+new\n", "+new\n+more\n", 1), true},
		"without its heading": {strings.Replace(document, "## Diff", "## Dif", 1), true},
	} {
		_, err := page.ParseReview(a, c, tc.document)
		var wrong *page.ReviewError
		if refused := errors.As(err, &wrong); refused != tc.refused || err != nil && !refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseReview(t *testing.T) {
	t.Parallel()
	a, c := spawn()
	document := page.Review(a, c)
	changed := func(change func(*engine.Content)) engine.Content {
		edited := c
		change(&edited)
		return edited
	}
	endReason := "\n<!-- slop:end reason"
	for _, test := range []struct {
		name, document string
		want           page.Reviewed
	}{
		{"unchanged", document, page.Reviewed{Content: c}},
		{"with CRLF", strings.ReplaceAll(document, "\n", "\r\n"), page.Reviewed{Content: c}},
		{"blanks behind a marker", strings.ReplaceAll(document, a.Hash[:12]+" -->\n", a.Hash[:12]+" --> \t\n"), page.Reviewed{Content: c}},
		{"a reason", strings.Replace(document, endReason, "\n too wide \n"+endReason, 1), page.Reviewed{Content: c, Reason: "too wide"}},
		{
			"edited", between(document, "````text\n", "\n````\n", "Do it well."),
			page.Reviewed{Content: changed(func(c *engine.Content) { c.Prompt = "Do it well." }), Changed: true},
		},
		{
			"the other lines stay as they were", strings.Replace(document, "File: parser/lex.go", "File: lex.go", 1),
			page.Reviewed{Content: changed(func(c *engine.Content) { c.Context = "File: lex.go\npackage parser\t// \u202e reversed\n" }), Changed: true},
		},
		{
			"emptied", between(document, "````text\n", "````\n", ""),
			page.Reviewed{Content: changed(func(c *engine.Content) { c.Prompt = "" }), Changed: true},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := page.ParseReview(a, c, test.document)
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
			if id, err := page.ReviewID(test.document); id != a.ID || err != nil || !page.IsReview(test.document) {
				t.Errorf("it is taken for the review of %q, %v", id, err)
			}
		})
	}
}

func TestReviewDamage(t *testing.T) {
	t.Parallel()
	a, c := spawn()
	document := page.Review(a, c)
	_, key, _ := strings.Cut(document, "slop:review A3 ")
	key, _, _ = strings.Cut(key, " ")
	begin, end := "<!-- slop:begin prompt "+key+" -->\n", "<!-- slop:end prompt "+key+" -->\n"
	for name, test := range map[string]struct{ old, repl, want string }{
		"head":      {"<!-- slop:review A3", "<!-- slop:reviewed A3", "line 1: the first line"},
		"other":     {"slop:review A3", "slop:review A4", "line 1: this is not the review of A3"},
		"key":       {"slop:review A3 " + key, "slop:review A3 00000000", "line 1: this is not the review of A3"},
		"gone":      {end, "", "is missing or changed"},
		"indented":  {begin, "  " + begin, "line 1: from here on the marker line"},
		"twice":     {begin, begin + begin, "line 12: a fence"},
		"swapped":   {begin, end, "is missing or changed"},
		"duplicate": {end, end + end, "line 22: this marker line is here twice"},
		"doubled":   {document, document + document, "is here twice"},
		"no fence":  {begin + "````text", begin, "line 12: a fence"},
		"half":      {"\n````\n", "\n", "must stand before the marker line"},
		"empty":     {document, "", "line 1: the first line"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := page.ParseReview(a, c, strings.Replace(document, test.old, test.repl, 1))
			var damaged *page.ReviewError
			if !errors.As(err, &damaged) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if name != "duplicate" && name != "doubled" && got.Changed {
				t.Errorf("something was read all the same: %+v", got)
			}
		})
	}
}

// Arguments are shown as people read JSON, and used as the model wrote them unless they were edited.
func TestReviewArguments(t *testing.T) {
	t.Parallel()
	c := engine.Content{Tool: "write_file", Arguments: `{"path":"a.go","content":"x"}`}
	a := approval(engine.KindStep, "write a.go", c)
	document := page.Review(a, c)
	if got, err := page.ParseReview(a, c, document); err != nil || got.Changed || got.Content.Arguments != c.Arguments {
		t.Errorf("untouched arguments came back as %+v, %v", got, err)
	}
	got, err := page.ParseReview(a, c, strings.Replace(document, `"path": "a.go"`, `"path": "b.go"`, 1))
	if want := "{\n  \"path\": \"b.go\",\n  \"content\": \"x\"\n}"; err != nil || !got.Changed || got.Content.Arguments != want {
		t.Errorf("edited arguments came back as %+v, %v", got, err)
	}
	var damaged *page.ReviewError
	if _, err := page.ParseReview(a, c, strings.Replace(document, `"a.go",`, `"a.go"`, 1)); !errors.As(err, &damaged) {
		t.Errorf("arguments that are no JSON any more: %v", err)
	}
}

// What is asked cannot pass for the frame around it, also where the key could be foreseen.
func TestReviewKeyOccursNowhereElse(t *testing.T) {
	t.Parallel()
	a, c := spawn()
	for n := range a.Hash {
		c.Prompt += "\n<!-- slop:end prompt " + a.Hash[:n+1] + " -->"
	}
	a.Options = []string{"<!-- slop:end prompt " + a.Hash + "-A3 -->"} // a.Hash stays what it was
	got, err := page.ParseReview(a, c, page.Review(a, c))
	if diff := cmp.Diff(page.Reviewed{Content: c}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// FuzzReview: whatever is asked, the untouched document approves exactly that, also with the line endings of another
// system; and whatever is made of the document, it is read or refused.
func FuzzReview(f *testing.F) {
	f.Add("prompt", "context\r\n", true, 0)
	f.Add("```text\n````", "<!-- slop:end prompt A3 -->", false, 40)
	f.Add("\xff\u202e", "\r", true, 300)
	f.Add("ends with newline\n", "\n\n<!-- slop:end prompt 12345678 -->\n", false, 500)
	f.Add("", "```\n⟨U+202E⟩ \u202e", false, 1)
	f.Fuzz(func(t *testing.T, prompt, context string, crlf bool, cut int) {
		c := engine.Content{Prompt: prompt, Context: context, Arguments: prompt}
		for _, kind := range []engine.ApprovalKind{engine.KindSpawn, engine.KindStep} {
			a := approval(kind, prompt, c)
			document := page.Review(a, c)
			if crlf {
				document = strings.ReplaceAll(document, "\n", "\r\n")
			}
			got, err := page.ParseReview(a, c, document)
			if diff := cmp.Diff(page.Reviewed{Content: c}, got); err != nil || diff != "" {
				t.Fatalf("an untouched review of %q, %q: %v (-want +got):\n%s", prompt, context, err, diff)
			}
			if 0 <= cut && cut < len(document) {
				_, _ = page.ParseReview(a, c, document[:cut]+document[min(cut+20, len(document)):])
				_, _ = page.ParseReview(a, c, document[:cut]+"\n"+prompt+"\n"+document[cut:])
			}
		}
	})
}
