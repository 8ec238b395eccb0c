package engine_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
)

// TestShelf: what is too long is cut in the middle, says which lines are missing, and is kept whole under a name that
// no file can have.
func TestShelf(t *testing.T) {
	t.Parallel()
	var s engine.Shelf
	if short := strings.Repeat("x\n", engine.MaxResult/2); s.Fit(short) != short {
		t.Error("a short result was changed")
	}
	var long strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&long, "line %d\n", i+1)
	}
	cut := s.Fit(long.String())
	const notice = `[… lines 3388 to 18511 of 20000 are left out here. Read on with read_file {"path":"result://1","start_line":3388}, ` +
		`or search them with search_files and path_glob "result://1" …]`
	if !strings.Contains(cut, "\nline 3387\n"+notice+"\nline 18512\n") || len(cut) > engine.MaxResult+len(notice)+2 {
		at := strings.Index(cut, "[…")
		t.Errorf("%d bytes: …%s…", len(cut), cut[max(0, at-20):min(len(cut), at+300)])
	}
	if s.Fit(long.String()) != cut {
		t.Error("the same result has another name")
	}
	whole, err := s.Read("result://1")
	if err != nil || whole != long.String() {
		t.Errorf("kept are %d of %d bytes, %v", len(whole), long.Len(), err)
	}
	if fs.ValidPath("result://1") {
		t.Error("a file of a workspace can have the name of a result")
	}
}

// TestShelfBounds: long lines are wrapped, so that every byte can be read by lines; the oldest results go.
func TestShelfBounds(t *testing.T) {
	t.Parallel()
	var s engine.Shelf
	cut := s.Fit(strings.Repeat("y", 1<<20))
	if !strings.Contains(cut, "of 525 are left out") {
		t.Errorf("one long line gave %.200q…", cut[len(cut)/2:])
	}
	for i := range 4 {
		s.Fit(strings.Repeat(fmt.Sprintf("%d123456789abcde\n", i), 5<<20/16))
	}
	if _, err := s.Read("result://1"); err == nil || !strings.Contains(err.Error(), "no longer kept") {
		t.Errorf("the oldest: %v", err)
	}
	kept, err := s.Read("result://5")
	if err != nil || len(kept) > engine.MaxKept || !strings.Contains(kept, "left out") {
		t.Errorf("the newest has %d bytes, %v", len(kept), err)
	}
	for _, name := range []string{"result://0", "result://6", "result://x", "result://", "5", "result://-1"} {
		if _, err := s.Read(name); err == nil {
			t.Errorf("%s is there", name)
		}
	}
}
