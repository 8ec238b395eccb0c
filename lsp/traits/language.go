package traits

import (
	"slices"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/lsp/trackdoc"
)

// Language is how a client takes what is said about documents.
type Language struct {
	trackdoc.Client
	DiagnosticVersions bool // it drops diagnostics of a version that it has left behind
}

// languageOf reads what a client announces.
func languageOf(c *protocol.TextDocumentClientCapabilities) (l Language) {
	if c == nil {
		return l
	}
	if c.Completion != nil && c.Completion.CompletionItem != nil {
		i := c.Completion.CompletionItem
		l.Snippets = isTrue(i.SnippetSupport)
		l.MarkdownItems = slices.Contains(i.DocumentationFormat, protocol.MarkupKindMarkdown)
		l.AsIs = slices.Contains(i.InsertTextModeSupport.ValueSet, protocol.InsertTextModeAsIs)
	}
	l.Markdown = c.Hover != nil && slices.Contains(c.Hover.ContentFormat, protocol.MarkupKindMarkdown)
	l.Tree = c.DocumentSymbol != nil && isTrue(c.DocumentSymbol.HierarchicalDocumentSymbolSupport)
	l.Links = c.Definition != nil && isTrue(c.Definition.LinkSupport)
	if c.FoldingRange != nil && c.FoldingRange.RangeLimit != nil {
		l.FoldLimit = int(*c.FoldingRange.RangeLimit)
	}
	l.DiagnosticVersions = c.PublishDiagnostics != nil && isTrue(c.PublishDiagnostics.VersionSupport)
	return l
}
