//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
)

// randomKills spreads kills over the time of an undisturbed run: one random moment in each of so many parts of it.
func randomKills(n int, took time.Duration, random *rand.Rand) []crashCase {
	cases := make([]crashCase, n)
	for i := range cases {
		after := time.Duration((float64(i) + random.Float64()) / float64(n) * float64(took))
		cases[i] = crashCase{
			name: fmt.Sprintf("random-%d", i+1), workers: 1 + random.IntN(6),
			kills: []crashKill{{name: "after " + after.String(), after: after}},
		}
	}
	return cases
}

// failpointKills lets the process die at each failpoint that a run of the program passes, at different passes of it.
// The snapshot is due at different moments of the run, by the journal there was before.
func failpointKills(t *testing.T, dir string, random *rand.Rand) []crashCase {
	t.Helper()
	var cases []crashCase
	add := func(past, point string, args []string, counts ...int) {
		for _, n := range counts {
			k := crashKill{failpoint: point + ":" + strconv.Itoa(n), args: args}
			k.name = k.failpoint
			name := fmt.Sprintf("%s-%d", point, len(cases))
			cases = append(cases, crashCase{name: name, workers: 1 + random.IntN(6), past: past, kills: []crashKill{k}})
		}
	}
	for _, point := range []string{engine.PointAfterAppend, engine.PointBeforeEffect, engine.PointAfterEffect} {
		add("", point, nil, 1, 2, 4, 8, 15, 30, 50)
	}
	add("", "mid-append", nil, 1, 2, 7, 25, 60)
	add("", "mid-blob", nil, 1, 2, 7, 15, 30)
	for _, events := range []int{4200, 4120, 4080, 4040} {
		add(crashPast(t, dir, events, 0), "mid-snapshot", nil, 1)
	}
	large := crashPast(t, dir, 10, 17<<20)
	add(large, "mid-backup", nil, 1)
	add(large, "mid-import", []string{"import", large}, 1)
	return cases
}

// point takes a failpoint apart.
func (k crashKill) point() (name string, count int, ok bool) {
	name, digits, ok := strings.Cut(k.failpoint, ":")
	count, err := strconv.Atoi(digits)
	return name, count, ok && err == nil
}

// deliveryKills strike when a file shows what was delivered: nothing has noted yet that it arrived.
func deliveryKills() []crashCase {
	var cases []crashCase
	for i, d := range []struct{ path, holds string }{
		{"one.txt", "T1"},
		{"two.txt", "T2"},
		{"list.txt", "T2"},
		{"three.txt", "T3"},
		{"list.txt", strings.Repeat("|\n", 4)},
		{"four.txt", "T4"},
		{"new/four.txt", "T4"},
		{"five.txt", "T5"},
		{"list.txt", "T5"},
		{"six.txt", "T6"},
		{"seven.txt", "T7"},
		{"eight.txt", "T8"},
	} {
		k := crashKill{name: fmt.Sprintf("%s holds %q", d.path, d.holds), path: d.path, holds: d.holds}
		cases = append(cases, crashCase{name: fmt.Sprintf("delivery-%d", i+1), workers: 4, kills: []crashKill{k}})
	}
	return cases
}

// chainsOfKills let one track die several times, each time in another way.
func chainsOfKills(took time.Duration, random *rand.Rand) []crashCase {
	points := []string{engine.PointAfterAppend, engine.PointBeforeEffect, engine.PointAfterEffect, "mid-append", "mid-blob"}
	var cases []crashCase
	for i := range 6 {
		var kills []crashKill
		for range 3 + i {
			k := crashKill{after: time.Duration(random.Float64() * float64(took) / 3)}
			if random.IntN(2) == 0 {
				k = crashKill{failpoint: fmt.Sprintf("%s:%d", points[random.IntN(len(points))], 1+random.IntN(12))}
			}
			k.name = k.failpoint + k.after.String()
			kills = append(kills, k)
		}
		cases = append(cases, crashCase{name: fmt.Sprintf("chain-%d", i+1), workers: 1 + random.IntN(6), kills: kills})
	}
	return cases
}
