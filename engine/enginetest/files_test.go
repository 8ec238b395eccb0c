package enginetest

import (
	"context"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
)

func TestMemoryFilesConform(t *testing.T) {
	t.Parallel()
	FilesConformance(t, func(*testing.T) Folder {
		f := NewFiles(nil)
		return Folder{Files: f, Applier: f, Workbench: &Workbench{Files: f}, Put: f.Put, Remove: f.Remove}
	})
}

func TestMemoryWorkbenchRuns(t *testing.T) {
	t.Parallel()
	b := &Workbench{Files: NewFiles(map[string]string{"a": "old"})}
	b.Shell = func(ctx context.Context, view engine.Files, _ engine.ShellCommand) (engine.CommandResult, error) {
		f, err := view.Read(ctx, "a")
		return engine.CommandResult{ExitCode: 1, Output: string(f.Data)}, err
	}
	d, release, err := b.Draft(t.Context(), engine.Run{})
	must(t, err)
	defer release()
	must(t, d.Write(t.Context(), "a", []byte("new")))
	var streamed string
	res, err := b.Run(t.Context(), d, engine.ShellCommand{Line: "cat a"}, func(p []byte) { streamed += string(p) })
	must(t, err)
	if res.Line != "cat a" || res.ExitCode != 1 || res.Output != "new" || streamed != "new" {
		t.Errorf("got %+v and streamed %q", res, streamed)
	}
}
