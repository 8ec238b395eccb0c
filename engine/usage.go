package engine

// Usage counts tokens and money of model calls. Counts are what the provider reported, in its own tokens.
type Usage struct {
	Input       int64 `json:"input"` // CachedInput included
	CachedInput int64 `json:"cached_input,omitempty"`
	Output      int64 `json:"output"` // Reasoning included
	Reasoning   int64 `json:"reasoning,omitempty"`
	Cost        Cost  `json:"cost,omitzero"`
}

// Add is the sum of two usages.
func (u Usage) Add(v Usage) Usage {
	return Usage{
		Input:       u.Input + v.Input,
		CachedInput: u.CachedInput + v.CachedInput,
		Output:      u.Output + v.Output,
		Reasoning:   u.Reasoning + v.Reasoning,
		Cost:        u.Cost.add(v.Cost),
	}
}

// Total is the number of tokens that were paid for, in and out.
func (u Usage) Total() int64 { return u.Input + u.Output }

// Cost is money spent, in millionths of a US dollar. A call whose price is not known makes the sum unknown: it is
// then at least MicroUSD, and is never shown as 0.
type Cost struct {
	MicroUSD int64 `json:"micro_usd"`
	Unknown  bool  `json:"unknown,omitempty"`
}

func (c Cost) add(d Cost) Cost {
	return Cost{MicroUSD: c.MicroUSD + d.MicroUSD, Unknown: c.Unknown || d.Unknown}
}
