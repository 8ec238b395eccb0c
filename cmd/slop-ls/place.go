package main

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/adrg/xdg"

	"github.com/slop-ls/slop-ls/engine/config"
	"github.com/slop-ls/slop-ls/lsp/attach"
)

// placeOf is where the processes of a workspace meet: beside its store.
func placeOf(root string) (attach.Place, error) {
	path, err := storePath(root)
	if err != nil {
		return attach.Place{}, err
	}
	return attach.Place{Dir: filepath.Dir(path), Runtime: xdg.RuntimeDir}, nil
}

// executable is this program as it was called, asked once and early: a path that was replaced meanwhile names another
// build, or nothing.
var executable = sync.OnceValues(os.Executable)

// buildName names this very executable: "(devel)" alone would be the same for every build of a checkout.
var buildName = sync.OnceValue(func() string {
	v := buildVersion()
	name := v.Version
	if v.Revision != "" {
		name += " " + v.Revision
	}
	if sum, err := executableSum(); err == nil {
		name += " " + sum
	}
	return name
})

// sumHead is how much of the executable is read to tell builds apart, in bytes. The linker writes what names the whole
// of a build (Go's build id, and the system's own) into its head; reading all of it would be most of a start.
const sumHead = 64 << 10

// executableSum tells builds apart. Nobody defends against a forger here, so that the quickest sum is the best.
func executableSum() (string, error) {
	path, err := executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	_, err = io.CopyN(sum, f, sumHead)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return fmt.Sprintf("%08x-%x", sum.Sum32(), info.Size()), err
}

// lends is what this process lends to the daemon of a workspace. Where the configuration cannot be read the daemon says
// so, or has another.
func (a *app) lends(root string) map[string]string {
	c, _, err := loadConfig(a, root)
	if err != nil {
		c = config.Config{}
	}
	return lendable(c.KeyVariables())
}

// dialer attaches to the daemon of a workspace and starts one where there is none.
func (a *app) dialer(root string) (*attach.Dialer, error) {
	place, err := placeOf(root)
	if err != nil {
		return nil, err
	}
	self, err := executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	command := []string{self, "daemon", "serve", "--root", root}
	if a.configFlag != "" {
		config, err := filepath.Abs(a.configFlag)
		if err != nil {
			return nil, fmt.Errorf("finding the configuration: %w", err)
		}
		command = append(command, "--config", config)
	}
	return &attach.Dialer{Place: place, Root: root, Command: command, Hello: attach.Hello{
		Version: buildVersion().Version, Build: buildName(), Root: root, Kind: attach.Editor, Env: a.lends(root),
	}}, nil
}

// daemonOf is the link to the daemon of a workspace, or nil where none runs; env is lent to it. A daemon of another
// build that is idle has left by then; one that is busy is an error which says what to do.
func daemonOf(ctx context.Context, root string, env map[string]string) (*link, error) {
	place, err := placeOf(root)
	if err != nil {
		return nil, err
	}
	version := buildVersion().Version
	if _, err := place.Status(ctx, attach.Hello{Version: version, Root: root}); errors.Is(err, attach.ErrNoDaemon) {
		return nil, nil // without the cost of naming this build
	}
	l := &link{place: place, hello: attach.Hello{Version: version, Build: buildName(), Root: root, Kind: attach.CLI, Env: env}}
	c, err := place.Connect(ctx, l.hello)
	if errors.Is(err, attach.ErrNoDaemon) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return l, c.Close()
}
