package main

import (
	"strings"
	"testing"
)

func TestDemoRepoFailsAtFirst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := makeDemoRepo(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	output, passes := demoTest(t.Context(), dir)
	if passes || !strings.Contains(output, "--- FAIL: TestReport") || !strings.Contains(output, "--- FAIL: TestParseAmount") {
		t.Errorf("the demo's test must fail before the track has run; go test says:\n%s", output)
	}
	status, err := demoGit(t.Context(), dir, "status", "--porcelain").Output()
	if err != nil || len(status) > 0 {
		t.Errorf("the repository is not committed whole: %v\n%s", err, status)
	}
}
