package trackfile

import "strings"

// Write is the text of a whole track as a document in YAML, laid out as Format does. Fields that have their default are
// left out. What it writes parses to the same track where that is legal; a Track that is not gets the same problems as a
// person's file.
func Write(t Track) []byte {
	var b strings.Builder
	b.WriteString(intent(t.Title, t.Goal))
	if len(t.Context) > 0 {
		b.WriteString("context: " + listOf(t.Context, quoteYAML) + "\n")
	}
	if verify := strings.TrimRight(t.Verify, "\r\n"); verify != "" {
		b.WriteString("verify: " + scalarYAML(verify, "  ", "\n") + "\n")
	}
	if len(t.Tickets) == 0 {
		b.WriteString("tickets: []\n")
		return []byte(b.String())
	}
	b.WriteString("tickets:\n")
	for _, ticket := range t.Tickets {
		b.WriteString((&appender{t: ticket, eol: "\n"}).block(2) + "\n")
	}
	return []byte(b.String())
}
