package lsp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"go.lsp.dev/protocol"
)

// settingsSection is what slop-ls's settings are called in an editor.
const settingsSection = "slop"

// configuring asks a client that can for its settings, at the start and whenever it says that they changed, until ctx
// ends. Nobody waits for the answer: some clients never give one.
func (s *Session) configuring(ctx context.Context) {
	if s.hub.opts.Settings == nil {
		return
	}
	if s.restriction.on.Load() { // it counts without any setting
		s.applySettings(ctx, json.RawMessage("null"))
	}
	if !s.traits().Configuration {
		return
	}
	for {
		ask, cancel := context.WithCancel(ctx)
		s.later(func(context.Context) { s.askSettings(ask) })
		select {
		case <-s.kicks.settings:
			cancel()
		case <-ctx.Done():
			cancel()
			return
		}
	}
}

// askSettings asks once. Null, an empty object, an error and silence all mean that nothing is set.
func (s *Session) askSettings(ctx context.Context) {
	section := settingsSection
	params := &protocol.ConfigurationParams{Items: []protocol.ConfigurationItem{{Section: &section}}}
	var answer json.RawMessage
	if err := s.conn.Call(ctx, protocol.MethodWorkspaceConfiguration, params, &answer); err != nil {
		s.log.Debug("the client gave no settings", "err", err)
		return
	}
	var list []json.RawMessage
	if json.Unmarshal(answer, &list) != nil || len(list) == 0 {
		return
	}
	s.applySettings(ctx, list[0])
}

// settingsChanged takes up workspace/didChangeConfiguration. A client that can be asked is asked: what it pushes may
// be all of its settings, some, or nothing.
func (s *Session) settingsChanged(params json.RawMessage) error {
	if s.hub.opts.Settings == nil {
		return nil
	}
	if s.traits().Configuration {
		kick(s.kicks.settings)
		return nil
	}
	var p struct{ Settings map[string]json.RawMessage }
	if err := json.Unmarshal(params, &p); err != nil {
		return fmt.Errorf("decoding the settings: %w", err)
	}
	if section, ok := p.Settings[settingsSection]; ok {
		s.later(func(ctx context.Context) { s.applySettings(ctx, section) })
	}
	return nil
}

// applySettings hands the editor's section on where it differs from the one before, and says what came of it.
func (s *Session) applySettings(ctx context.Context, section json.RawMessage) {
	select {
	case s.settling <- struct{}{}:
		defer func() { <-s.settling }()
	case <-ctx.Done():
		return
	}
	var compact bytes.Buffer
	if json.Compact(&compact, s.settledTrust(section)) != nil || ctx.Err() != nil {
		return
	}
	now := compact.String()
	if now == "{}" {
		now = "null"
	}
	if now == s.settings {
		return
	}
	s.settings = now
	for _, line := range s.hub.opts.Settings(ctx, json.RawMessage(now)) {
		s.tell(ctx, protocol.MessageTypeWarning, line)
	}
}

// Announce shows lines in every editor: what became of a configuration that changed outside of them.
func (h *Hub) Announce(ctx context.Context, lines []string) {
	for _, line := range lines {
		h.tellAll(ctx, protocol.MessageTypeWarning, line)
	}
}
