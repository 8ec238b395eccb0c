package main

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/config"
	"github.com/slop-ls/slop-ls/engine/policy"
	"github.com/slop-ls/slop-ls/engine/workspace"
)

// live is the part of the configuration that can change while the house is open.
type live struct {
	app    *app
	policy livePolicy

	mu        sync.Mutex                    // held while a change is carried out
	inForce   config.Config                 // as it was read last
	prices    atomic.Pointer[config.Config] // inForce, for those who count money and do not hold the lock
	rules     config.Policy                 // of the policy: what was read last may allow more
	set       engine.Settings               // that the conductor has
	settings  map[string]any                // of the editor that said something good last
	untrusted bool                          // that editor does not trust the workspace
	told      string                        // what was wrong when it was last looked at
}

// livePolicy is the policy that is in force now.
type livePolicy struct {
	now atomic.Pointer[policy.Policy]
}

// Rule implements engine.Policy.
func (p *livePolicy) Rule(ctx context.Context, a engine.Action) engine.Ruling {
	return p.now.Load().Rule(ctx, a)
}

// Closed reports whether the policy in force has a rule that asks or denies before a file is read.
func (p *livePolicy) Closed(path string) bool { return p.now.Load().Closed(path) }

// takeSettings takes an editor's section "slop"; null unsets it. It gives what the person must know.
func (h *house) takeSettings(ctx context.Context, section json.RawMessage) []string {
	var settings map[string]any
	if err := json.Unmarshal(section, &settings); err != nil {
		return []string{`the setting "slop" is no table: write it like {"slop": {"mma": {"max_workers": 4}}}`}
	}
	trusted, said := settings["trusted"].(bool)
	delete(settings, "trusted")
	h.live.mu.Lock()
	defer h.live.mu.Unlock()
	h.live.untrusted = said && !trusted
	return h.reconfigure(ctx, settings)
}

// configChanged looks at the configuration files again.
func (h *house) configChanged(ctx context.Context) []string {
	h.live.mu.Lock()
	defer h.live.mu.Unlock()
	return h.reconfigure(ctx, h.live.settings)
}

// reconfigure puts in force what can change while workers run. With an error anywhere everything stays as it was.
func (h *house) reconfigure(ctx context.Context, settings map[string]any) []string {
	l := &h.live
	next, _, err := loadConfigWith(l.app, h.root, settings, l.untrusted)
	if err == nil {
		err = h.putInForce(ctx, &next)
	}
	if err != nil {
		if err.Error() == l.told {
			return nil // said before
		}
		l.told = err.Error()
		return append(strings.Split(l.told, "\n"), "slop-ls goes on with the settings that were in force before")
	}
	later := needsRestart(&l.inForce, &next)
	l.inForce, l.settings, l.told = next, settings, ""
	if len(later) == 0 {
		return nil
	}
	return []string{strings.Join(later, ", ") + ": what changed there is taken up by the next start of slop-ls (`slop-ls daemon stop` ends this one)"}
}

// putInForce changes the conductor's settings, and makes the policy stricter where next is.
func (h *house) putInForce(ctx context.Context, next *config.Config) error {
	was, strict := &h.live.inForce, tightened(h.live.rules, next.Policy)
	rules, err := policy.New(policy.Rules(strict))
	if err != nil {
		return err
	}
	h.live.prices.Store(next) // first: a track that waits for a price asks for it at once
	again := !reflect.DeepEqual(was.Prices, next.Prices)
	set := h.settingsOf(next)
	if len(set.Models) == 0 {
		set.Models = settingsOf(was).Models // there is no provider any more, or not yet: that needs a start
	}
	if again {
		h.live.set = engine.Settings{} // told anew
	}
	if err := h.configure(ctx, set); err != nil {
		return err
	}
	h.live.policy.now.Store(rules)
	h.live.rules = strict
	return nil
}

// configure gives the conductor settings that it does not have. The caller holds live.mu.
func (h *house) configure(ctx context.Context, set engine.Settings) error {
	if reflect.DeepEqual(set, h.live.set) {
		return nil
	}
	if err := h.conductor.Do(ctx, engine.Configure{Settings: set}); err != nil {
		return err
	}
	h.live.set = set
	return nil
}

// settingsOf is what the configuration says to the conductor here: tickets start by themselves where a person trusts the
// workspace.
func (h *house) settingsOf(c *config.Config) engine.Settings {
	set := settingsOf(c)
	set.AutoQueue = set.AutoQueue && h.trusted()
	return set
}

