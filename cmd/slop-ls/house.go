package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/config"
	"github.com/slop-ls/slop-ls/engine/openai"
	"github.com/slop-ls/slop-ls/engine/policy"
	"github.com/slop-ls/slop-ls/engine/tool"
	"github.com/slop-ls/slop-ls/engine/tool/mcp"
	"github.com/slop-ls/slop-ls/engine/workspace"
	"github.com/slop-ls/slop-ls/lsp"
	"github.com/slop-ls/slop-ls/store"
	"github.com/slop-ls/slop-ls/treesitter"
)

// house is everything of one workspace while it is open for work: the place where the adapters meet.
type house struct {
	root      string
	config    config.Config
	store     *store.Store
	disk      *workspace.Workspace
	commands  *workspace.Workbench
	viewer    *treesitter.Viewer
	index     *treesitter.Index
	provider  *openai.Provider
	mcp       *mcp.Servers
	conductor *engine.Conductor
	hub       *lsp.Hub // where editors are their buffers count, and they deliver; else it is the disk
	lent      lent     // of those who attached to a daemon
	trust     trust
	live      live       // what of the configuration can change
	failed    chan error // what the conductor ended with, when that was not asked for; room for one
	log       *slog.Logger
}

// opening says for what a workspace is opened.
type opening struct {
	run engine.TrackID // the track that a person runs here: the others stand aside; "": none
	log *slog.Logger   // nil: none
}

// patience is how long the store is waited for: a subcommand may have it for a moment. Who runs a track is told soon.
func (o opening) patience() time.Duration {
	if o.run == "" {
		return 5 * time.Second
	}
	return 0
}

// openHouse opens what a workspace needs, in the order of dependence; what was opened is closed again where a later
// part cannot be.
func openHouse(ctx context.Context, a *app, root string, o opening) (_ *house, err error) {
	if o.log == nil {
		o.log = slog.New(slog.DiscardHandler)
	}
	h := &house{root: root, failed: make(chan error, 1), log: o.log}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
		}
	}()
	if h.config, _, err = loadConfig(a, root); err != nil {
		return nil, err
	}
	h.live.app, h.live.inForce, h.live.rules = a, h.config, h.config.Policy
	_, given := trustOf(root)
	h.trust.given.Store(given)
	if h.store, err = openStoreWith(root, store.Options{Retention: retention(h.config.Store), LockTimeout: o.patience()}); err != nil {
		return nil, err
	}
	if h.disk, err = workspace.Open(root); err != nil {
		return nil, err
	}
	h.disk.KeepReceipts(filepath.Join(h.stateDir(), "receipts"))
	h.finishApplies(ctx)
	h.viewer = treesitter.New(treesitter.Options{})
	h.hub = lsp.NewHub(h.hubOptions())
	h.index = treesitter.NewIndex(h.viewer, treesitter.IndexOptions{Files: h.disk, Overlays: h.hub.Unsaved})
	bench, err := h.bench(ctx)
	if err != nil {
		return nil, err
	}
	worker, settings, err := h.worker(bench, o.run != "")
	if err != nil {
		return nil, err
	}
	if o.run != "" {
		if err := h.standAside(ctx, o.run); err != nil {
			return nil, err
		}
	}
	h.conductor, err = engine.NewConductor(ctx, engine.Config{
		Journal: h.store, Blobs: h.store, Applier: atUndoPoints(h.hub, failpoint()), Worker: worker, Settings: settings, Only: o.run, Log: o.log, Hook: failpoint(),
	})
	if err != nil {
		return nil, err
	}
	h.hub.Use(h.conductor)
	return h, nil
}

// finishApplies brings to its end what a killed `slop-ls apply` has left, before anybody looks at the files.
func (h *house) finishApplies(ctx context.Context) {
	finished, err := h.disk.FinishDeliveries(ctx, filepath.Join(h.stateDir(), intentsFolder))
	for _, f := range finished {
		h.log.Warn("an apply that was killed has an end now", "files", f.Paths, "taken back", f.Back)
	}
	if err != nil {
		h.log.Error("what a killed apply left", "err", err)
	}
}

// retention is how many transcripts the configuration keeps. What is unbounded there is negative in the store.
func retention(s config.Store) store.Retention {
	keep := store.Retention{Attempts: s.Transcripts, MaxBytes: int64(s.TranscriptBytes)}
	if keep.Attempts == 0 {
		keep.Attempts = -1
	}
	if keep.MaxBytes == 0 {
		keep.MaxBytes = -1
	}
	return keep
}

