package text

import "strings"

// Excerpt is the conflicts of a text that MergeWithMarkers made, with a few lines around each. What lies between is one
// line with "…".
func Excerpt(marked string, around int) string {
	lines := strings.SplitAfter(marked, "\n")
	keep := make([]bool, len(lines))
	inside := false
	for i, line := range lines {
		opens, closes := strings.HasPrefix(line, "<<<<<<< "), strings.HasPrefix(line, ">>>>>>> ")
		inside = inside || opens
		if inside {
			for j := max(0, i-around); j < min(len(lines), i+around+1); j++ {
				keep[j] = true
			}
		}
		inside = inside && !closes
	}
	var out strings.Builder
	for i, line := range lines {
		switch {
		case keep[i]:
			out.WriteString(line)
		case i == 0 || keep[i-1]:
			out.WriteString("…\n")
		}
	}
	return out.String()
}
