package engine_test

import (
	"fmt"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// BenchmarkLeases is what a ticket costs the Conductor from ready to completed in a track of 10,000 that are all ready at
// once, with instant workers and a journal in memory, by what they declare, as a ratio to declaring nothing.
func BenchmarkLeases(b *testing.B) {
	const n = 10_000
	var without float64
	for _, c := range []struct {
		name   string
		writes func(i int) []string
	}{
		{"nothing", func(int) []string { return nil }},
		{"a file of their own", func(i int) []string { return []string{fmt.Sprintf("d%d/f%d.go", i%100, i)} }},
		{"three files and a glob of their own", func(i int) []string {
			return []string{fmt.Sprintf("d%d/a.go", i), fmt.Sprintf("d%d/b.go", i), fmt.Sprintf("e%d/c.go", i), fmt.Sprintf("g%d/*.go", i)}
		}},
		{"a file with nine others", func(i int) []string { return []string{fmt.Sprintf("d%d.go", i%(n/10))} }},
		{"one file, all of them", func(int) []string { return []string{"all.go"} }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for range b.N {
				runFan(b, n, c.writes)
			}
			each := float64(b.Elapsed().Nanoseconds()) / float64(b.N*n)
			b.ReportMetric(each, "ns/ticket")
			if c.name == "nothing" {
				without = each
			}
			b.ReportMetric(each/without, "x-nothing")
		})
	}
}

// runFan runs n tickets that wait for nothing, with only the run itself timed.
func runFan(b *testing.B, n int, writes func(i int) []string) {
	b.StopTimer()
	tickets := make([]trackfile.Ticket, n)
	for i := range tickets {
		tickets[i] = on(fmt.Sprint("T", i), writes(i)...)
	}
	h := open(b, newDisk(), settings(4), workFunc(done))
	h.do(plan("a", tickets...))
	b.StartTimer()
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	h.until("done", trackIs("a", engine.TrackDone))
	b.StopTimer()
	h.stop()
	b.StartTimer()
}
