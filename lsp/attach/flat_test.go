//go:build unix

package attach

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine/leaftest"
)

// TestForwarderKeepsNothing remembers a document that is edited on and on: what is remembered is the text as it is, not
// how it came about. Not parallel.
func TestForwarderKeepsNothing(t *testing.T) {
	m := newMemory()
	tell := func(body []byte) {
		msg, ok := scan(body)
		if !ok {
			t.Fatalf("%s was refused", body)
		}
		m.client(&msg)
	}
	version := int32(1)
	tell(encode("textDocument/didOpen", openParams{textItem{URI: "file:///w/a", LanguageID: "l", Version: version, Text: strings.Repeat("a line\n", 200)}}))
	leaftest.Flat(t, 1000, func() {
		for _, change := range []string{
			`{"range":{"start":{"line":7,"character":0},"end":{"line":7,"character":0}},"text":"new\n"}`,
			`{"range":{"start":{"line":7,"character":0},"end":{"line":8,"character":0}},"text":""}`,
		} {
			version++
			tell(fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///w/a","version":%d},"contentChanges":[%s]}}`, version, change))
		}
		tell(encode("textDocument/didOpen", openParams{textItem{URI: "file:///w/b", LanguageID: "l", Version: 1, Text: "b"}}))
		tell(encode("textDocument/didClose", doc("file:///w/b")))
		_ = m.retell()
	})
}
