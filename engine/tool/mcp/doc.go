// Package mcp makes the tools of MCP servers tools of a worker. The servers are those that the person's own
// configuration names: programs that are started, or URLs.
//
// Contract: a server starts when the first attempt asks for its tools, and not before. What a server says is untrusted:
// its names become names that a model can call and that cannot be taken for a built-in tool's (server__tool), its
// descriptions are made visible, cut, and marked as the server's, and its hints about what a tool does decide nothing:
// every tool has the effect network, which asks unless a rule says otherwise. Whatever goes wrong in a call is an
// *engine.ToolError that says what became of it. A server that ends is started again by the next call, with pauses and
// at most so often; a call is never repeated by itself, since it may have had its effect. A server that changes its
// tools is listed anew for the next attempt. After Close no process of any server is left.
//
// All of a server's state belongs to who holds its turn; calls under way hold none, so that they run side by side.
package mcp
