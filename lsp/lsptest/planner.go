package lsptest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/enginetest"
	"github.com/slop-ls/slop-ls/engine/planning"
	"github.com/slop-ls/slop-ls/engine/prompts"
)

// RepliesDir is where a world's models of tiers 1 and 2 have their replies: the file NAME-N of a tier says what it answers
// to its N-th request of a conversation, counted from 0. What says HANG is never answered; without a file there is no key.
// So a test says what they answer in every mode.
const RepliesDir = ".replies"

// planner is tiers 1 and 2 of a house.
func (h *House) planner() (*planning.Planner, error) {
	return &planning.Planner{
		Provider: enginetest.NewFakeProvider(h.answer), Prompts: prompts.Set{}, Files: repliesHidden{h.Hub.Files()}, Viewer: h.Viewer,
		Orchestrator: "wise", TechLead: "swift",
	}, nil
}

func (h *House) answer(r engine.Request) enginetest.ProviderReply {
	turn := 0
	for _, m := range r.Messages {
		if m.Role == engine.RoleAssistant {
			turn++
		}
	}
	said, err := os.ReadFile(filepath.Join(h.plan.Root, RepliesDir, fmt.Sprintf("%s-%d", r.Tier, turn)))
	switch {
	case errors.Is(err, fs.ErrNotExist) || len(r.Tools) > 0:
		return enginetest.ProviderReply{Fail: engine.ProviderNoKey}
	case err != nil:
		return enginetest.ProviderReply{Text: err.Error()}
	}
	return enginetest.ProviderReply{Text: string(said), Hang: string(said) == "HANG\n", Usage: engine.Usage{Input: 100, Output: 10}}
}

// repliesHidden keeps a model from seeing what it will say.
type repliesHidden struct{ engine.Files }

// List implements engine.Files.
func (f repliesHidden) List(ctx context.Context, dir string, recursive bool) ([]engine.Entry, error) {
	entries, err := f.Files.List(ctx, dir, recursive)
	out := entries[:0]
	for _, e := range entries {
		if e.Path != RepliesDir && filepath.Dir(e.Path) != RepliesDir {
			out = append(out, e)
		}
	}
	return out, err
}
