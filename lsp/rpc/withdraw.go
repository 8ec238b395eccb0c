package rpc

import (
	"context"
	"encoding/json"
	"sync/atomic"

	"go.lsp.dev/protocol"
)

// sentKey is under which a call's context holds where its id is to be put.
type sentKey struct{}

// Noting makes a context whose call leaves its id, once it goes out, in id. An id is never 0.
func Noting(ctx context.Context, id *atomic.Int64) context.Context {
	return context.WithValue(ctx, sentKey{}, id)
}

// noteSent reads the id of a call that somebody wants to know.
func noteSent(ctx context.Context, body []byte) {
	id, wanted := ctx.Value(sentKey{}).(*atomic.Int64)
	if !wanted {
		return
	}
	var m struct{ ID int64 }
	if json.Unmarshal(body, &m) == nil {
		id.Store(m.ID)
	}
}

// Withdraw tells the client that a call needs no answer any more. An answer is taken all the same: many clients leave
// what they ask on the screen, and who answers it then is to be told that it is late.
func (c *Conn) Withdraw(ctx context.Context, id int64) {
	err := c.Notify(ctx, protocol.MethodCancelRequest, &protocol.CancelParams{ID: protocol.Integer(id)})
	if err != nil {
		c.log.Debug("a question was not withdrawn", "err", err)
	}
}
