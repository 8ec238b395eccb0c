package engine

// Starts reports whether a person lets something run by a command, and of which track, where the command names one.
// Giving such a command is what counts as trust in what a repository brings along.
func Starts(c Command) (track TrackID, starts bool) {
	switch c := c.(type) {
	case StartTrack:
		return c.Track, true
	case ResumeTrack:
		return c.Track, true
	case RunTicket:
		return c.Ticket.Track, true
	case RetryTicket:
		return c.Ticket.Track, true
	case UnblockTicket:
		return c.Ticket.Track, true
	case AnswerApproval:
		return "", c.Decision == Approved
	case AnswerApprovals:
		for _, a := range c.Answers {
			if a.Decision == Approved {
				return "", true
			}
		}
	}
	return "", false
}
