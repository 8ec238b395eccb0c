package engine_test

import (
	"encoding/json"
	"testing"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/leaftest"
)

// TestFoldingKeepsNothing reads the events of a journal, folds them, and stores and reads the state. Not parallel.
func TestFoldingKeepsNothing(t *testing.T) {
	var lines [][]byte
	for _, e := range history(t) {
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	leaftest.Flat(t, 100, func() {
		s := engine.NewState()
		for _, line := range lines {
			var e engine.Event
			if err := json.Unmarshal(line, &e); err != nil {
				t.Fatal(err)
			}
			if err := s.Apply(e); err != nil {
				t.Fatal(err)
			}
			s.Settle()
		}
		encoded, err := s.Freeze().Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := engine.DecodeState(encoded); err != nil {
			t.Fatal(err)
		}
	})
}
