package engine

import (
	"fmt"
	"time"
)

// decideAnswers lets the first answer to each approval stand, and answers with those that are given for good what else
// waits and is covered by them.
func (s *State) decideAnswers(answers []AnswerApproval, now time.Time) ([]Body, error) {
	var bodies []Body
	answered := make(map[ApprovalID]bool, len(answers))
	for _, c := range answers {
		if answered[c.ID] {
			continue
		}
		body, err := s.decideAnswer(c, now)
		if err != nil {
			return nil, err
		}
		answered[c.ID] = true
		bodies = append(bodies, body)
	}
	for _, c := range answers {
		bodies = append(bodies, s.covered(c, answered, now)...)
	}
	return bodies, nil
}

// decideAnswer checks one answer and makes its event.
func (s *State) decideAnswer(c AnswerApproval, now time.Time) (ApprovalDecided, error) {
	a, ok := s.now.Approval(c.ID)
	if settled, known := s.now.Decision(c.ID); !ok && known {
		return ApprovalDecided{}, &DecidedError{ID: c.ID, Answer: settled}
	}
	switch {
	case !ok:
		return ApprovalDecided{}, fmt.Errorf("%w: %s (it was answered and used, or withdrawn)", ErrNoApproval, c.ID)
	case a.Answer != nil:
		return ApprovalDecided{}, &DecidedError{ID: c.ID, Answer: *a.Answer}
	case c.Hash != "" && c.Hash != a.Hash:
		return ApprovalDecided{}, fmt.Errorf("approval %s asks something else than what was shown: look at it again", c.ID)
	case c.Decision != Approved && c.Decision != Rejected && c.Decision != Denied:
		return ApprovalDecided{}, fmt.Errorf("approval %s: %q is no decision; say approved or rejected", c.ID, c.Decision)
	}
	if err := checkRemember(a, c); err != nil {
		return ApprovalDecided{}, err
	}
	answer := Answer{Decision: c.Decision, By: c.By, Reason: c.Reason, Edited: c.Edited, Remember: c.Remember, At: now}
	if t, ok := s.now.Ticket(a.Run.Ticket); ok && c.Decision == Approved && Unwritten(t.Spec.Description) {
		answer.Wrote = c.Wrote
	}
	return ApprovalDecided{ID: c.ID, Answer: answer}, nil
}

// covered answers, by the rule that an answer becomes, what else waits within its reach. answered grows by these.
func (s *State) covered(c AnswerApproval, answered map[ApprovalID]bool, now time.Time) []Body {
	a, _ := s.now.Approval(c.ID) // it was just found
	scope := c.Remember
	if scope == ScopeOnce {
		scope = a.Scope
	}
	if scope == ScopeOnce || c.Decision != Approved {
		return nil
	}
	rule := Remembered{ID: a.ID, Kind: a.Kind, Scope: scope, Ticket: a.Run.Ticket, Hash: a.Hash}
	if c.Remember != ScopeOnce {
		rule.Cover = a.Cover
	}
	var bodies []Body
	for b := range s.now.Pending() {
		if answered[b.ID] || !rule.answers(b.Run.Ticket, b) {
			continue
		}
		answered[b.ID] = true
		same := Answer{Decision: Approved, By: rule.Actor(), At: now}
		if rule.exactly(b) {
			same.Edited = c.Edited
		}
		bodies = append(bodies, ApprovalDecided{ID: b.ID, Answer: same})
	}
	return bodies
}
