package lsp

import "go.lsp.dev/uri"

// TextOf is what the session of the client of that name has as the text of an open document.
func (h *Hub) TextOf(client string, u uri.URI) (text string, open bool) {
	for _, s := range h.attached() {
		if s.traits().Name != client {
			continue
		}
		if d := s.desk.Docs().Get(u); d != nil {
			return d.Text(), d.Broken == nil
		}
	}
	return "", false
}
