package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/slop-ls/slop-ls/engine/config"
)

// userConfig is where the person's own configuration is: --config, else in the XDG folder.
func (a *app) userConfig() string {
	if a.configFlag != "" {
		return a.configFlag
	}
	return config.UserFile()
}

// loadConfig puts the configuration of a workspace together. Its problems are one error, one a line.
func loadConfig(a *app, root string) (config.Config, config.Origins, error) {
	return loadConfigWith(a, root, nil, false)
}

// loadConfigWith is loadConfig with an editor's settings on top; one that does not trust the workspace can only tighten.
func loadConfigWith(a *app, root string, settings map[string]any, untrusted bool) (config.Config, config.Origins, error) {
	if a.configFlag != "" {
		if _, err := os.Stat(a.configFlag); errors.Is(err, fs.ErrNotExist) {
			return config.Config{}, nil, usageError("--config " + a.configFlag + ": there is no such file")
		}
	}
	user, err := config.ReadFile(a.userConfig())
	if err != nil {
		return config.Config{}, nil, fmt.Errorf("reading the configuration: %w", err)
	}
	own, err := config.ReadWorkspaceFile(root)
	if err != nil {
		return config.Config{}, nil, fmt.Errorf("reading the workspace's configuration: %w", err)
	}
	return config.Load(config.Sources{User: user, Workspace: own, Settings: settings, Untrusted: untrusted, LookupEnv: os.LookupEnv})
}

func duration(d config.Duration) time.Duration { return time.Duration(d) }
