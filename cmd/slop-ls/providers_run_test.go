//go:build unix

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine/config"
	"github.com/slop-ls/slop-ls/engine/scripted"
)

// TestEachProviderDoesATicket takes a whole ticket through each configuration of docs/providers.md, by the real program: its
// spawn is approved, it reads and edits with tools, thinks meanwhile, and its edit is delivered.
func TestEachProviderDoesATicket(t *testing.T) {
	t.Parallel()
	for _, d := range documentedProviders(t) {
		t.Run(d.name, func(t *testing.T) { t.Parallel(); doTicket(t, d) })
	}
}

// workingModel reads a file, edits it and is done, and thinks before each.
func workingModel(models []string, dialect scripted.Dialect) scripted.Script {
	turn := func(n int, call scripted.Call) scripted.Rule {
		return scripted.Rule{Turn: scripted.At(n), Ticket: "T1", Reply: scripted.Reply{
			Reasoning: "What comes next?", Text: "Now.", Calls: []scripted.Call{call}, Usage: &scripted.Usage{Input: 1000, Output: 100, Reasoning: 40},
		}}
	}
	return scripted.Script{Dialect: dialect, Models: models, Rules: []scripted.Rule{
		turn(0, scripted.Call{Name: "read_file", Arguments: `{"path":"a.txt"}`}),
		turn(1, scripted.Call{Name: "edit_file", Arguments: `{"path":"a.txt","search":"one","replace":"two"}`}),
		turn(2, scripted.Call{Name: "finish", Arguments: `{"status":"done","summary":"one is two"}`}),
	}}
}

func doTicket(t *testing.T, d documented) {
	p := newDaemonPlace(t, "")
	c, _, err := config.Load(config.Sources{User: config.File{Name: "docs/providers.md", Text: []byte(d.text)}})
	if err != nil {
		t.Fatal(err)
	}
	tier, err := c.Select(config.Worker)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scripted.Start(workingModel(tier.Models, d.dialect))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	p.file("config/slop-ls/config.toml", movedTo(d.text, s.URL()))
	p.file("repo/a.txt", "one\n")
	if key := tier.Provider.APIKeyEnv; key != "" {
		p.env = append(p.env, key+"=k-test")
	}
	out := p.want(exitDone, "run", "work", "--approve", "allow", "--json")
	for _, event := range []string{
		`"type":"approval_requested"`, `"type":"approval_decided"`, `"name":"edit_file"`, `"type":"edit_delivered"`, `"type":"ticket_completed"`,
		`"type":"track_done"`,
	} {
		if !strings.Contains(out, event) {
			t.Errorf("the run does not say %s:\n%s", event, out)
		}
	}
	if got, err := os.ReadFile(filepath.Join(p.repo, "a.txt")); err != nil || string(got) != "two\n" {
		t.Errorf("the file is %q, %v", got, err)
	}
	if n := strings.Count(out, `"output":100,"reasoning":40`); d.dialect == scripted.OpenAIDialect && n != 3 {
		t.Errorf("usage was told %d times:\n%s", n, out)
	}
}

// movedTo is a configuration whose provider has another address.
func movedTo(text, url string) string {
	line := `base_url = "` + url + `"`
	if own := regexp.MustCompile(`(?m)^base_url = .*$`); own.MatchString(text) {
		return own.ReplaceAllString(text, line)
	}
	return regexp.MustCompile(`(?m)^kind = .*$`).ReplaceAllString(text, "$0\n"+line)
}
