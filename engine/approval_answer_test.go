package engine

import (
	"errors"
	"testing"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// fullJob is a job whose prompt has every part that ticketPrompt knows, except a person's words.
func fullJob(description string) Job {
	spec := &trackfile.Ticket{
		ID: "T1", Description: description, TargetFile: "a.go", TargetSymbols: []string{"F"}, Writes: []string{"b.go"}, Verify: "true",
	}
	return Job{
		Ticket: Ticket{Key: TicketKey{Track: "t", ID: "T1"}, Spec: spec}, Track: Track{Goal: "g"}, Failure: "it failed",
	}
}

func TestCheckAnswer(t *testing.T) {
	t.Parallel()
	prompt := func(change func(*Job)) string {
		job := fullJob("")
		change(&job)
		return ticketPrompt(job)
	}
	bare := fullJob(" \n")
	*bare.Ticket.Spec = trackfile.Ticket{ID: "T1"}
	bare.Track.Goal, bare.Failure = "", ""
	for _, test := range []struct {
		name       string
		kind       ApprovalKind
		prompt     string
		answer     Decision
		reason     string
		incomplete bool
	}{
		{"an instruction", KindSpawn, prompt(func(j *Job) { j.Ticket.Spec.Description = "Do it." }), Approved, "", false},
		{"a free prompt", KindSpawn, "Do it.", Approved, "", false},
		{"to be written", KindSpawn, prompt(func(j *Job) { j.Ticket.Spec.Description = ToBeWritten("F") }), Approved, "", true},
		{"taken away", KindSpawn, prompt(func(*Job) {}), Approved, "", true},
		{"taken away, no goal", KindSpawn, prompt(func(j *Job) { j.Track.Goal = "" }), Approved, "", true},
		{"taken away, no target", KindSpawn, prompt(func(j *Job) { j.Track.Goal, j.Ticket.Spec.TargetFile = "", "" }), Approved, "", true},
		{"taken away, only verify", KindSpawn, prompt(func(j *Job) { j.Ticket.Spec = &trackfile.Ticket{ID: "T1", Verify: "true"}; j.Track.Goal = "" }), Approved, "", true},
		{"taken away, only a failure", KindSpawn, prompt(func(j *Job) { j.Ticket.Spec = &trackfile.Ticket{ID: "T1"}; j.Track.Goal = "" }), Approved, "", true},
		{"a person's words instead", KindSpawn, prompt(func(j *Job) { j.Instruction = "Do it." }), Approved, "", false},
		{"nothing but the name", KindSpawn, ticketPrompt(bare), Approved, "", true},
		{"empty", KindSpawn, " \n\t", Approved, "", true},
		{"empty and rejected", KindSpawn, "", Rejected, "", false},
		{"empty and denied", KindSpawn, "", Denied, "", false},
		{"an answer", KindQuestion, "", Approved, "yes", false},
		{"no answer", KindQuestion, "", Approved, " \n", true},
		{"a question left", KindQuestion, "", Rejected, "", false},
		{"a step", KindStep, "", Approved, "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := CheckAnswer(&Approval{ID: "A1", Kind: test.kind}, Content{Prompt: test.prompt}, test.answer, test.reason)
			var incomplete *IncompleteError
			if got := errors.As(err, &incomplete); got != test.incomplete || (err != nil) != got {
				t.Errorf("got %v, want it refused: %v\n%s", err, test.incomplete, test.prompt)
			}
		})
	}
}

func TestChosen(t *testing.T) {
	t.Parallel()
	a := &Approval{Options: []string{"left", "right", "1"}}
	for words, want := range map[string]string{"2": "right", " left\n": "left", "1": "1", "4": "4", "0": "0", "neither": "neither"} {
		if got := a.Chosen(words); got != want {
			t.Errorf("Chosen(%q) = %q, want %q", words, got, want)
		}
	}
}
