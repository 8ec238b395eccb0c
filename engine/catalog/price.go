package catalog

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Micro is an amount of money in millionths of a US dollar.
type Micro int64

// perMillion is how many tokens a price is for.
const perMillion = 1_000_000

// Rates are what a million tokens cost.
type Rates struct {
	Input  Micro
	Cached Micro // of the input, what the provider had in its cache
	Output Micro // reasoning included
}

// Price is what a model's calls cost. A call whose input is larger than Above tokens costs Long as a whole; Above 0: none
// does.
type Price struct {
	Rates
	Above int64
	Long  Rates
}

// Cost is what a call comes to, to the nearest millionth of a dollar. cached is a part of input; reasoning is in output.
// Negative counts count as none.
func (p Price) Cost(input, cached, output int64) Micro {
	r := p.Rates
	if p.Above > 0 && input > p.Above {
		r = p.Long
	}
	input, output = max(input, 0), max(output, 0)
	cached = min(max(cached, 0), input)
	total := product(input-cached, r.Input) + product(cached, r.Cached) + product(output, r.Output)
	return Micro((total + perMillion/2) / perMillion)
}

// product is bounded so that the sum of three of them cannot overflow, whatever a server reports.
func product(tokens int64, rate Micro) int64 {
	const bound = math.MaxInt64 / 4
	if rate > 0 && tokens > bound/int64(rate) {
		return bound
	}
	return tokens * int64(rate)
}

// Dollars is an amount as it was written by a person, who wrote at most six decimals.
func Dollars(usd float64) Micro { return Micro(math.Round(usd * 1e6)) }

// parse reads dollars written in decimals, exactly.
func parse(s string) (Micro, error) {
	whole, part, _ := strings.Cut(s, ".")
	if whole == "" || len(part) > 6 || strings.ContainsAny(s, "+-_eExX") {
		return 0, fmt.Errorf("%q is not an amount of dollars with at most six decimals", s)
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", 6-len(part)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not an amount of dollars: %w", s, err)
	}
	return Micro(n), nil
}

// String is the amount in dollars, with as many decimals as it has and at least two.
func (m Micro) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	part := strings.TrimRight(fmt.Sprintf("%06d", int64(m)%1_000_000), "0")
	for len(part) < 2 {
		part += "0"
	}
	return fmt.Sprintf("%s$%d.%s", sign, int64(m)/1_000_000, part)
}
