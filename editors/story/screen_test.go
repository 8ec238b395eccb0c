package story

import (
	"strings"
	"sync"
	"testing"
)

// screen is what an embedded Neovim draws, kept as a terminal would keep it.
type screen struct {
	mu    sync.Mutex
	lines [][]string // cells
}

// redraw takes a batch of Neovim's drawing: each update is its name and the arguments of each of its calls.
func (s *screen) redraw(updates ...[]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, update := range updates {
		name, _ := update[0].(string)
		for _, call := range update[1:] {
			args, _ := call.([]any)
			s.draw(name, args)
		}
	}
}

func (s *screen) draw(name string, args []any) {
	switch name {
	case "grid_resize":
		s.lines = blank(number(args[2]), number(args[1]))
	case "grid_clear":
		s.lines = blank(len(s.lines), columns)
	case "grid_line":
		s.line(number(args[1]), number(args[2]), args[3].([]any))
	case "grid_scroll":
		s.scroll(number(args[1]), number(args[2]), number(args[3]), number(args[4]), number(args[5]))
	}
}

func blank(rows, columns int) [][]string {
	lines := make([][]string, rows)
	for i := range lines {
		lines[i] = make([]string, columns)
		for j := range lines[i] {
			lines[i][j] = " "
		}
	}
	return lines
}

func (s *screen) line(row, column int, cells []any) {
	for _, c := range cells {
		cell := c.([]any)
		times := 1
		if len(cell) > 2 {
			times = number(cell[2])
		}
		for range times {
			s.lines[row][column] = cell[0].(string)
			column++
		}
	}
}

func (s *screen) scroll(top, bottom, left, right, by int) {
	move := func(to int) {
		if from := to + by; from >= top && from < bottom {
			copy(s.lines[to][left:right], s.lines[from][left:right])
		}
	}
	if by > 0 {
		for row := top; row < bottom; row++ {
			move(row)
		}
		return
	}
	for row := bottom - 1; row >= top; row-- {
		move(row)
	}
}

// text is what can be read on the screen.
func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := make([]string, len(s.lines))
	for i, line := range s.lines {
		lines[i] = strings.TrimRight(strings.Join(line, ""), " ")
	}
	return strings.Join(lines, "\n")
}

func number(v any) int {
	switch v := v.(type) {
	case int64:
		return int(v)
	case uint64:
		return int(v) //nolint:gosec // rows and columns of a screen
	}
	return 0
}

// TestScreen draws as Neovim does: text, repeated cells, and lines that are scrolled in both directions.
func TestScreen(t *testing.T) {
	t.Parallel()
	cell := func(text string, more ...any) []any { return append([]any{text}, more...) }
	s := &screen{}
	s.redraw(
		[]any{"grid_resize", []any{int64(1), int64(4), int64(3)}},
		[]any{
			"grid_line",
			[]any{int64(1), int64(0), int64(0), []any{cell("a"), cell("b", int64(0), int64(2))}},
			[]any{int64(1), int64(1), int64(1), []any{cell("c")}},
			[]any{int64(1), int64(2), int64(0), []any{cell("d")}},
		},
	)
	if got := s.text(); got != "abb\n c\nd" {
		t.Fatalf("drawn %q", got)
	}
	s.redraw([]any{"grid_scroll", []any{int64(1), int64(0), int64(3), int64(0), int64(4), int64(1), int64(0)}})
	if got := s.text(); got != " c\nd\nd" {
		t.Fatalf("scrolled up %q", got)
	}
	s.redraw([]any{"grid_scroll", []any{int64(1), int64(0), int64(3), int64(0), int64(4), int64(-1), int64(0)}})
	if got := s.text(); got != " c\n c\nd" {
		t.Fatalf("scrolled down %q", got)
	}
}
