package lsp

// Session is one connection of an editor.
type Session struct{}
