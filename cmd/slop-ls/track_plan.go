package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/catalog"
	"github.com/slop-ls/slop-ls/engine/config"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/policy"
	"github.com/slop-ls/slop-ls/engine/tool"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/engine/workspace"
	"github.com/slop-ls/slop-ls/lsp/wire"
	"github.com/slop-ls/slop-ls/treesitter"
)

// forecaster tells what a track would be given and would ask, by a configuration and the files as files has them.
func forecaster(c *config.Config, viewer engine.Viewer, files engine.Files) (engine.Forecaster, error) {
	rules, err := policy.New(policy.Rules(c.Policy))
	if err != nil {
		return engine.Forecaster{}, err
	}
	f := engine.Forecaster{Viewer: viewer, Files: files, Policy: rules, Count: func(_, text string) int { return countTokens(text) }, ContextTokens: contextTokens, Price: pricing(c), PricesAsOf: catalog.AsOf()}
	for _, t := range tool.Builtin(tool.Ports{Viewer: viewer}) {
		f.Tools = append(f.Tools, t.Spec())
	}
	f.Unseen = slices.Sorted(maps.Keys(c.MCP))              // none runs here
	if worker, err := c.Select(config.Worker); err == nil { // without a provider a plan can still be looked at
		f.Models = worker.Models
	}
	return f, nil
}

// forecast is the hub's: of the files as the editors have them. The configuration was checked when the house was opened.
func (h *house) forecast(ctx context.Context, track trackfile.Track) engine.Forecast {
	f, err := forecaster(&h.config, h.viewer, h.hub.Files())
	if err != nil {
		h.log.Error("a plan has no estimates", "err", err)
		return engine.Forecast{}
	}
	f.Tools, f.Unseen = append(f.Tools, h.mcp.Known()...), h.mcp.Unseen()
	return f.Forecast(ctx, track)
}

// trackPlan prints what a document would do, cost and ask.
func (a *app) trackPlan(ctx context.Context, name string) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	doc, err := loadTrack(root, name)
	if err != nil {
		return err
	}
	if doc.Doc.Errors() {
		return fmt.Errorf("%s has errors: see `slop-ls track check %s`", doc.Path, doc.Path)
	}
	c, _, err := loadConfig(a, root)
	if err != nil {
		return err
	}
	return viewing(root, func(disk *workspace.Workspace, viewer *treesitter.Viewer) error {
		f, err := forecaster(&c, viewer, disk)
		if err != nil {
			return err
		}
		forecast := f.Forecast(ctx, doc.Doc.Track)
		if a.json {
			return a.printJSON(planOf(doc, forecast))
		}
		fmt.Fprint(a.out, page.Plan(doc.Doc.Track, &forecast))
		return nil
	})
}

// planJSON is what `track plan --json` prints.
type planJSON struct {
	ID       string        `json:"id"`
	Waves    [][]string    `json:"waves"`
	Width    int           `json:"width"`
	Overlaps []overlapJSON `json:"overlaps"`
	Tickets  []plannedJSON `json:"tickets"`
	Asks     []askedJSON   `json:"asks"`
	// PricesAsOf is the day of the prices that nobody here has set.
	PricesAsOf string `json:"prices_as_of,omitempty"`
	// Uncounted are the MCP servers whose tools no estimate holds: they have not run yet.
	Uncounted []string `json:"uncounted_servers,omitempty"`
}

type overlapJSON struct {
	Wave    int      `json:"wave"` // from 1
	File    string   `json:"file"`
	Tickets []string `json:"tickets"`
}

type plannedJSON struct {
	ID           string    `json:"id"`
	Model        string    `json:"model"`
	Tokens       int       `json:"tokens"` // of the first call
	TokensBefore int       `json:"tokens_before"`
	TokensAfter  int       `json:"tokens_after"`
	Cost         wire.Cost `json:"cost"`
}

type askedJSON struct {
	Kind    string `json:"kind"`
	What    string `json:"what,omitempty"`
	Times   int    `json:"times,omitempty"`
	Verdict string `json:"verdict"`
	Rule    string `json:"rule"`
}

func planOf(doc trackDoc, f engine.Forecast) planJSON {
	plan := planJSON{ID: string(doc.ID), Waves: [][]string{}, Overlaps: []overlapJSON{}, Tickets: []plannedJSON{}, Asks: []askedJSON{}, PricesAsOf: f.PricesAsOf, Uncounted: f.Unseen}
	for i, wave := range page.Waves(doc.Doc.Track.Tickets) {
		var ids []string
		for _, t := range wave {
			ids = append(ids, t.ID)
		}
		plan.Waves, plan.Width = append(plan.Waves, ids), max(plan.Width, len(ids))
		for _, o := range page.Overlaps(wave) {
			plan.Overlaps = append(plan.Overlaps, overlapJSON{i + 1, o.File, o.Tickets})
		}
	}
	for _, t := range doc.Doc.Track.Tickets {
		if e, known := f.Estimates[t.ID]; known {
			cost := wire.Cost{Unknown: e.Cost.Unknown}
			if !cost.Unknown {
				cost.USD = float64(e.Cost.MicroUSD) / 1e6
			}
			plan.Tickets = append(plan.Tickets, plannedJSON{t.ID, e.Model, e.Tokens, e.Before, e.After, cost})
		}
	}
	for _, q := range f.Asks {
		plan.Asks = append(plan.Asks, askedJSON{string(q.Kind), q.What, q.Times, string(q.Verdict), q.Rule})
	}
	return plan
}
