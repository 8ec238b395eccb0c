package planning

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/prompts"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// lines is a Viewer for which a line `func Name` declares Name.
type lines struct{}

func (lines) View(ctx context.Context, files engine.Files, req engine.ViewRequest) (engine.View, error) {
	f, err := files.Read(ctx, req.Path)
	return engine.View{Path: req.Path, Kind: req.Kind, Text: string(f.Data), Fallback: !strings.HasSuffix(req.Path, ".go")}, err
}

func (lines) Outline(_ context.Context, path string, src []byte) (engine.Outline, error) {
	out := engine.Outline{Fallback: !strings.HasSuffix(path, ".go")}
	for line := range strings.Lines(string(src)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "func "); ok {
			out.Symbols = append(out.Symbols, engine.Symbol{Name: name, Path: name})
		}
	}
	return out, nil
}

// model answers with one text after the other, and with the last one from there on.
func model(replies ...string) *enginetest.FakeProvider {
	return enginetest.NewFakeProvider(func(r engine.Request) enginetest.ProviderReply {
		turn := 0
		for _, m := range r.Messages {
			if m.Role == engine.RoleAssistant {
				turn++
			}
		}
		return enginetest.ProviderReply{Text: replies[min(turn, len(replies)-1)], Usage: engine.Usage{Input: 100, Output: 10}}
	})
}

func planner(p engine.Provider, files map[string]string) *Planner {
	return &Planner{
		Provider: p, Prompts: prompts.Set{}, Files: enginetest.NewFiles(files), Viewer: lines{}, Orchestrator: "wise", TechLead: "swift",
	}
}

var repository = map[string]string{
	"AGENTS.md": "Be kind.", "README.md": "# The parser", "parse.go": "func Parse\n", "lex.go": "func Next\n", "secret.txt": "hunter2",
	".slop/tracks/clear-errors.track.yaml": "title: There already\ntickets: []\n",
}

func TestTrack(t *testing.T) {
	t.Parallel()
	said := "Sure!\n```json\n" + `{"title": "Clear errors", "goal": "Every error names its line.", "acceptance": ["a: it\n does", "b"],
 "context": ["lex.go"], "verify": "go test ./..."}` + "\n```\nGood luck."
	fake := model(said)
	var notes []string
	p := planner(fake, repository)
	p.Note = func(s string) { notes = append(notes, s) }
	got, err := p.Track(t.Context(), "  better errors  ")
	if err != nil {
		t.Fatal(err)
	}
	want := "title: Clear errors\ngoal: |-\n  Every error names its line.\n\n  Acceptance:\n  - a: it does\n  - b\n" +
		"context: [lex.go]\nverify: go test ./...\ntickets: []\n"
	if diff := cmp.Diff(want, string(got.Text)); diff != "" {
		t.Errorf("the document (-want +got):\n%s", diff)
	}
	if got.Path != ".slop/tracks/clear-errors-2.track.yaml" || got.Before != nil || got.Title != "Clear errors" {
		t.Errorf("got %+v", got)
	}
	if want := (Cost{engine.TierOrchestrator, "wise", 1, engine.Usage{Input: 100, Output: 10}}); got.Cost != want {
		t.Errorf("cost %+v", got.Cost)
	}
	if diff := cmp.Diff([]string{"reads the repository", "wise thinks"}, notes); diff != "" {
		t.Error(diff)
	}
	req := fake.Requests()[0]
	if req.Tier != engine.TierOrchestrator || len(req.Tools) != 0 || req.Form == nil || len(req.Messages) != 2 {
		t.Errorf("the request: %+v", req)
	}
	for _, part := range []string{"better errors\n", "Be kind.", "# The parser", "parse.go\n", ".slop/tracks/clear-errors.track.yaml: There already"} {
		if !strings.Contains(req.Messages[1].Text, part) {
			t.Errorf("the model was not shown %q:\n%s", part, req.Messages[1].Text)
		}
	}
	if strings.Contains(req.Messages[1].Text, "hunter2") {
		t.Error("the model was shown a file that nobody asked for")
	}
}

