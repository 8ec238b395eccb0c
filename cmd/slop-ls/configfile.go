package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/adrg/xdg"

	"github.com/slop-ls/slop-ls/engine/config"
)

// userConfig is where the person's own configuration is: --config, else in the XDG folder.
func (a *app) userConfig() string {
	if a.configFlag != "" {
		return a.configFlag
	}
	return filepath.Join(xdg.ConfigHome, "slop-ls", "config.toml")
}

func workspaceConfig(root string) string { return filepath.Join(root, ".slop", "config.toml") }

// loadConfig puts the configuration of a workspace together. Its problems are one error, one a line.
func loadConfig(a *app, root string) (config.Config, config.Origins, error) {
	user, err := configFile(a.userConfig(), a.configFlag != "")
	if err != nil {
		return config.Config{}, nil, err
	}
	own, err := configFile(workspaceConfig(root), false)
	if err != nil {
		return config.Config{}, nil, err
	}
	return config.Load(config.Sources{User: user, Workspace: own, LookupEnv: os.LookupEnv})
}

// configFile reads a layer. A file that is not there says nothing, unless the person named it.
func configFile(path string, must bool) (config.File, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !must {
		return config.File{Name: path}, nil
	}
	if err != nil {
		return config.File{}, fmt.Errorf("reading the configuration: %w", err)
	}
	return config.File{Name: path, Text: data}, nil
}

func duration(d config.Duration) time.Duration { return time.Duration(d) }
