package lsp

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
)

func spawnApproval(c engine.Content) *engine.Approval {
	return &engine.Approval{
		ID: "A7", Kind: engine.KindSpawn, Title: "Start T1", Hash: engine.ContentHash(c.Encode()),
		Run: engine.Run{Ticket: engine.TicketKey{Track: "t", ID: "T1"}, Attempt: 1},
	}
}

func FuzzReviewRoundTrip(f *testing.F) {
	f.Add("prompt", "context", false)
	f.Add("", "", true)
	f.Add("ends with newline\n", "\n\n<!-- slop:end prompt 12345678 -->\n", false)
	f.Add("a\r\nb", "```\n⟨U+202E⟩ \u202e", false)
	f.Fuzz(func(t *testing.T, prompt, context string, crlf bool) {
		content := engine.Content{Prompt: prompt, Context: context}
		a := spawnApproval(content)
		doc := renderReview(a, content)
		if crlf && !strings.Contains(doc, "\r") {
			doc = strings.ReplaceAll(doc, "\n", "\r\n")
		}
		got, err := parseReview(doc, a, content)
		if err != nil {
			t.Fatalf("%v\n%s", err, doc)
		}
		if diff := cmp.Diff(answer{content: content}, got, cmp.AllowUnexported(answer{})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestReviewEdited(t *testing.T) {
	t.Parallel()
	content := engine.Content{Prompt: "do this", Context: "files"}
	a := spawnApproval(content)
	doc := renderReview(a, content)
	doc = strings.Replace(doc, "do this", "do that\nand more", 1)
	doc = strings.Replace(doc, "\n\n<!-- slop:end reason", "\nbecause\n<!-- slop:end reason", 1)
	got, err := parseReview(doc, a, content)
	want := answer{content: engine.Content{Prompt: "do that\nand more", Context: "files"}, reason: "because"}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(answer{})); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestReviewDamage(t *testing.T) {
	t.Parallel()
	content := engine.Content{Prompt: "do this", Context: "files"}
	a := spawnApproval(content)
	key := reviewKey(a, content)
	begin, end := marker("begin", "prompt", key), marker("end", "prompt", key)
	for name, tc := range map[string]struct{ old, repl, want string }{
		"head":      {"<!-- slop:review A7", "<!-- slop:reviewed A7", "line 1: the first line"},
		"other":     {"slop:review A7", "slop:review A8", "not the review of A7"},
		"key":       {"slop:review A7 " + key, "slop:review A7 00000000", "not the review of A7"},
		"gone":      {end + "\n", "", "is missing or changed"},
		"indented":  {begin, "  " + begin, "is missing or changed"},
		"twice":     {begin, begin + "\n" + begin, "is here twice"},
		"swapped":   {begin, end, "is missing or changed"},
		"duplicate": {end, end + "\n" + end, "is here twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := strings.Replace(renderReview(a, content), tc.old, tc.repl, 1)
			_, err := parseReview(doc, a, content)
			var damaged *reviewError
			if !errors.As(err, &damaged) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

// What a prompt says cannot pass for the frame around it, and what does not show is named.
func TestReviewCannotLie(t *testing.T) {
	t.Parallel()
	content := engine.Content{Prompt: "x"}
	first := spawnApproval(content)
	key := reviewKey(first, content)
	hostile := engine.Content{Prompt: "a" + marker("end", "prompt", key) + "\u202eb"}
	a := spawnApproval(hostile)
	a.Hash = first.Hash // as if the key could be foreseen
	if reviewKey(a, hostile) == key {
		t.Error("the key occurs in the content")
	}
	doc := renderReview(a, hostile)
	if !strings.Contains(doc, "**Careful:** this contains characters that do not show: ⟨U+202E⟩") {
		t.Error(doc)
	}
}

func TestTodoIn(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"// TODO: add errors\nfunc a() {}": "add errors",
		"# FIXME handle None":              "handle None",
		"/* TODO(ann): less */":            "less",
		"x = 1 -- TODO sort":               "sort",
		"<!-- FIXME: close -->":            "close",
		"func TODO() {}":                   "",
		"// TODONE: no":                    "",
		"s := \"TODO\"":                    "",
		" * FIXME: in a block":             "in a block",
	} {
		if got := todoIn(src); got != want {
			t.Errorf("%q: got %q, want %q", src, got, want)
		}
	}
}
