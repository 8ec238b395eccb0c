//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// TestReviewOpenedElsewhere: an editor that is started in another folder, or in the folder of the reviews, and opens a
// Review… document, is attached to the workspace whose approval that is, and answers it there.
func TestReviewOpenedElsewhere(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"another workspace", "the folder of reviews"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			p := newDaemonPlace(t, "")
			e := p.editor()
			track := wire.TrackArgs{URI: string(e.URI(".slop/tracks/work.track.yaml"))}
			if err := e.Command(t.Context(), wire.TrackRun, track, nil); err != nil {
				t.Fatal(err)
			}
			var list []wire.Approval
			eventually(t, "the approval", func() bool {
				return e.Command(t.Context(), wire.ApprovalList, nil, &list) == nil && len(list) == 1
			})
			review := openReview(t, &window{Env: e}, list[0])
			dir := filepath.Dir(review)
			if where == "another workspace" {
				dir = filepath.Join(p.dir, "away")
				p.file("away/x.txt", "")
				t.Cleanup(func() { // the daemon that it was attached to first
					stop := p.command("daemon", "stop")
					stop.Args = []string{stop.Args[0], "daemon", "stop", "--root", dir}
					if out, err := stop.CombinedOutput(); err != nil {
						t.Errorf("stopping the other daemon: %v: %s", err, out)
					}
				})
			}
			other := lsptest.Open(t, dir, lsptest.Child(func() *exec.Cmd {
				cmd := p.command()
				cmd.Args, cmd.Dir = []string{cmd.Args[0], "--stdio"}, dir // no --root
				return cmd
			}, nil), lsptest.WithConfig(func(c *client.Config) {
				c.Initialize = []byte(`{"processId":null,"rootUri":null,"clientInfo":{"name":"second"},"capabilities":{"workspace":{"applyEdit":true}}}`)
			}))
			if err := other.Open(t.Context(), review); err != nil {
				t.Fatal(err)
			}
			args := wire.AnswerArgs{ID: list[0].ID, Decision: wire.Approve, URI: string(other.URI(review))}
			if err := other.Command(t.Context(), wire.ApprovalAnswer, args, nil); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the track's end", trackIs(t, e, "done"))
			if out := p.want(exitDone, "log", "--json"); !strings.Contains(out, "person (second)") {
				t.Errorf("the log names nobody: %s", out)
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(review), ".slop")); err == nil {
				t.Error("the folder of reviews became a workspace")
			}
		})
	}
}
