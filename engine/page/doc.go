// Package page writes what people read: status boards, plans, approvals to be reviewed, transcripts and diffs, as plain
// text for a terminal and as Markdown for an editor. Each page is a pure function of values of package engine: it reads
// no file, no clock and no state, and the same input gives the same bytes.
//
// Whatever a model, a document or a command wrote is shown by engine/text's Visible forms, so that no page can be made
// to look like something that it is not.
package page

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// line is s as at most n characters of one line that cannot lie.
func line(s string, n int) string {
	out, _ := text.VisibleLine(s, n)
	return out
}

// safe is line for what was made safe to show before: an approval's title.
func safe(s string, n int) string {
	out, _ := text.CutLine(s, n)
	return out
}

// cell is line for a Markdown table or heading: what would be read as markup is escaped.
func cell(s string, n int) string {
	return markup.Replace(line(s, n))
}

// Inline is s as at most n characters of one line of Markdown, in which nothing is markup and nothing is hidden.
func Inline(s string, n int) string { return cell(s, n) }

var markup = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "<", `\<`, "[", `\[`, "]", `\]`, "#", `\#`,
)

// fenced is a Markdown code block that its content cannot end.
func fenced(language, content string) string {
	fence := fenceFor(content)
	if !strings.HasSuffix(content, "\n") {
		content += "\n"
	}
	return fence + language + "\n" + content + fence + "\n"
}

// fenceFor is a run of backticks, at least three, that content does not hold.
func fenceFor(content string) string {
	fence := "```"
	for strings.Contains(content, fence) {
		fence += "`"
	}
	return fence
}

// Tokens is a count for people: 950, 1.2k, 3.4M.
func Tokens(n int64) string {
	switch {
	case n < 1000:
		return strconv.FormatInt(n, 10)
	case n < 999_950:
		return fmt.Sprintf("%.1fk", float64(n)/1e3)
	default:
		return fmt.Sprintf("%.1fM", float64(n)/1e6)
	}
}

// Money is a cost for people. A cost that is not known is never shown as nothing.
func Money(c engine.Cost) string {
	switch {
	case c.Unknown && c.MicroUSD > 0:
		return "at least " + dollars(c.MicroUSD)
	case c.Unknown:
		return "cost unknown"
	default:
		return dollars(c.MicroUSD)
	}
}

// dollars has four decimals, and never shows something as nothing.
func dollars(micro int64) string {
	if micro > 0 && micro < 100 {
		return "less than $0.0001"
	}
	return fmt.Sprintf("$%d.%04d", micro/1_000_000, micro%1_000_000/100)
}

// plural is "1 file", "2 files".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}
