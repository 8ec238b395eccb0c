package engine

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