// TestTrackCutOff: tickets that end where the model's room did are sent back, although what there is of them can be read.
func TestTrackCutOff(t *testing.T) {
	t.Parallel()
	half := "```yaml\ntitle: Half\ngoal: Read\n"
	p := planner(enginetest.NewFakeProvider(func(r engine.Request) enginetest.ProviderReply {
		last := r.Messages[len(r.Messages)-1]
		if len(r.Messages) == 2 {
			return enginetest.ProviderReply{Text: half, Finish: engine.FinishLength}
		}
		if !strings.Contains(last.Text, "cut off") {
			t.Errorf("it is told %q", last.Text)
		}
		return enginetest.ProviderReply{Text: half + "context: [lex.go]\n```\n"}
	}), repository)
	got, err := p.Track(t.Context(), "g")
	if err != nil || got.Cost.Calls != 2 || !strings.Contains(string(got.Text), "lex.go") {
		t.Errorf("%d calls, %v: %s", got.Cost.Calls, err, got.Text)
	}
}

// TestTrackTaken: a name whose state another document left is not taken again.
func TestTrackTaken(t *testing.T) {
	t.Parallel()
	p := planner(model(`{"title": "Con", "goal": "g"}`), nil)
	p.Taken = func(id engine.TrackID) bool { return id == ".slop/tracks/track-con" }
	got, err := p.Track(t.Context(), "g")
	if err != nil || got.Path != ".slop/tracks/track-con-2.track.yaml" {
		t.Errorf("got %q, %v", got.Path, err)
	}
	if _, err := p.Track(t.Context(), " \n"); !errors.Is(err, ErrNoGoal) {
		t.Errorf("no goal: %v", err)
	}
}

const trackSource = "# mine\ntitle: Clear errors\ngoal: better errors from the parser\ntickets:\n  # first\n  - id: T1\n    description: lex\n"