// settingsOf is what the configuration says to the conductor; without models where no provider is chosen.
func settingsOf(c *config.Config) engine.Settings {
	set := engine.Settings{
		MaxWorkers: c.MMA.MaxWorkers, AutoQueue: c.MMA.AutoQueue, MaxRetries: c.MMA.MaxRetries, Budget: budgetOf(c.Budget),
		SideBySide: c.MMA.Overlap == config.Merge, ParkedLease: duration(c.MMA.ParkedLease),
	}
	if tier, err := c.Select(config.Worker); err == nil {
		set.Models = tier.Models
	}
	return set
}

// tightened is a policy that is as strict as either of two.
func tightened(was, next config.Policy) config.Policy {
	either := func(a, b []string) []string {
		out := slices.Clone(a)
		for _, rule := range b {
			if !slices.Contains(out, rule) {
				out = append(out, rule)
			}
		}
		return out
	}
	both := func(a, b []string) []string {
		return slices.DeleteFunc(slices.Clone(a), func(rule string) bool { return !slices.Contains(b, rule) })
	}
	return config.Policy{
		Deny: either(was.Deny, next.Deny), DenyCommands: either(was.DenyCommands, next.DenyCommands), DenyPaths: either(was.DenyPaths, next.DenyPaths),
		Ask: either(was.Ask, next.Ask), AskCommands: either(was.AskCommands, next.AskCommands), AskPaths: either(was.AskPaths, next.AskPaths),
		Allow: both(was.Allow, next.Allow), AllowCommands: both(was.AllowCommands, next.AllowCommands), AllowPaths: both(was.AllowPaths, next.AllowPaths),
	}
}

// needsRestart names what differs and is not taken up while the house is open.
func needsRestart(was, next *config.Config) []string {
	tiers := func(c *config.Config) config.Tiers { t := c.Tiers; t.Worker.Models = nil; return t }
	var out []string
	for _, part := range []struct {
		name      string
		was, next any
	}{
		{"tiers", tiers(was), tiers(next)},
		{"providers", was.Providers, next.Providers},
		{"policy (it allows more)", wider(was.Policy, next.Policy), false},
		{"mcp", was.MCP, next.MCP},
		{"commands", was.Commands, next.Commands},
		{"editor", was.Editor, next.Editor},
		{"store", was.Store, next.Store},
	} {
		if !reflect.DeepEqual(part.was, part.next) {
			out = append(out, part.name)
		}
	}
	return out
}

// wider says whether a policy allows anything that another one does not.
func wider(was, next config.Policy) bool {
	missing := func(have, want []string) bool {
		return slices.ContainsFunc(want, func(rule string) bool { return !slices.Contains(have, rule) })
	}
	return missing(next.Deny, was.Deny) || missing(next.DenyCommands, was.DenyCommands) || missing(next.DenyPaths, was.DenyPaths) ||
		missing(next.Ask, was.Ask) || missing(next.AskCommands, was.AskCommands) || missing(next.AskPaths, was.AskPaths) ||
		missing(was.Allow, next.Allow) || missing(was.AllowCommands, next.AllowCommands) || missing(was.AllowPaths, next.AllowPaths)
}

// watch takes up what changes outside of the editors, until ctx ends: track documents and the workspace's
// configuration, and the person's own.
func (h *house) watch(ctx context.Context) {
	var tasks sync.WaitGroup
	tasks.Go(func() {
		err := h.disk.Watch(ctx, []string{".slop/tracks", config.WorkspaceFile}, func(ctx context.Context, paths []string) {
			if slices.Contains(paths, config.WorkspaceFile) {
				h.hub.Announce(ctx, h.configChanged(ctx))
			}
			if err := h.hub.Changed(ctx, paths); err != nil && ctx.Err() == nil {
				h.log.Warn("what changed outside of the editors was not taken up", "err", err)
			}
		})
		h.unwatched(err)
	})
	tasks.Go(func() { h.unwatched(h.watchUserConfig(ctx)) })
	tasks.Go(func() { h.announceBudgets(ctx) })
	tasks.Wait()
}

func (h *house) unwatched(err error) {
	if err != nil {
		h.log.Warn("changes outside of the editors are not seen", "err", err)
	}
}

// watchUserConfig watches the folder of the person's own file, where it is there.
func (h *house) watchUserConfig(ctx context.Context) error {
	dir, name := filepath.Split(h.live.app.userConfig())
	folder, err := workspace.Open(dir)
	if err != nil {
		return nil //nolint:nilerr // nobody has written one: there is nothing to watch
	}
	err = folder.Watch(ctx, []string{name}, func(ctx context.Context, _ []string) {
		h.hub.Announce(ctx, h.configChanged(ctx))
	})
	return errors.Join(err, folder.Close())
}
