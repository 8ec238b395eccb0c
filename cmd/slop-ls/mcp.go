package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/slop-ls/slop-ls/engine/config"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/tool/mcp"
	"github.com/slop-ls/slop-ls/engine/workspace"
)

// mcpServers are the MCP servers of a configuration. Their programs run in the workspace's root, with the variables that
// were lent, see no provider's key, and are held as workers' commands are.
func mcpServers(root string, c *config.Config, lent *lent, log *slog.Logger) *mcp.Servers {
	o := mcp.Options{Version: buildVersion().Version, Log: log, Start: func(ctx context.Context, server string, argv []string, stderr io.Writer) (mcp.Process, error) {
		env := lent.with(ctx, lent.environ(ctx), c.MCP[server].Env)
		held, err := heldServer(root, c, c.MCP[server])
		if err != nil {
			return mcp.Process{}, err
		}
		p, err := workspace.StartProgram(workspace.Program{
			Argv: argv, Dir: root, Stderr: stderr, Env: workspace.ProgramEnvironment(env, c.ProviderKeys(), c.MCP[server].Env), Held: held,
		})
		if err != nil {
			return mcp.Process{}, err
		}
		return mcp.Process{In: p.In, Out: p.Out, Kill: p.Kill, Wait: p.Wait}, nil
	}}
	for name, s := range c.MCP {
		server := mcp.Server{Name: name, Command: s.Command, URL: s.URL, Timeout: time.Duration(s.Timeout)}
		if s.TokenEnv != "" {
			server.Header = func(ctx context.Context) (http.Header, error) { return bearer(ctx, lent, s.TokenEnv) }
		}
		o.Servers = append(o.Servers, server)
	}
	slices.SortFunc(o.Servers, func(a, b mcp.Server) int { return cmp.Compare(a.Name, b.Name) })
	return mcp.New(o)
}

// heldServer is how a server's program is held: as commands are, but that it sees the workspace, and what its own table opens.
func heldServer(root string, c *config.Config, s *config.Server) (*workspace.Held, error) {
	path, err := storePath(root)
	if err != nil {
		return nil, err
	}
	commands := c.Commands
	commands.Sandbox = cmp.Or(s.Sandbox, commands.Sandbox)
	commands.Read = slices.Concat(commands.Read, s.Read)
	commands.Caches = slices.Concat(commands.Caches, s.Write)
	o := benchOptions(&commands, filepath.Dir(path))
	return &workspace.Held{Sandbox: o.Sandbox, Scratch: o.Scratch, Limits: o.Limits}, nil
}

// bearer is the header with the token that a variable holds.
func bearer(ctx context.Context, lent *lent, name string) (http.Header, error) {
	token := cmp.Or(lent.value(ctx, name), os.Getenv(name))
	if token == "" {
		return nil, fmt.Errorf("no token: set %s where the editor and the terminal get their environment from", name)
	}
	return http.Header{"Authorization": {"Bearer " + token}}, nil
}

// mcpFindings start every server for a moment and say what it offers.
func mcpFindings(ctx context.Context, root string, c *config.Config) []finding {
	servers := mcpServers(root, c, &lent{}, nil)
	var out []finding
	for _, s := range servers.Check(ctx) {
		what := "mcp." + s.Name
		if s.Err != nil {
			why, _ := text.VisibleLine(s.Err.Error(), 500)
			out = append(out, finding{what, false, "does not run: " + why + sandboxHint(c, s.Name)})
			continue
		}
		note := fmt.Sprintf("runs, %d tools: %s", len(s.Tools), strings.Join(s.Tools, ", "))
		if len(s.Notes) > 0 {
			note += " (" + strings.Join(s.Notes, "; ") + ")"
		}
		if server := c.MCP[s.Name]; len(server.Command) > 0 {
			if why := workspace.Unheld(workspace.SandboxMode(cmp.Or(server.Sandbox, c.Commands.Sandbox))); why != "" {
				note += "; not sandboxed: " + why
			}
		}
		out = append(out, finding{what, true, note})
	}
	if err := servers.Close(); err != nil {
		out = append(out, finding{"mcp", false, err.Error()})
	}
	return out
}

// sandboxHint is what a person can do where a program may not reach what it needs.
func sandboxHint(c *config.Config, name string) string {
	s := c.MCP[name]
	if len(s.Command) == 0 || workspace.Unheld(workspace.SandboxMode(cmp.Or(s.Sandbox, c.Commands.Sandbox))) != "" {
		return ""
	}
	return fmt.Sprintf(" (it runs in a sandbox: mcp.%s.read and mcp.%s.write open folders to it)", name, name)
}
