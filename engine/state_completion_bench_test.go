package engine_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
)

// BenchmarkCompletion measures one completion, with the start of the next ticket and all the Conductor does about it,
// on a journal in memory: in a track of 10,000 tickets as a ratio to one of 100. Publishing must cost what changed, not
// what there is.
func BenchmarkCompletion(b *testing.B) {
	var small float64
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var allocs uint64
			for range b.N {
				allocs += runChain(b, n)
			}
			each := float64(b.Elapsed().Nanoseconds()) / float64(b.N*n)
			b.ReportMetric(each, "ns/completion")
			b.ReportMetric(float64(allocs)/float64(b.N*n), "allocs/completion")
			if n == 100 {
				small = each
			} else if small > 0 {
				b.ReportMetric(each/small, "x-100-tickets")
			}
		})
	}
}

// runChain runs a chain of n tickets with only the run itself timed, and counts what that allocates.
func runChain(b *testing.B, n int) uint64 {
	b.StopTimer()
	h := open(b, newDisk(), settings(1), workFunc(done))
	h.do(plan("a", chain(n)...))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.StartTimer()
	h.do(engine.StartTrack{Track: "a", By: engine.ByPerson})
	h.until("done", trackIs("a", engine.TrackDone))
	b.StopTimer()
	runtime.ReadMemStats(&after)
	h.stop()
	b.StartTimer()
	return after.Mallocs - before.Mallocs
}