func TestTickets(t *testing.T) {
	t.Parallel()
	bad := `{"tickets": [
  {"id": "T2", "description": "parse", "target_file": "parse.go", "target_symbols": ["Prase"], "depends_on": ["T1", "T9"]},
  {"id": "T1", "description": "again", "prioritty": "high"}]}`
	good := "```yaml\n- id: T2\n  description: parse\n  target_file: parse.go\n  target_symbols: [Parse]\n  depends_on: [T1]\n  status: completed\n" +
		"  model_override: costly\n  verify: go test .\n- id: T3\n  description: |\n    docs\n  depends_on: [T2]\n```"
	fake := model(bad, good)
	var notes []string
	p := planner(fake, repository)
	p.Note = func(s string) { notes = append(notes, s) }
	got, err := p.Tickets(t.Context(), "x.track.yaml", []byte(trackSource), "mind the docs")
	if err != nil {
		t.Fatal(err)
	}
	want := trackSource + "  - id: T2\n    description: parse\n    target_file: parse.go\n    target_symbols: [Parse]\n    depends_on: [T1]\n" +
		"    verify: go test .\n  - id: T3\n    description: docs\n    depends_on: [T2]\n"
	if diff := cmp.Diff(want, string(got.Text)); diff != "" {
		t.Errorf("the document (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"T2", "T3"}, got.Added); diff != "" {
		t.Error(diff)
	}
	if got.Cost.Calls != 2 || got.Cost.Usage.Input != 200 || got.Cost.Tier != engine.TierTechLead || got.Cost.Model != "swift" {
		t.Errorf("cost %+v", got.Cost)
	}
	if diff := cmp.Diff([]string{"reads the repository", "swift thinks", "sent back for 4 problems", "swift thinks"}, notes); diff != "" {
		t.Error(diff)
	}
	first, back := fake.Requests()[0].Messages, fake.Requests()[1].Messages
	for _, part := range []string{"# mine", "The first free id: T2", "mind the docs", "File: parse.go\nfunc Parse"} {
		if !strings.Contains(first[1].Text, part) {
			t.Errorf("the model was not shown %q:\n%s", part, first[1].Text)
		}
	}
	wantBack := []string{
		`2:86: warning: "parse.go" has no symbol "Prase" yet`,
		`2:117: error: no ticket of this track has the id "T9"`,
		`3:10: error: the track has a ticket T1 already: begin at T2`,
		`3:40: error: unknown field "prioritty": did you mean "priority"?`,
		"there are 2 more tries",
	}
	for _, part := range wantBack {
		if !strings.Contains(back[3].Text, part) {
			t.Errorf("it was not told %q:\n%s", part, back[3].Text)
		}
	}
	if back[2].Role != engine.RoleAssistant || back[2].Text != bad || strings.Contains(back[3].Text, `"T1"`) {
		t.Errorf("sent back: %+v", back[2:])
	}
}

// TestRefused: after three returns the model's text is kept, with what is wrong with it.
func TestRefused(t *testing.T) {
	t.Parallel()
	cycle := "Here you are:\n\n{\"tickets\": [\n{\"id\": \"A\", \"description\": \"a\", \"depends_on\": [\"B\"]},\n{\"id\": \"B\", \"description\": \"b\", \"depends_on\": [\"A\"]}\n]}"
	fake := model(cycle)
	p := planner(fake, repository)
	got, err := p.Tickets(t.Context(), "x.track.yaml", []byte(trackSource), "")
	var refused *RefusedError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v", err)
	}
	if len(fake.Requests()) != 1+MaxReturns || got.Cost.Calls != 1+MaxReturns || got.Cost.Usage.Output != 40 || got.Text != nil {
		t.Errorf("%d calls, %+v", len(fake.Requests()), got)
	}
	if refused.Reply != cycle || refused.Above != 2 || !strings.HasPrefix(refused.Body, "{\"tickets\"") || len(refused.Problems) != 1 {
		t.Errorf("kept %+v", refused)
	}
	if want := "5:48: error: "; !strings.HasPrefix(refused.Problems[0], want) || !strings.Contains(err.Error(), "A → B → A") {
		t.Errorf("the cycle is said as %q, %v", refused.Problems[0], err)
	}
	if last := fake.Requests()[MaxReturns].Messages; !strings.Contains(last[len(last)-1].Text, "there are 0 more tries") {
		t.Errorf("the last return: %s", last[len(last)-1].Text)
	}

	// A person mends the text, and no model is asked.
	mended, err := p.Add(t.Context(), "x.track.yaml", []byte(trackSource), strings.Replace(cycle, `["B"]`, "[]", 1))
	if err != nil || len(mended.Added) != 2 || len(fake.Requests()) != 1+MaxReturns {
		t.Errorf("mended: %+v, %v", mended, err)
	}
	if _, err := p.Add(t.Context(), "x.track.yaml", []byte(trackSource), cycle); !errors.As(err, &refused) || refused.Model != "" {
		t.Errorf("not mended: %v", err)
	}
}