// stateDir is the workspace's folder of state outside of the repository.
func (h *house) stateDir() string { return filepath.Dir(h.store.Path()) }

func (h *house) hubOptions() lsp.Options {
	return lsp.Options{
		Root: h.root, Disk: h.disk, Applier: h.disk, Blobs: h.store, Viewer: h.viewer,
		ReviewDir: filepath.Join(h.stateDir(), "review"), Version: buildVersion().Version, Log: h.log,
		Models: configuredModels(&h.config), Forecast: h.forecast, Planner: h.planner, Count: countTokens,

		Prompts: lsp.PromptPolicy(h.config.Editor.Prompts), Preview: lsp.PreviewPolicy(h.config.Editor.Preview),
		Save: lsp.SavePolicy(h.config.Editor.Save),

		Settings: h.takeSettings, Trust: func() { h.trustChanged(context.Background()) },
	}
}

// configuredModels are the models of all tiers, each once, the workers' first.
func configuredModels(c *config.Config) []string {
	var out []string
	for _, tier := range []config.TierName{config.Worker, config.QA, config.TechLead, config.Orchestrator} {
		selected, err := c.Select(tier)
		if err != nil {
			continue // doctor says what is missing
		}
		for _, m := range selected.Models {
			if !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	return out
}

// bench makes the workbench, and sweeps away what a killed process left.
func (h *house) bench(ctx context.Context) (*workspace.Workbench, error) {
	opts := benchOptions(&h.config.Commands, h.stateDir())
	if _, err := h.disk.Relative(opts.Scratch); err == nil {
		return nil, fmt.Errorf("%s cannot be a workspace, since slop-ls keeps its own state in it (%s): open the folder of a project within it",
			h.root, h.stateDir())
	}
	opts.Secrets, opts.Overlays, opts.Environ = h.config.KeyVariables(), h.hub.Unsaved, h.lent.environ
	bench, err := workspace.NewWorkbench(h.disk, h.hub.Files(), opts)
	if err != nil {
		return nil, err
	}
	h.commands = bench
	if err := bench.Sweep(ctx); err != nil {
		h.log.Warn("scratch folders of an earlier run remain", "err", err)
	}
	return bench, nil
}

// worker makes what carries tickets out, and the settings of the conductor.
func (h *house) worker(bench engine.Workbench, needed bool) (engine.Worker, engine.Settings, error) {
	provider, models, qa, err := h.models(needed)
	if err != nil {
		return nil, engine.Settings{}, err
	}
	rules, err := policy.New(policy.Rules(h.config.Policy))
	if err != nil {
		return nil, engine.Settings{}, err
	}
	h.live.policy.now.Store(rules)
	h.mcp = mcpServers(h.root, &h.config, &h.lent, h.log)
	settings := h.settingsOf(&h.config)
	settings.Models = models
	h.live.set = settings
	return engine.NewWorker(engine.WorkerConfig{
		Provider: provider, Tools: tool.Builtin(h.toolPorts(bench)), Toolbox: h.mcp, Policy: &h.live.policy, Viewer: h.viewer, Bench: bench, Unheld: h.commands.Unheld(),
		Applier: atPoints(h.hub, failpoint()), Blobs: h.store, QAModel: qa, Prompts: h, Log: h.log,
		Limits: engine.Limits{
			Turns: math.MaxInt32, ContextTokens: contextTokens, // what a ticket may use up is the conductor's to say
		},
		Price: func(model string, u engine.Usage) engine.Cost { return pricing(h.prices())(model, u) },
	}), settings, nil
}

// toolPorts is what the built-in tools work with.
func (h *house) toolPorts(bench engine.Workbench) tool.Ports {
	return tool.Ports{Viewer: h.viewer, Finder: h.index, Diagnostics: h.hub, Bench: bench, Secret: h.live.policy.Closed}
}

// models is who answers, the workers' models in the order of escalation, and the model of tier 4. A server without a
// provider still serves; where a track is to run, one is needed.
func (h *house) models(needed bool) (provider engine.Provider, worker []string, qa string, err error) {
	h.provider, err = newProvider(&h.config, &h.lent, h.prices)
	if err != nil && !needed {
		return &noProvider{why: err}, []string{"none"}, "", nil
	}
	if err != nil {
		return nil, nil, "", err
	}
	tier3, err := h.config.Select(config.Worker)
	if err != nil {
		return nil, nil, "", err
	}
	tier4, err := h.config.Select(config.QA)
	if err != nil {
		return nil, nil, "", err
	}
	return h.provider, tier3.Models, tier4.Models[0], nil
}

// contextTokens bounds the files in a worker's first message.
const contextTokens = 60_000

// start lets the conductor run, and watches what changes outside of the editors. stop ends it and waits until every
// worker has ended.
func (h *house) start(ctx context.Context) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	ended, watched := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(watched)
		h.watch(ctx)
	}()
	go func() {
		err := h.conductor.Run(ctx)
		if err != nil {
			h.failed <- err
		}
		ended <- err
	}()
	return func() error {
		cancel()
		<-watched
		return <-ended
	}
}

