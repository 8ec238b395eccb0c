package lsp_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/client"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
	"github.com/slop-ls/slop-ls/lsp/wire"
)

// refreshes counts what a server tells a client to ask for again.
type refreshes struct {
	mu   sync.Mutex
	seen map[string]int
	more chan struct{} // gets a value with each; what does not fit is left out
}

func noRefreshes() *refreshes {
	return &refreshes{seen: map[string]int{}, more: make(chan struct{}, 1)}
}

func (r *refreshes) asked(method string, _ json.RawMessage) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[method]++
	select {
	case r.more <- struct{}{}:
	default:
	}
	return nil
}

// await waits until the client was told to ask again.
func (r *refreshes) await(t *testing.T, method string) {
	t.Helper()
	timeout := time.After(lsptest.Patience)
	for r.count(method) == 0 {
		select {
		case <-r.more:
		case <-timeout:
			t.Fatalf("%s did not come", method)
		}
	}
}

func (r *refreshes) count(method string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen[method]
}

// refreshable is a client that asks again for what the words name.
func refreshable(r *refreshes, words ...string) lsptest.Option {
	return lsptest.WithConfig(func(c *client.Config) {
		c.Hooks.Asked = r.asked
		var can []string
		for _, w := range words {
			can = append(can, `"`+w+`":{"refreshSupport":true}`)
		}
		c.Initialize = []byte(`{"processId":null,"clientInfo":{"name":"x"},"rootUri":"file://` + c.Root +
			`","capabilities":{"workspace":{` + strings.Join(can, ",") + `}}}`)
	})
}

// Lenses and hints are asked for again by who shows them, when they have changed; nobody else hears of it.
func TestRefresh(t *testing.T) {
	t.Parallel()
	modes(t, sample, func(t *testing.T, d *daemon) {
		both, none, away := noRefreshes(), noRefreshes(), noRefreshes()
		e := d.open(refreshable(both, "codeLens", "inlayHint"))
		must(t, e.Open(t.Context(), trackPath))
		bare := d.open(refreshable(none))
		must(t, bare.Open(t.Context(), trackPath))
		elsewhere := d.open(refreshable(away, "codeLens", "inlayHint"))
		must(t, elsewhere.Open(t.Context(), "b.go"))

		must(t, e.Command(t.Context(), wire.TicketBlock, wire.TicketArgs{URI: string(e.URI(trackPath)), ID: "T1"}, nil))
		d.awaitStatus(mainTrack, "T1", engine.Blocked)
		for _, method := range []string{"workspace/codeLens/refresh", "workspace/inlayHint/refresh"} {
			both.await(t, method)
			if n := none.count(method) + away.count(method); n != 0 {
				t.Errorf("%s went %d times to editors that do not show it", method, n)
			}
		}
	})
}