func TestCannot(t *testing.T) {
	t.Parallel()
	p := planner(model(`{"tickets": []}`), repository)
	if _, err := p.Tickets(t.Context(), "x.track.yaml", []byte("title: x\ntickets: nonsense\n"), ""); !errors.Is(err, ErrBroken) {
		t.Errorf("a broken track: %v", err)
	}
	if _, err := p.Tickets(t.Context(), "x.track.yaml", []byte("tickets: []\n"), ""); !errors.Is(err, ErrNothing) {
		t.Errorf("an empty track: %v", err)
	}
	var refused *RefusedError
	if _, err := p.Tickets(t.Context(), "x.track.yaml", []byte("title: x\n"), ""); !errors.As(err, &refused) || !strings.Contains(err.Error(), "no tickets") {
		t.Errorf("no tickets: %v", err)
	}
	if _, err := p.Track(t.Context(), "g"); !errors.As(err, &refused) || refused.Tier != engine.TierOrchestrator || len(refused.Problems) != 2 {
		t.Errorf("neither title nor goal: %v", err)
	}
	p.Provider = enginetest.NewFakeProvider(func(engine.Request) enginetest.ProviderReply {
		return enginetest.ProviderReply{Fail: engine.ProviderNoKey}
	})
	var failed *engine.ProviderError
	if _, err := p.Track(t.Context(), "g"); !errors.As(err, &failed) || failed.Kind != engine.ProviderNoKey {
		t.Errorf("no key: %v", err)
	}
	p.Provider = model("{}")
	p.Prompts = prompts.Set{Layers: []prompts.Layer{{Name: "user", Dir: "u", FS: oneFile{"tech_lead.md", "{{track}}"}}}}
	var wrong *prompts.Error
	if _, err := p.Tickets(t.Context(), "x.track.yaml", []byte(trackSource), ""); !errors.As(err, &wrong) {
		t.Errorf("a wrong prompt: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	if _, err := p.Track(ctx, "g"); err == nil {
		t.Error("a cancelled context was not noticed")
	}
}

// oneFile is a folder with one file.
type oneFile struct{ name, text string }

func (f oneFile) Open(name string) (fs.File, error) {
	if name != f.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return (&memFile{Reader: strings.NewReader(f.text)}), nil
}

type memFile struct{ *strings.Reader }

func (*memFile) Close() error               { return nil }
func (*memFile) Stat() (fs.FileInfo, error) { return nil, fs.ErrInvalid }

// TestBodies holds what is found in replies as models write them.
func TestBodies(t *testing.T) {
	t.Parallel()
	const object = `{"tickets": [{"id": "T1", "description": "a {b} [c] \" }"}]}`
	tests := []struct {
		name, reply string
		above       int
		ids         string
	}{
		{"bare", object, 0, "T1"},
		{"a fence", "```json\n" + object + "\n```", 1, "T1"},
		{"a fence without a name, in tildes, with words", "Here [you] are:\n~~~\n" + object + "\n~~~\nBye {now}.", 2, "T1"},
		{"a fence that stays open", "```json\n" + object, 1, "T1"},
		{"the longest fence", "```sh\ngo test\n```\n\n```json\n" + object + "\n```", 5, "T1"},
		{"words around", "I looked at [lex.go] and {braces}.\n\n" + object + "\n\nDoes {this} help?", 2, "T1"},
		{"a thought", "<think>\n{\"tickets\": [{\"id\": \"T7\", \"description\": \"no, that is far too long a thought to be the answer\"}]}\n</think>\n" + object, 3, "T1"},
		{"a list", `[{"id": "T1", "description": "a"}, {"id": "T2", "description": "b"}]`, 0, "T1 T2"},
		{"one ticket by itself", "Just one:\n\n" + `{"id": "T1", "description": "a"}`, 1, "T1"},
		{"a comma too many", `{"tickets": [{"id": "T1", "description": "a",},]}`, 0, "T1"},
		{"YAML", "tickets:\n  - id: T1\n    description: a\n", 0, "T1"},
		{"YAML behind words", "The tickets are these.\n\ntickets:\n- id: T1\n  description: a\n", 2, "T1"},
		{"indented JSON", "Answer:\n\n  " + object, 2, "T1"},
		{"CRLF", "```json\r\n" + object + "\r\n```\r\n", 1, "T1"},
		{"nothing", "I cannot do that.", 0, ""},
		{"empty", "", 0, ""},
		{"cut off", `{"tickets": [{"id": "T1", "description": "a"}, {"id": "T2", "desc`, 0, ""},
	}
	for _, tt := range tests {
		b := bodyOf(tt.reply)
		doc := b.parse()
		var ids []string
		for _, ticket := range doc.Track.Tickets {
			ids = append(ids, ticket.ID)
		}
		switch got := strings.Join(ids, " "); {
		case b.above != tt.above:
			t.Errorf("%s: %d lines above, want %d: %q", tt.name, b.above, tt.above, b.text)
		case tt.ids == "" && errorsOf(judge(trackfile.Parse("x.yaml", nil), doc)) == nil:
			t.Errorf("%s: nothing is wrong with %q", tt.name, b.text)
		case tt.ids != "" && (doc.Errors() || got != tt.ids):
			t.Errorf("%s: got %q, want %q: %v\n%s", tt.name, got, tt.ids, doc.Problems, b.text)
		}
	}
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"Clear errors": "clear-errors", "  What's  up, Doc?! ": "whats-up-doc", "../../etc/passwd": "etc-passwd", "Größe ändern": "größe-ändern",
		"": "track", "!!": "track", "NUL": "track-nul", "Scratch": "track-scratch",
		strings.Repeat("word ", 30): "word-word-word-word-word-word-word-word-word",
		strings.Repeat("ä", 60):     strings.Repeat("ä", 24),
	} {
		if got := slug(title); got != want {
			t.Errorf("%q: got %q, want %q", title, got, want)
		}
	}
}

