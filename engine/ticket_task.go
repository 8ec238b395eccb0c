package engine

import (
	"slices"
	"strings"
)

// Task is what a ticket is to do, for people: its description, or the first line of what a person wrote in the review of
// its spawn where that was to be written. What was approved before such a line was kept has the description still.
func (t *Ticket) Task() string {
	if t.Wrote != "" && Unwritten(t.Spec.Description) {
		return t.Wrote
	}
	return t.Spec.Description
}

// task is Task of the ticket that is carried out, with the prompt that was approved for it.
func (a *attempt) task() string {
	t := a.job.Ticket
	if wrote := firstWritten(a.approved.Prompt); wrote != "" && Unwritten(t.Spec.Description) {
		return wrote
	}
	return t.Task()
}

// maxWrote bounds what is kept of a written line, in characters.
const maxWrote = 200

// firstWritten is the first line of a prompt that says what to do, cut to maxWrote: what stands between the line that names
// the ticket and the parts that ticketPrompt adds, else what a person added. Empty: it says nothing.
func firstWritten(prompt string) string {
	prompt = strings.ReplaceAll(prompt, "\r\n", "\n")
	first, rest, _ := strings.Cut(strings.TrimSpace(prompt), "\n")
	if !strings.HasPrefix(first, "Ticket ") {
		rest = prompt
	}
	if line := firstOwn(rest); line != "" {
		return line
	}
	_, added, _ := strings.Cut(rest, "\n"+personAdds+":\n")
	return firstOwn(added)
}

// firstOwn is the first line of a text, empty where that heads a part of a prompt.
func firstOwn(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	line = strings.TrimSpace(line)
	if slices.Contains(circumstances, line) || line == personAdds+":" {
		return ""
	}
	if runes := []rune(line); len(runes) > maxWrote {
		return string(runes[:maxWrote]) + "…"
	}
	return line
}
