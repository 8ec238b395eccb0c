package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/slop-ls/slop-ls/engine/config"
	"github.com/slop-ls/slop-ls/engine/text"
	"github.com/slop-ls/slop-ls/engine/tool/mcp"
	"github.com/slop-ls/slop-ls/engine/workspace"
)

// mcpServers are the MCP servers of a configuration. Their programs run in the workspace's root, with the variables that
// were lent, and see no provider's key.
func mcpServers(root string, c *config.Config, lent *lent, log *slog.Logger) *mcp.Servers {
	o := mcp.Options{Version: buildVersion().Version, Log: log, Start: func(ctx context.Context, server string, argv []string, stderr io.Writer) (mcp.Process, error) {
		env := lent.with(ctx, lent.environ(ctx), c.MCP[server].Env)
		p, err := workspace.StartProgram(workspace.Program{
			Argv: argv, Dir: root, Stderr: stderr, Env: workspace.ProgramEnvironment(env, c.ProviderKeys(), c.MCP[server].Env),
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
			out = append(out, finding{what, false, "does not run: " + why})
			continue
		}
		note := fmt.Sprintf("runs, %d tools: %s", len(s.Tools), strings.Join(s.Tools, ", "))
		if len(s.Notes) > 0 {
			note += " (" + strings.Join(s.Notes, "; ") + ")"
		}
		out = append(out, finding{what, true, note})
	}
	if err := servers.Close(); err != nil {
		out = append(out, finding{"mcp", false, err.Error()})
	}
	return out
}
