package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// unwritten begins a description that a person still has to write.
const unwritten = "‹Write here what to do with "

// ToBeWritten is the description of a ticket about a symbol that has no instruction yet. Its spawn cannot be approved
// before a person has replaced it.
func ToBeWritten(symbol string) string { return unwritten + symbol + ", then approve.›" }

// Unwritten reports whether a description or a prompt still holds what ToBeWritten put there.
func Unwritten(s string) bool { return strings.Contains(s, unwritten) }

// IncompleteError refuses to approve what is not all there: a spawn without an instruction, a question without an
// answer. The approval stays pending.
type IncompleteError struct {
	ID   ApprovalID
	Kind ApprovalKind
}

func (e *IncompleteError) Error() string {
	if e.Kind == KindQuestion {
		return fmt.Sprintf("%s is a question and has no answer yet: write it in its Review… document in an editor, or give it to `slop-ls approve yes %s`", e.ID, e.ID)
	}
	return fmt.Sprintf("%s has no instruction yet: write it into the prompt of its Review… document in an editor, or by `slop-ls approve edit %s`, and approve that", e.ID, e.ID)
}

// CheckAnswer refuses, with an *IncompleteError, to approve what is not all there. c is the content as it would be
// used, reason the person's words. Whoever takes an answer from a person, a flag or a rule asks it first; a rejection
// needs nothing.
func CheckAnswer(a *Approval, c Content, answer Decision, reason string) error {
	missing := false
	switch a.Kind {
	case KindSpawn:
		missing = Unwritten(c.Prompt) || !instructs(c.Prompt)
	case KindQuestion:
		missing = strings.TrimSpace(reason) == ""
	case KindStep, KindEdit, KindCommand:
	}
	if answer == Approved && missing {
		return &IncompleteError{a.ID, a.Kind}
	}
	return nil
}

// personAdds heads what a person says when a ticket is run: an instruction by itself.
const personAdds = "What the person in charge adds"

// What heads the other parts of a prompt: they follow the instruction and are none.
const (
	goalOfTrack = "Goal of the track"
	target      = "Target"
	alsoChanges = "It will also change"
	mustExit0   = "Before the ticket counts as done this must exit 0"
	whyFailed   = "Why the attempt before this one failed"
)

var circumstances = []string{goalOfTrack + ":", target + ":", alsoChanges + ":", mustExit0 + ":", whyFailed + ":"}

// instructs reports whether a prompt says what to do: whether anything stands between the line that names the ticket
// and the parts that ticketPrompt adds.
func instructs(prompt string) bool { return firstWritten(prompt) != "" }

// Chosen is what a person's words mean as the answer to a question: an option itself, the option with that number
// (from 1), or the words as they are.
func (a *Approval) Chosen(words string) string {
	words = strings.TrimSpace(words)
	if n, err := strconv.Atoi(words); err == nil && 1 <= n && n <= len(a.Options) && !slices.Contains(a.Options, words) {
		return a.Options[n-1]
	}
	return words
}

// PrepareAnswer makes what a person said ready for Conductor.Do or Decide: an approval is checked by CheckAnswer, the
// number of an option becomes its words, Wrote is set, and c, the content as it is to be used, is stored where it is not what was
// asked. It returns an *IncompleteError, or the error of storing.
func PrepareAnswer(ctx context.Context, blobs Blobs, a *Approval, c Content, answer AnswerApproval) (AnswerApproval, error) {
	answer.ID, answer.Hash = a.ID, a.Hash
	if answer.Decision != Approved {
		return answer, nil
	}
	if a.Kind == KindQuestion {
		answer.Reason = a.Chosen(answer.Reason)
	}
	if err := CheckAnswer(a, c, answer.Decision, answer.Reason); err != nil {
		return answer, err
	}
	if a.Kind == KindSpawn {
		answer.Wrote = firstWritten(c.Prompt)
	}
	if ContentHash(c.Encode()) == a.Hash {
		return answer, nil
	}
	edited, err := StoreContent(ctx, blobs, c)
	answer.Edited = edited
	return answer, err
}
