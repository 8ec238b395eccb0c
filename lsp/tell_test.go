package lsp_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"go.lsp.dev/protocol"

	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// TestMessagesKeepToALine: Neovim without our plugin asks for a key when a message does not fit its line, so what it is
// told unasked fits, and the whole is in its log.
func TestMessagesKeepToALine(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		quiet := d.open(lsptest.WithConfig(func(cfg *client.Config) { cfg.Name = "Neovim" }))
		other := d.open()
		asker := d.open(lsptest.WithResponder(lsptest.Never()))
		must(t, asker.Command(t.Context(), wire.TrackRun, wire.TrackArgs{URI: string(asker.URI(mainTrack + ".track.yaml"))}, nil))
		long := other.Await(lsptest.Message("A1 waits for you: Start T1")).Messages[0].Message
		if utf8.RuneCountInString(long) < 80 {
			t.Fatalf("the message is too short to be cut: %s", long)
		}
		seen := quiet.Await(lsptest.Message("A1 waits for you: Start T1"), logged(long))
		for _, m := range seen.Messages {
			if n := utf8.RuneCountInString(m.Message); n > 46 || strings.Contains(m.Message, "\n") {
				t.Errorf("a message of %d characters takes a key: %q", n, m.Message)
			}
		}
	})
}

// logged expects a message in the client's log.
func logged(text string) lsptest.Expectation {
	return lsptest.Expectation{What: "the log has " + text, Check: func(s lsptest.State) lsptest.Verdict {
		for _, raw := range s.Custom[protocol.MethodWindowLogMessage] {
			var p struct{ Message string }
			if json.Unmarshal(raw, &p) == nil && p.Message == text {
				return lsptest.Met
			}
		}
		return lsptest.Unmet
	}}
}
