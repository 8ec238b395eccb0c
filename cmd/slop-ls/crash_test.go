//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// crashCase is one track that dies once or several times, and is then run until it is done.
type crashCase struct {
	name    string
	workers int
	past    string // the export of a store to begin with; "": none
	kills   []crashKill
}

// crashAtOnce is how many cases run side by side: most of their time they wait for models and disks.
const crashAtOnce = 6

// TestCrash ends `slop-ls run` by SIGKILL at random moments, at each failpoint and in the moment of a delivery, runs
// the track again until it is done, and wants everything to be as if nothing had happened. SLOP_LS_CRASH_KILLS is how
// many random moments there are, SLOP_LS_CRASH_SEED says which.
func TestCrash(t *testing.T) {
	t.Parallel()
	kills, seed := fromEnv(t, "SLOP_LS_CRASH_KILLS", 50), fromEnv(t, "SLOP_LS_CRASH_SEED", 1)
	scene := newCrashScene(t)
	took := scene.undisturbed(t)
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	cases := slices.Concat(randomKills(kills, took, random), failpointKills(t, scene.dir, random), deliveryKills(),
		chainsOfKills(took, random))
	fell := fallen{kinds: map[string]int{}}
	var group errgroup.Group
	group.SetLimit(crashAtOnce)
	for _, c := range cases {
		group.Go(func() error {
			if err := scene.try(t.Context(), c, &fell); err != nil {
				t.Errorf("%s (SLOP_LS_CRASH_SEED=%d): %v", c.name, seed, err)
			}
			return nil
		})
	}
	_ = group.Wait() // the cases report themselves
	t.Logf("undisturbed %v; %d cases, %d kills; the last event before a kill: %v", took.Round(time.Millisecond), len(cases), fell.n, fell.kinds)
}

func fromEnv(t *testing.T, name string, otherwise int) int {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		return otherwise
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// undisturbed runs as many tracks side by side as the cases do, without a kill, and gives the mean of their times.
func (s *crashScene) undisturbed(t *testing.T) time.Duration {
	t.Helper()
	var group errgroup.Group
	times := make([]time.Duration, crashAtOnce)
	for i := range times {
		group.Go(func() error {
			p, err := s.place("undisturbed", 1+i)
			if err != nil {
				return err
			}
			begun := time.Now()
			if _, err := p.done(crashRunArgs...); err != nil {
				return err
			}
			times[i] = time.Since(begun)
			return p.checkAll(t.Context())
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatalf("without any kill: %v", err)
	}
	total := time.Duration(0)
	for _, d := range times {
		total += d
	}
	return total / time.Duration(len(times))
}

// fallen says where the kills fell.
type fallen struct {
	mu    sync.Mutex
	n     int
	kinds map[string]int
}

func (f *fallen) note(kind string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	f.kinds[kind]++
}

// try plays a case. A first kill that comes too late, on a machine that is faster by then, is tried again sooner.
func (s *crashScene) try(ctx context.Context, c crashCase, fell *fallen) error {
	for range 8 {
		err := s.play(ctx, c, fell)
		if !errors.Is(err, errMissed) {
			return err
		}
		c.kills = slices.Clone(c.kills)
		c.kills[0] = c.kills[0].sooner()
	}
	return fmt.Errorf("%+v: %w, time and again", c.kills[0], errMissed)
}

func (k crashKill) sooner() crashKill {
	k.after = k.after * 3 / 4
	if point, count, ok := k.point(); ok {
		k.failpoint = fmt.Sprintf("%s:%d", point, max(1, count*3/4))
	}
	return k
}

func (s *crashScene) play(ctx context.Context, c crashCase, fell *fallen) error {
	p, err := s.place(c.name, c.workers)
	if err != nil {
		return err
	}
	if c.past != "" && c.kills[0].args == nil {
		if _, err := p.done("import", c.past); err != nil {
			return err
		}
	}
	for i, k := range c.kills {
		err := p.kill(k)
		if errors.Is(err, errMissed) && i > 0 {
			break // it got done between two kills
		}
		if err == nil {
			err = p.afterKill(ctx, fell)
		}
		if err != nil {
			return fmt.Errorf("kill %d (%s): %w", i+1, k.name, err)
		}
	}
	if c.past != "" && c.kills[0].args != nil {
		if _, err := p.done("import", c.past); err != nil {
			return err
		}
	}
	if _, err := p.done(crashRunArgs...); err != nil {
		return err
	}
	if err := p.checkAll(ctx); err != nil {
		return err
	}
	return os.RemoveAll(p.dir)
}

// afterKill checks the store as the kill has left it.
func (p *crashPlace) afterKill(ctx context.Context, fell *fallen) error {
	events, err := p.journal(ctx)
	if errors.Is(err, errNoState) || errors.Is(err, fs.ErrNotExist) {
		fell.note("before the store")
		return nil
	}
	if err != nil {
		return err
	}
	fell.note(lastKind(events))
	return nil
}
