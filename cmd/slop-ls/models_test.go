package main

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/slop-ls/slop-ls/engine/scripted"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
)

// modelPuppet are models that can be held back: a request waits until it is let go.
type modelPuppet struct {
	t      *testing.T
	server *scripted.Server

	mu   sync.Mutex
	says func(scripted.Request) scripted.Reply // nil: that it is done
	held map[string]chan struct{}
}

func startModelPuppet(t *testing.T) *modelPuppet {
	t.Helper()
	m := &modelPuppet{t: t, held: map[string]chan struct{}{}}
	server, err := scripted.Start(scripted.Script{
		Models: []string{"small", "medium", "large"},
		Rules:  []scripted.Rule{{Reply: scripted.Reply{Func: m.reply}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.server = server
	t.Cleanup(server.Close)
	t.Cleanup(m.letGo)
	return m
}

// say is what they answer from now on; nil: that it is done.
func (m *modelPuppet) say(says func(scripted.Request) scripted.Reply) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.says = says
}

// hold keeps the replies to a ticket's request of a turn back until the channel is closed, or the test ends.
func (m *modelPuppet) hold(ticket string, turn int) chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	open := make(chan struct{})
	m.held[heldKey(ticket, turn)] = open
	return open
}

func heldKey(ticket string, turn int) string { return fmt.Sprintf("%s %d", ticket, turn) }

// letGo ends the waiting of whatever still waits.
func (m *modelPuppet) letGo() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, open := range m.held {
		select {
		case <-open:
		default:
			close(open)
		}
	}
}

func (m *modelPuppet) reply(q scripted.Request) scripted.Reply {
	m.mu.Lock()
	open, says := m.held[heldKey(q.Ticket, q.Turn)], m.says
	m.mu.Unlock()
	if open != nil {
		<-open
	}
	if says == nil {
		return scripted.Reply{Text: "Done."}
	}
	return says(q)
}

// await waits until a ticket's request of a turn has come, and gives its text.
func (m *modelPuppet) await(ticket string, turn int) string {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), lsptest.Patience)
	defer cancel()
	body := ""
	_, err := m.server.Await(ctx, func(records []scripted.Record) bool {
		for _, r := range records {
			if r.Ticket == ticket && r.Turn == turn {
				body = string(r.Body)
			}
		}
		return body != ""
	})
	if err != nil {
		m.t.Fatalf("the models were never asked for %s, turn %d: %v", ticket, turn, err)
	}
	return body
}
