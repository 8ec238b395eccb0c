package engine

import (
	"cmp"
	"fmt"
)

// applyApproval folds the life of an approval: proposed → decided → consumed, or withdrawn.
func (s *State) applyApproval(body Body) error {
	switch b := body.(type) {
	case ApprovalRequested:
		return s.applyRequested(b)
	case ApprovalResumed:
		return s.applyResumed(b)
	case ApprovalDecided:
		return s.applyDecided(b)
	case ApprovalConsumed:
		return s.applyConsumed(b)
	case ApprovalWithdrawn:
		return s.applyWithdrawn(b)
	case ApprovalForgotten:
		return s.applyForgotten(b)
	default:
		return fmt.Errorf("no rule for it")
	}
}

func (s *State) applyRequested(b ApprovalRequested) error {
	n, ok := approvalNumber(b.ID)
	if !ok || int(n) != s.now.approvals.n+1 {
		return fmt.Errorf("approval %s follows A%d", b.ID, s.now.approvals.n)
	}
	_, t, err := s.ticket(b.Run.Ticket)
	if err != nil {
		return err
	}
	if t.Approval != "" {
		return fmt.Errorf("%s already waits for %s", t.Key, t.Approval)
	}
	a := b.Approval
	s.now.approvals.push(s.epoch, &a)
	t.Approval, t.Asks = b.ID, a.Kind
	s.park(t)
	return nil
}

func (s *State) applyResumed(b ApprovalResumed) error {
	a, t, err := s.approval(b.ID)
	if err != nil {
		return err
	}
	c := *a
	c.Run = b.Run
	s.setApproval(b.ID, &c)
	s.park(t)
	if c.Answer != nil {
		s.decided(t, &c)
	}
	return nil
}

func (s *State) applyDecided(b ApprovalDecided) error {
	a, t, err := s.approval(b.ID)
	if err != nil {
		return err
	}
	if a.Answer != nil {
		return fmt.Errorf("approval %s was decided before", b.ID)
	}
	c, answer := *a, b.Answer
	c.Answer = &answer
	s.setApproval(b.ID, &c)
	s.keep(&c)
	t.Wrote = cmp.Or(answer.Wrote, t.Wrote)
	if t.Status == InProgress && t.Parked {
		s.decided(t, &c)
	}
	return nil
}

// decided puts a worker that has its answer first in line for a slot.
func (s *State) decided(t *Ticket, a *Approval) {
	if a.Kind == KindSpawn && !t.Spawned {
		t.Spawned = true
		s.now.unspawned--
	}
	s.answered = append(s.answered, a.ID)
}

func (s *State) applyConsumed(b ApprovalConsumed) error {
	_, t, err := s.ticket(b.Run.Ticket)
	if err != nil {
		return err
	}
	if t.Approval != b.ID {
		return s.reuse(t, b)
	}
	a, _, err := s.approval(b.ID)
	if err != nil {
		return err
	}
	if a.Answer == nil {
		return fmt.Errorf("approval %s is not decided", b.ID)
	}
	given := GivenAnswer{Approval: a.ID, Kind: a.Kind, Hash: a.Hash, Attempt: b.Run.Attempt, Answer: *a.Answer}
	t.Answers = append(t.Answers[:len(t.Answers):len(t.Answers)], given)
	t.Approval, t.Asks = "", ""
	s.settleApproval(b.ID, *a.Answer)
	s.unpark(t)
	return nil
}

// reuse marks an answer that an earlier, interrupted attempt was given as used by this one.
func (s *State) reuse(t *Ticket, b ApprovalConsumed) error {
	for i, g := range t.Answers {
		if g.Approval != b.ID {
			continue
		}
		answers := append([]GivenAnswer(nil), t.Answers...)
		answers[i].Attempt = b.Run.Attempt
		t.Answers = answers
		if g.Kind == KindSpawn && !t.Spawned {
			t.Spawned = true
			s.now.unspawned--
		}
		return nil
	}
	for _, r := range s.now.remembered {
		if r.ID == b.ID {
			g := GivenAnswer{Approval: r.ID, Kind: r.Kind, Hash: r.Hash, Attempt: b.Run.Attempt, Answer: r.Answer}
			t.Answers = append(t.Answers[:len(t.Answers):len(t.Answers)], g)
			return nil
		}
	}
	return fmt.Errorf("%w: %s", ErrNoApproval, b.ID)
}

func (s *State) applyWithdrawn(b ApprovalWithdrawn) error {
	a, t, err := s.approval(b.ID)
	if err != nil {
		return err
	}
	t.Approval, t.Asks = "", ""
	how := Answer{Decision: Withdrawn, By: ByConductor, Reason: b.Reason}
	if a.Answer != nil {
		how = *a.Answer
	}
	s.settleApproval(b.ID, how)
	s.unpark(t)
	return nil
}

// approval finds an approval and the state's own copy of the ticket that it belongs to.
func (s *State) approval(id ApprovalID) (*Approval, *Ticket, error) {
	a, ok := s.now.Approval(id)
	if !ok {
		return nil, nil, fmt.Errorf("%w: %s", ErrNoApproval, id)
	}
	_, t, err := s.ticket(a.Run.Ticket)
	return a, t, err
}

func (s *State) setApproval(id ApprovalID, a *Approval) {
	n, _ := approvalNumber(id) // it was found by this id
	s.now.approvals.set(s.epoch, int(n)-1, a)
}

// park gives a waiting attempt's slot back.
func (s *State) park(t *Ticket) {
	if t.Status == InProgress && !t.Parked {
		t.Parked = true
		s.now.active--
	}
}

func (s *State) unpark(t *Ticket) {
	if t.Status == InProgress && t.Parked {
		t.Parked = false
		s.now.active++
	}
}

// keptDecisions bounds how many decisions are kept after their worker has used them, to tell late ones who decided.
const keptDecisions = 1000

// Decision is how an approval that is no longer there was decided; of one that nobody needed any more its Decision is
// Withdrawn. ok is false for what was never asked, and for what was settled long ago: the last thousand are kept.
func (s *Snapshot) Decision(id ApprovalID) (a Answer, ok bool) {
	n, valid := approvalNumber(id)
	if !valid {
		return Answer{}, false
	}
	if known := s.settled.at(int(n) - 1); known != nil {
		return *known, true
	}
	return Answer{}, false
}

// settleApproval takes an approval out of the state and keeps how it ended.
func (s *State) settleApproval(id ApprovalID, a Answer) {
	s.setApproval(id, nil)
	i := s.keepDecision(id, a)
	if old := i - keptDecisions; s.now.settled.at(old) != nil {
		s.now.settled.set(s.epoch, old, nil)
	}
}

// keepDecision keeps a decision at its place, which it gives.
func (s *State) keepDecision(id ApprovalID, a Answer) (i int) {
	n, _ := approvalNumber(id) // it was found by this id
	i = int(n) - 1
	s.now.settled.n = max(s.now.settled.n, i+1)
	s.now.settled.set(s.epoch, i, &a)
	return i
}