// standAside pauses the other tracks that were running when an earlier process ended: a person runs one track here.
func (h *house) standAside(ctx context.Context, track engine.TrackID) error {
	state, err := engine.Load(ctx, h.store)
	if err != nil {
		return err
	}
	var events []engine.Event
	for t := range state.Freeze().Tracks() {
		if t.ID == track || t.Status != engine.TrackRunning {
			continue
		}
		pause := engine.TrackMoved{Track: t.ID, To: engine.TrackPaused, By: byTerminal, Reason: "interrupted; `slop-ls run` goes on with it"}
		if events, err = fold(state, events, []engine.Body{pause}); err != nil {
			return err
		}
	}
	if len(events) == 0 {
		return nil
	}
	return h.store.Append(ctx, events)
}

// close closes what was opened, the last first.
func (h *house) close() error {
	var errs []error
	if h.mcp != nil {
		errs = append(errs, h.mcp.Close())
	}
	if h.provider != nil {
		h.provider.Close()
	}
	if h.index != nil {
		h.index.Close()
	}
	if h.viewer != nil {
		h.viewer.Close()
	}
	for _, c := range []io.Closer{closer(h.commands != nil, h.commands), closer(h.disk != nil, h.disk), closer(h.store != nil, h.store)} {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
}

// closer keeps a nil pointer from becoming an interface that is not nil.
func closer(there bool, c io.Closer) io.Closer {
	if !there {
		return nil
	}
	return c
}

// newProvider makes the endpoints of every tier that is configured. prices gives the configuration whose prices are in
// force at the time.
func newProvider(c *config.Config, lent *lent, prices func() *config.Config) (*openai.Provider, error) {
	var endpoints []openai.Endpoint
	tiers, known := map[engine.Tier]string{}, map[string]bool{}
	for _, name := range config.TierNames {
		selected, err := c.Select(name)
		if err != nil {
			return nil, fmt.Errorf("tier %s: %w", name, err)
		}
		tiers[engine.Tier(name)] = selected.Name
		if !known[selected.Name] {
			known[selected.Name] = true
			endpoints = append(endpoints, endpoint(prices, selected, lent))
		}
	}
	return openai.New(endpoints, tiers)
}

func endpoint(prices func() *config.Config, s config.Selection, lent *lent) openai.Endpoint {
	p := s.Provider
	e := openai.Endpoint{
		Name: s.Name, BaseURL: p.BaseURL, Models: s.Models, API: apis[p.API], NeedsResponses: needsResponses(p),
		Azure: p.Kind == "azure", APIVersion: p.APIVersion, ReasoningBack: p.Kind == "deepseek",
		RequestsPerMinute: p.RequestsPerMinute, TokensPerMinute: p.TokensPerMinute,
		TextTools: p.Tools == config.TextTools, NativeTools: p.Tools == config.NativeTools,
		Limits: openai.Limits{
			Concurrent: p.MaxConcurrent, Attempts: p.MaxRetries + 1,
			FirstToken: duration(p.FirstTokenTimeout), Idle: duration(p.IdleTimeout),
		},
		Price: func(model string, u engine.Usage) engine.Cost { return priceOf(prices(), p, model, u) },
	}
	if p.APIKeyEnv != "" {
		own := openai.EnvKey(s.Name, p.APIKeyEnv, os.LookupEnv)
		e.Key = func(ctx context.Context) (string, error) {
			if key := lent.value(ctx, p.APIKeyEnv); key != "" {
				return key, nil
			}
			return own(ctx)
		}
	}
	return e
}
