package lsp

import (
	"context"
	"encoding/json"
	"sync/atomic"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/rpc"
)

// An editor that keeps a person from running what they do not trust says so with "trusted": in its initialization
// options, {"slop": {"trusted": false}}, and in its section of settings. A false restricts its session: what it sets can
// only tighten, and it can start nothing. A true lifts that, and gives no trust: settings can come with the repository.

// restriction is a session's; zero is none.
type restriction struct{ on atomic.Bool }

// saysTrusted reads "trusted" out of a section; said is false where it says nothing of it.
func saysTrusted(section json.RawMessage) (trusted, said bool) {
	var s struct{ Trusted *bool }
	if json.Unmarshal(section, &s) != nil || s.Trusted == nil {
		return false, false
	}
	return *s.Trusted, true
}

// initialTrust takes what the initialization options say, whole or as a section of their own.
func (s *Session) initialTrust(options json.RawMessage) {
	var sections struct{ Slop json.RawMessage }
	if json.Unmarshal(options, &sections) != nil {
		return
	}
	for _, section := range []json.RawMessage{options, sections.Slop} {
		if trusted, said := saysTrusted(section); said {
			s.restriction.on.Store(!trusted)
		}
	}
}

// settledTrust takes what a section of settings says, and gives the section that says it for the session, for whom its
// settings are read. Who says nothing there is as before.
func (s *Session) settledTrust(section json.RawMessage) json.RawMessage {
	trusted, said := saysTrusted(section)
	if said {
		s.restriction.on.Store(!trusted)
	}
	if said || !s.restriction.on.Load() {
		return section
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(section, &all) != nil {
		return section
	}
	if all == nil {
		all = map[string]json.RawMessage{}
	}
	all["trusted"] = json.RawMessage("false")
	with, err := json.Marshal(all)
	if err != nil {
		return section
	}
	return with
}

// Restricted reports whether an attached editor says that it does not trust the workspace.
func (h *Hub) Restricted() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.sessions {
		if s.restriction.on.Load() {
			return true
		}
	}
	return false
}

// wary is a session's engine: it starts nothing while the session is restricted.
type wary struct {
	Engine
	on *atomic.Bool
}

// Do submits a command, as Conductor.Do.
func (w wary) Do(ctx context.Context, cmd engine.Command) error {
	if _, starts := engine.Starts(cmd); starts && w.on.Load() {
		return rpc.Refuse(rpc.RequestFailed, "this editor does not trust the workspace, so that nothing is run from it: "+
			"trust the workspace in the editor first")
	}
	return w.Engine.Do(ctx, cmd)
}
