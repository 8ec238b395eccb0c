package engine

import (
	_ "embed"
	"fmt"
	"strings"
)

// The system prompts of the tiers that run here, where nobody has written others. They have no fields.
var (
	//go:embed prompts/worker.md
	workerPrompt string
	//go:embed prompts/qa.md
	qaPrompt string
)

// Prompts gives the text of a tier's prompt as it is now, with its fields filled in. An error says which file is wrong,
// and where. It is safe for concurrent use.
type Prompts interface {
	Prompt(name string, fields map[string]string) (string, error)
}

// builtIn are the prompts of a worker that was given none.
type builtIn struct{}

func (builtIn) Prompt(name string, _ map[string]string) (string, error) {
	switch Tier(name) {
	case TierWorker:
		return workerPrompt, nil
	case TierQA:
		return qaPrompt, nil
	case TierOrchestrator, TierTechLead:
	}
	return "", fmt.Errorf("a worker has no prompt %q", name)
}

// systemPrompt is what a worker is told before its ticket. One that cannot be read leaves nothing that a model could do
// better.
func (a *attempt) systemPrompt() (string, error) {
	text, err := a.Prompts.Prompt(string(TierWorker), map[string]string{
		"ticket": a.job.Run.Ticket.ID, "track": a.job.Track.Title, "goal": a.job.Track.Goal, "model": a.job.Model, "verify": verifyLine(a.job),
	})
	if err != nil {
		return "", &ended{Outcome{Kind: OutcomeBlocked, By: ByConductor, Reason: "its prompt cannot be used: " + err.Error()}}
	}
	return text, nil
}

// ticketPrompt is the part of a worker's first message that says what to do. Its first line names the ticket; it
// depends on nothing but the job, so that an interrupted attempt asks exactly the same again.
func ticketPrompt(job Job) string {
	var b strings.Builder
	t := job.Ticket.Spec
	fmt.Fprintf(&b, "Ticket %s\n\n%s\n", t.ID, strings.TrimSpace(t.Description))
	section(&b, goalOfTrack, job.Track.Goal)
	if t.TargetFile != "" {
		where := t.TargetFile
		if len(t.TargetSymbols) > 0 {
			where += ": " + strings.Join(t.TargetSymbols, ", ")
		}
		section(&b, target, where)
	}
	section(&b, alsoChanges, strings.Join(t.Writes, "\n"))
	section(&b, mustExit0, verifyLine(job))
	section(&b, personAdds, job.Instruction)
	section(&b, whyFailed, job.Failure)
	return b.String()
}

func section(b *strings.Builder, title, body string) {
	if body = strings.TrimSpace(body); body != "" {
		fmt.Fprintf(b, "\n%s:\n%s\n", title, body)
	}
}

// verifyLine is the command that decides whether a ticket is completed, or "".
func verifyLine(job Job) string {
	if job.Ticket.Spec.Verify != "" {
		return job.Ticket.Spec.Verify
	}
	return job.Track.Verify
}

// openingMessages begin a conversation: what a person approved is sent as it is, and nothing else is added to it.
func openingMessages(system string, c Content) []Message {
	text := c.Prompt
	if c.Context != "" {
		text = strings.TrimRight(c.Prompt, "\n") + "\n\n" + c.Context
	}
	return []Message{{Role: RoleSystem, Text: system}, {Role: RoleUser, Text: text}}
}
