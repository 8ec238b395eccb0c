package leaftest

import (
	"runtime"
	"testing"
	"time"
)

// slack is by how many bytes the heap in use may differ between two looks at it: what the runtime and the test itself
// come to hold.
const slack = 64 << 10

// Flat holds that calling f leaves nothing behind, neither memory nor goroutines: after as many calls again, the heap in
// use is what it was, within 64 KiB. So it sees what keeps more than 64 KiB divided by calls of each call. It counts what
// the whole process holds: the test must not be parallel.
func Flat(t *testing.T, calls int, f func()) {
	t.Helper()
	for range calls { // caches and pools fill
		f()
	}
	bytes, goroutines := grown(calls, f)
	for again := 0; again < 3 && (bytes > slack || goroutines > 0); again++ { // what leaks does so each time
		bytes, goroutines = grown(calls, f)
	}
	if bytes > slack || goroutines > 0 {
		t.Errorf("%d calls leave %d bytes and %d goroutines behind", calls, bytes, goroutines)
	} else {
		t.Logf("%d calls: %+d bytes", calls, bytes)
	}
}

// grown is by how much heap and goroutines differ after the calls.
func grown(calls int, f func()) (bytes, goroutines int) {
	before, running := inUse(), runtime.NumGoroutine()
	for range calls {
		f()
	}
	for end := time.Now().Add(2 * time.Second); runtime.NumGoroutine() > running && time.Now().Before(end); {
		time.Sleep(time.Millisecond) // what was told to end may need a moment
	}
	return inUse() - before, runtime.NumGoroutine() - running
}

// inUse is the heap in use when all that can be freed was: what has a finalizer, or lies in a pool, goes in the second
// round.
func inUse() int {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
