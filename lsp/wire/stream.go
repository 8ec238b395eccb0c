package wire

import (
	"encoding/json"
	"fmt"
)

// Stream is the payload of slop/stream: a piece of the text that an attempt's model streams. Pieces of one attempt come
// in order. Where From is not the To before it, text was left out between (too much came at a time); where it is
// smaller, what was sent from there on is void, because the call was made again.
type Stream struct {
	Track   string `json:"track"`
	Ticket  string `json:"ticket"`
	Attempt int    `json:"attempt"`
	From    int    `json:"from"` // bytes of what was streamed before this piece
	To      int    `json:"to"`   // and with it
	Text    string `json:"text"` // the piece, with nothing hidden in it, so not always To-From bytes
	Done    bool   `json:"done"` // no more will come

	Reasoning string `json:"reasoning,omitempty"` // what the model said of its thinking since the piece before, void with the text and not counted by From and To
}

// EventsArgs subscribes to slop/events, in place of the subscription before.
type EventsArgs struct {
	After uint64 `json:"after"` // the seq of the last event that is known; 0: all there ever were
}

// Subscription is what Capabilities say of slop/events.
type Subscription struct {
	On    bool   // the client takes slop/events
	From  bool   // it subscribes at once, to what follows After
	After uint64 // not set without From
}

// MarshalJSON implements json.Marshaler.
func (s Subscription) MarshalJSON() ([]byte, error) {
	if s.On && s.From {
		return json.Marshal(s.After)
	}
	return json.Marshal(s.On)
}

// UnmarshalJSON implements json.Unmarshaler: a truth value, or the number of an event.
func (s *Subscription) UnmarshalJSON(data []byte) error {
	*s = Subscription{}
	if json.Unmarshal(data, &s.On) == nil {
		return nil
	}
	if err := json.Unmarshal(data, &s.After); err != nil {
		return fmt.Errorf("events is true, false or the seq of an event, not %.40s", data)
	}
	s.On, s.From = true, true
	return nil
}
