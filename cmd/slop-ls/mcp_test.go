package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/slop-ls/slop-ls/engine/tool/mcp/mcptest"
)

// startMCP is the script command mcp: a real server over both transports.
func startMCP(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: mcp")
	}
	far := httptest.NewServer(mcptest.Handler(func() {}))
	ts.Defer(func() {
		far.CloseClientConnections()
		far.Close()
	})
	ts.Setenv("MCP_URL", far.URL)
	config := filepath.Join(ts.Getenv("XDG_CONFIG_HOME"), "slop-ls", "config.toml")
	f, err := os.OpenFile(config, os.O_APPEND|os.O_WRONLY, 0)
	ts.Check(err)
	_, err = fmt.Fprintf(f, "\n[mcp.near]\ncommand = [\"slop-mcp\"]\nenv = [\"NEAR_TOKEN\"]\n[mcp.far]\nurl = %q\ntimeout = %q\n", far.URL, time.Minute)
	ts.Check(err)
	ts.Check(f.Close())
}