// TestListing holds that a large repository is shown by its folders, within the bound.
func TestListing(t *testing.T) {
	t.Parallel()
	var paths []string
	for i := range 10_000 {
		paths = append(paths, fmt.Sprintf("d%d/e%d/f%d/g%d.go", i%7, i%31, i%101, i))
	}
	got := listing(paths)
	if n := strings.Count(got, "\n"); n > maxListed+1 || !strings.HasPrefix(got, "(10000 files; by folder)\n") || !strings.Contains(got, "d0/e0/ (") {
		t.Errorf("%d lines:\n%.300s", n, got)
	}
	if got := listing([]string{"b\u202e.go"}); strings.Contains(got, "\u202e") {
		t.Errorf("a hidden character is shown as it is: %q", got)
	}
	flat := make([]string, 1000)
	for i := range flat {
		flat[i] = fmt.Sprintf("d%d/x.go", i)
	}
	if got := listing(flat); !strings.HasSuffix(got, "(600 more folders)") {
		t.Errorf("it ends with %q", got[len(got)-40:])
	}
}

func FuzzReply(f *testing.F) {
	f.Add("```json\n{\"tickets\": [{\"id\": \"T2\", \"description\": \"a\", \"depends_on\": [\"T1\"]}]}\n```")
	f.Add("<think>{</think>[{\"id\": \"T1\"")
	f.Add("~~~\n\xff- id: é\n  description: |\n    x\n~~~")
	p := planner(model(""), nil)
	doc := trackfile.Parse("x.track.yaml", []byte(trackSource))
	f.Fuzz(func(t *testing.T, reply string) {
		b := bodyOf(reply)
		if b.above < -1 || b.above > strings.Count(reply, "\n") {
			t.Fatalf("%d lines above", b.above)
		}
		next, added, problems := p.merge(t.Context(), doc, b)
		if len(problems) > 0 {
			return
		}
		if next.Errors() || len(added) == 0 || len(next.Track.Tickets) != 1+len(added) || !strings.HasPrefix(string(next.Source), trackSource) {
			t.Errorf("merged %v: %v\n%s", added, next.Problems, next.Source)
		}
		_, _ = readTrack(b)
	})
}

// A call that a bound forbids is not made, and what was used for the same plan before it counts.
func TestAPlanAsksForLeaveBeforeEachCall(t *testing.T) {
	t.Parallel()
	fake := model(`{"tickets": []}`)
	p := planner(fake, repository)
	over := &engine.BudgetError{Overrun: engine.Overrun{Scope: engine.BudgetDay, Kind: engine.BudgetTokens, Limit: 5000, Spent: 4000}}
	var asked []engine.AffordPlanning
	p.Afford = func(_ context.Context, cmd engine.AffordPlanning) error {
		if asked = append(asked, cmd); len(asked) == 3 {
			return over
		}
		return nil
	}
	_, err := p.Tickets(t.Context(), ".slop/tracks/x.track.yaml", []byte(trackSource), "")
	if !errors.Is(err, over) || !strings.Contains(err.Error(), "swift was not asked: budget.day_tokens is 5000 tokens") {
		t.Errorf("%v", err)
	}
	if len(asked) != 3 || len(fake.Requests()) != 2 {
		t.Fatalf("asked for leave %d times, and the model %d times", len(asked), len(fake.Requests()))
	}
	if asked[0].Track != ".slop/tracks/x" || asked[0].Need.Tokens < 4096 || asked[2].Need.Tokens < asked[0].Need.Tokens+220 {
		t.Errorf("%+v", asked)
	}
}
