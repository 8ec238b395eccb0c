package prompts

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func folder(files map[string]string) fs.FS {
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

// TestDefaults holds that each prompt is there, uses each of its fields or is a whole without them, and has no other.
func TestDefaults(t *testing.T) {
	t.Parallel()
	for _, p := range Infos() {
		src, err := Set{}.Source(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		if src.Layer != BuiltIn || src.File != "" {
			t.Errorf("%s comes from %q %q", p.Name, src.Layer, src.File)
		}
		fields := map[string]string{}
		for _, f := range p.Fields {
			fields[f.Name] = "«" + f.Name + "»"
		}
		full, err := src.Fill(fields)
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		for _, f := range p.Fields {
			if strings.Contains(src.Text, "{{") && !strings.Contains(full, fields[f.Name]) {
				t.Errorf("%s does not use its field %s", p.Name, f.Name)
			}
		}
		if empty, err := src.Fill(nil); err != nil || strings.Contains(empty, "{{") {
			t.Errorf("%s without fields: %v\n%s", p.Name, err, empty)
		}
		if p.Doc == "" || p.Tier < 1 || p.Tier > 4 {
			t.Errorf("%s is not described: %+v", p.Name, p)
		}
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	fields := map[string]string{"goal": "mend {{it}}", "files": "a.go\nb.go", "readme": "  "}
	tests := []struct{ name, text, want string }{
		{"plain", "as it is\n", "as it is\n"},
		{"a field is not read again", "Goal: {{goal}}.\n", "Goal: mend {{it}}.\n"},
		{"blanks in a mark", "{{ goal }}", "mend {{it}}"},
		{"several lines", "Files:\n{{files}}\nend\n", "Files:\na.go\nb.go\nend\n"},
		{"an empty field alone in its line", "a\n{{agents}}\nb\n", "a\nb\n"},
		{"an empty field within a line", "a {{agents}}b\n", "a b\n"},
		{"a section", "a\n{{#files}}\nFiles: {{files}}\n{{/files}}\nb\n", "a\nFiles: a.go\nb.go\nb\n"},
		{"a section left out", "a\n{{#agents}}\nAgents: {{agents}}\n{{/agents}}\nb\n", "a\nb\n"},
		{"white space alone is empty", "a\n{{#readme}}\nhead\n{{/readme}}\nb\n", "a\nb\n"},
		{"a section within a line", "a{{#files}}, with files{{/files}}{{#agents}}, with agents{{/agents}}.\n", "a, with files.\n"},
		{"nested", "{{#agents}}x{{#goal}}y{{/goal}}z{{/agents}}{{#goal}}{{#files}}both{{/files}}{{/goal}}", "both"},
		{"braces themselves", `write \{{goal}} here`, "write {{goal}} here"},
		{"single braces", `{"a": {"b": 1} }`, `{"a": {"b": 1} }`},
	}
	for _, tt := range tests {
		got, err := Source{Name: Goal, Text: tt.text}.Fill(fields)
		if err != nil || got != tt.want {
			t.Errorf("%s: got %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
}

func TestWrong(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"an unknown field", "a\nb {{gaol}}\n", `p/orchestrator_goal.md:2: the prompt orchestrator_goal has no field "gaol": did you mean goal?`},
		{
			"nothing like it", "{{zzzzzzzz}}",
			`p/orchestrator_goal.md:1: the prompt orchestrator_goal has no field "zzzzzzzz": it has goal, agents, readme, files, tracks`,
		},
		{"an unknown section", "\n\n{{#fles}}x{{/fles}}", `p/orchestrator_goal.md:3: the prompt orchestrator_goal has no field "fles": did you mean files?`},
		{"a section that stays open", "a\n{{#goal}}\nx\n", "p/orchestrator_goal.md:2: {{#goal}} is never closed: write {{/goal}} where it ends"},
		{"a section that is closed twice", "{{#goal}}x{{/goal}}\n{{/goal}}", "p/orchestrator_goal.md:2: {{/goal}} closes nothing: there is no {{#goal}} before it"},
		{"crossed sections", "{{#goal}}{{#files}}{{/goal}}{{/files}}", "p/orchestrator_goal.md:1: {{/goal}} closes nothing: there is no {{#goal}} before it"},
		{"open braces", "a\n\n{{goal", "p/orchestrator_goal.md:3: \"{{\" is not closed in its line: write {{field}}, or \\{{ for the braces themselves"},
		{"empty", " \n", "p/orchestrator_goal.md:1: the prompt is empty: delete the file to have the built-in one"},
	}
	for _, tt := range tests {
		set := Set{Layers: []Layer{{"user", "p", folder(map[string]string{"orchestrator_goal.md": tt.text})}}}
		_, err := set.Prompt(string(Goal), map[string]string{"goal": "g"})
		var wrong *Error
		if !errors.As(err, &wrong) || err.Error() != tt.want {
			t.Errorf("%s: got %v\nwant %s", tt.name, err, tt.want)
		}
	}
	if got, err := (Source{Name: Worker, Text: "{{verfy}}"}).Fill(nil); err == nil || !strings.Contains(err.Error(), "worker.md:1:") || got != "" {
		t.Errorf("a built-in prompt: %q, %v", got, err)
	}
	if _, err := (Source{Name: Orchestrator, Text: "{{goal}}"}).Fill(nil); err == nil || !strings.Contains(err.Error(), "it has none") {
		t.Errorf("a prompt without fields: %v", err)
	}
}

// TestLayers holds that the last layer wins, that each is read anew, and that a broken one is not gone round.
func TestLayers(t *testing.T) {
	t.Parallel()
	user := fstest.MapFS{"qa.md": {Data: []byte("\ufeffmine\r\nlines\r\n")}, "worker.md": {Data: []byte("mine")}}
	own := fstest.MapFS{"worker.md": {Data: []byte("the workspace's")}}
	set := Set{Layers: []Layer{{"user", "u", user}, {"workspace", ".slop/prompts", own}}}
	got := map[Name]Source{}
	for _, p := range Infos() {
		src, err := set.Source(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		got[p.Name] = Source{Name: src.Name, Layer: src.Layer, File: src.File}
	}
	want := map[Name]Source{
		Orchestrator: {Orchestrator, BuiltIn, "", ""}, Goal: {Goal, BuiltIn, "", ""}, TechLead: {TechLead, BuiltIn, "", ""},
		Track: {Track, BuiltIn, "", ""}, Mend: {Mend, BuiltIn, "", ""},
		Worker: {Worker, "workspace", ".slop/prompts/worker.md", ""}, QA: {QA, "user", "u/qa.md", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if text, err := set.Prompt("qa", nil); err != nil || text != "mine\nlines\n" {
		t.Errorf("got %q, %v", text, err)
	}
	delete(own, "worker.md")
	if text, err := set.Prompt("worker", nil); err != nil || text != "mine" {
		t.Errorf("after the workspace's is gone: %q, %v", text, err)
	}
	own["worker.md"] = &fstest.MapFile{Data: []byte(strings.Repeat("x", MaxSize+1))}
	if _, err := set.Prompt("worker", nil); err == nil || !strings.Contains(err.Error(), ".slop/prompts/worker.md") {
		t.Errorf("a prompt that is too large: %v", err)
	}
	own["worker.md"] = &fstest.MapFile{Mode: fs.ModeDir}
	if _, err := set.Prompt("worker", nil); err == nil {
		t.Error("a folder is no prompt, and was passed over")
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	if near := Nearest("techlead"); near != string(TechLead) {
		t.Errorf("nearest to techlead: %q", near)
	}
	if near := Nearest("pancake"); near != "" {
		t.Errorf("nearest to pancake: %q", near)
	}
	if _, ok := Find("pancake"); ok {
		t.Error("pancake is a prompt")
	}
	if _, err := (Set{}).Prompt("pancake", nil); err == nil {
		t.Error("pancake has a text")
	}
}

func FuzzFill(f *testing.F) {
	for _, p := range Infos() {
		src, err := Set{}.Source(p.Name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src.Text, "value")
	}
	f.Add(`\{{{{goal}}{{#goal}}{{/goal}}`, "{{goal}}")
	f.Fuzz(func(t *testing.T, text, value string) {
		got, err := Source{Name: Goal, Text: text}.Fill(map[string]string{"goal": value})
		var wrong *Error
		switch {
		case err != nil && (!errors.As(err, &wrong) || wrong.Line < 1 || wrong.Line > 1+strings.Count(text, "\n")):
			t.Errorf("a wrong place: %v", err)
		case err == nil && !strings.Contains(text, "{{") && got != text:
			t.Errorf("a text without marks was changed: %q → %q", text, got)
		}
	})
}
