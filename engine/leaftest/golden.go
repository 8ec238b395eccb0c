package leaftest

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Update is the flag -update of a test binary that uses this package: golden files are written, not compared with.
var Update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// Golden compares with a file, or writes it when -update is given. A difference fails the test and does not end it.
func Golden(t testing.TB, file, got string) {
	t.Helper()
	if *Update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is stale or the code is wrong; -update writes it (-want +got):\n%s", file, diff)
	}
}
