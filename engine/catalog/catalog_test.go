package catalog

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"
)

// What is embedded is whole: a day, and for each model figures that can be true.
func TestTheDataIsSound(t *testing.T) {
	t.Parallel()
	if _, err := time.Parse(time.DateOnly, AsOf()); err != nil {
		t.Error(err)
	}
	seen := map[string]bool{}
	for _, m := range loaded().models {
		key := m.Provider + "/" + m.ID
		long := m.Price.Above == 0 || m.Price.Long.Input >= m.Price.Input && m.Price.Long.Output >= m.Price.Output
		switch {
		case seen[key]:
			t.Errorf("%s stands twice", key)
		case m.Context < 8000 || m.Output < 4000:
			t.Errorf("%s takes %d tokens and says %d", key, m.Context, m.Output)
		case m.Price.Input <= 0 || m.Price.Output < m.Price.Input || m.Price.Cached > m.Price.Input || !long:
			t.Errorf("%s costs %+v", key, m.Price)
		}
		seen[key] = true
	}
	for _, provider := range []string{"openai", "gemini", "anthropic", "deepseek"} {
		if len(Models(provider)) == 0 {
			t.Errorf("no model of %s is known", provider)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ provider, name, want string }{
		{"gemini", "gemini-2.5-flash-lite", "gemini-2.5-flash-lite"},
		{"openai", "gpt-5-mini-2025-08-07", "gpt-5-mini"},
		{"anthropic", "claude-haiku-4-5-20251001", "claude-haiku-4-5"},
		{"openrouter", "google/gemini-2.5-pro", "gemini-2.5-pro"},
		{"openrouter", "google/gemini-2.5-pro:free", ""},
		{"openrouter", "nobody/gemini-2.5-pro", ""},
		{"openai", "openai/gpt-5", ""},
		{"openai", "gemini-2.5-pro", ""},
		{"ollama", "gpt-5", ""},
		{"openai", "gpt-5-", ""},
		{"", "", ""},
	} {
		got, ok := Find(c.provider, c.name)
		if got.ID != c.want || ok != (c.want != "") {
			t.Errorf("%s %s: %q, %v", c.provider, c.name, got.ID, ok)
		}
	}
}

func TestCost(t *testing.T) {
	t.Parallel()
	p := Price{Rates: Rates{1_250_000, 125_000, 10_000_000}, Above: 200_000, Long: Rates{2_500_000, 250_000, 15_000_000}}
	for _, c := range []struct {
		in, cached, out int64
		want            Micro
	}{
		{0, 0, 0, 0},
		{1_000_000 / 10, 0, 0, 125_000},
		{100_000, 100_000, 0, 12_500},
		{100_000, 40_000, 2_000, 75_000 + 5_000 + 20_000},
		{1, 0, 0, 1},                // 1.25
		{1, 1, 0, 0},                // 0.125
		{4, 4, 0, 1},                // 0.5 goes up
		{200_000, 0, 0, 250_000},    // not above
		{200_001, 0, 1000, 515_003}, // 500,002.5 and 15,000
		{-5, 9, -1, 0},
		{10, 20, 0, 1}, // more cached than there is
		{math.MaxInt64, 0, math.MaxInt64, Micro((2*(math.MaxInt64/4) + 500_000) / 1_000_000)},
	} {
		if got := p.Cost(c.in, c.cached, c.out); got != c.want {
			t.Errorf("%d, %d, %d: %d, want %d", c.in, c.cached, c.out, got, c.want)
		}
	}
}

// The sum of many calls is off by at most half a millionth a call, and by no more whatever their order is.
func TestSumsDoNotDrift(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	p := Price{Rates: Rates{Dollars(0.1), Dollars(0.01), Dollars(0.4)}}
	var sum Micro
	exact := new(big.Int)
	const calls = 100_000
	for range calls {
		in, out := rnd.Int64N(50_000), rnd.Int64N(4_000)
		cached := rnd.Int64N(in + 1)
		sum += p.Cost(in, cached, out)
		exact.Add(exact, big.NewInt((in-cached)*100_000+cached*10_000+out*400_000))
	}
	off := new(big.Int).Sub(exact, big.NewInt(int64(sum)*perMillion))
	if off.Abs(off).Cmp(big.NewInt(calls*perMillion/2)) > 0 {
		t.Errorf("%d calls are off by %s millionths of a millionth", calls, off)
	}
}

func TestDollars(t *testing.T) {
	t.Parallel()
	for usd, want := range map[float64]Micro{0.1: 100_000, 0.3: 300_000, 2.675: 2_675_000, 0.003625: 3_625, 1e-6: 1, 75: 75_000_000} {
		if got := Dollars(usd); got != want {
			t.Errorf("%v: %d, want %d", usd, got, want)
		}
	}
	for s, want := range map[string]Micro{"0": 0, "2.5": 2_500_000, "0.003625": 3_625, "180": 180_000_000} {
		if got, err := parse(s); err != nil || got != want {
			t.Errorf("%s: %d, %v", s, got, err)
		}
	}
	for _, s := range []string{"", ".5", "-1", "1e3", "0.1234567", "1,5", "1.2.3", "99999999999999999999"} {
		if got, err := parse(s); err == nil {
			t.Errorf("%s is taken as %d", s, got)
		}
	}
	for m, want := range map[Micro]string{0: "$0.00", 1: "$0.000001", 1_250_000: "$1.25", -500_000: "-$0.50", 12_300_000: "$12.30"} {
		if m.String() != want {
			t.Errorf("%d: %s", m, m)
		}
	}
}
