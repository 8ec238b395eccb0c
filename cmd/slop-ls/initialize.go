package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/engine/config"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

func initCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Write a configuration for the key that is set, and a sample track",
		Args:  arguments(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.initialize(cmd.Context()) },
	}
}

// initialize writes what is not there yet, and says for each file what it did.
func (a *app) initialize(ctx context.Context) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	preset := presetWithKey()
	if err := a.initFile(a.userConfig(), config.Init(os.LookupEnv), configNote(preset)); err != nil {
		return err
	}
	sample := filepath.Join(root, ".slop", "tracks", "first.track.yaml")
	return a.initFile(sample, trackfile.New("first", "What should be true when this track is done?"),
		"fill in its tickets, then `slop-ls run first`")
}

func (a *app) initFile(path string, data []byte, note string) error {
	if _, err := os.Stat(path); err == nil {
		fmt.Fprintf(a.out, "%s: is there already, left as it is\n", path)
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("looking for %s: %w", path, err)
	}
	if err := writeNew(path, data); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s: %s\n", path, note)
	return nil
}

// presetWithKey is the first preset whose key is set, or nil.
func presetWithKey() *config.Preset {
	for i := range config.Presets {
		p := &config.Presets[i]
		if p.APIKeyEnv != "" && p.BaseURL != "" && os.Getenv(p.APIKeyEnv) != "" {
			return p
		}
	}
	return nil
}

func configNote(p *config.Preset) string {
	if p == nil {
		return "no API key is set: name your provider in it, or set a key such as GEMINI_API_KEY"
	}
	return "uses " + p.Name + ", whose key is in " + p.APIKeyEnv
}
