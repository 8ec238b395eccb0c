package engine_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
)

// TestStepShowsItsChange: a step that edits is asked with what it would do to the file as the draft has it, and nothing is
// done before the answer.
func TestStepShowsItsChange(t *testing.T) {
	t.Parallel()
	s := newShop(t, newDisk(), shopConfig{
		files: map[string]string{"a.go": "one\n"},
		rules: rules{"write_file": engine.Ask},
		model: func(r engine.Request) enginetest.ProviderReply {
			switch turnOf(r) {
			case 0:
				return says(call("write_file", map[string]string{"Path": "a.go", "Content": "two\n"}))
			case 1:
				return says(call("write_file", map[string]string{"Path": "a.go", "Content": "three\n"}))
			case 2:
				return says(call("write_file", map[string]string{"Path": "b.go", "Content": "new\n"}))
			case 3:
				return says(call("write_file", map[string]string{"Content": "nowhere\n"}))
			default:
				return says(finishCall("done", "x"))
			}
		},
	})
	s.run(ticket("T1"))
	var asked *engine.Approval
	for _, want := range []*engine.ChangeSet{
		{Label: "T1: write_file", Files: []engine.FileChange{{Path: "a.go", Op: engine.OpModify, Base: []byte("one\n"), After: []byte("two\n")}}},
		{Label: "T1: write_file", Files: []engine.FileChange{{Path: "a.go", Op: engine.OpModify, Base: []byte("two\n"), After: []byte("three\n")}}},
		{Label: "T1: write_file", Files: []engine.FileChange{{Path: "b.go", Op: engine.OpCreate, After: []byte("new\n")}}},
		nil, // it cannot be done, which the call itself will say
	} {
		asked = s.waitsFor(asked)
		content, err := engine.LoadContent(s.ctx, s.disk, asked.Hash)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, content.Changes); diff != "" {
			t.Errorf("%s shows (-want +got):\n%s", asked.Title, diff)
		}
		if want != nil && !strings.Contains(content.Diff, "+"+string(want.Files[0].After)) {
			t.Errorf("the diff of %s: %q", asked.Title, content.Diff)
		}
		s.approve(asked, nil)
	}
	s.until("done", trackIs("a", engine.TrackDone))
	if diff := cmp.Diff(map[string]string{"a.go": "three\n", "b.go": "new\n"}, s.files.Contents()); diff != "" {
		t.Errorf("in the end (-want +got):\n%s", diff)
	}
}
