package main

import (
	"encoding/json"
	"time"

	"github.com/slop-ls/slop-ls/engine/scripted"
)

// The demo's models. They are scripted: what they say is below.
const (
	demoSmall, demoMedium, demoLarge = "demo-small", "demo-medium", "demo-large"
	demoAnalyst                      = "demo-analyst"
)

// demoScript is what the models say. The slips are on purpose, and of a kind that real models make.
func demoScript() scripted.Script {
	rules := []scripted.Rule{{
		Model: demoAnalyst,
		Reply: says("ParseAmount(\"\") and ParseAmount(\".\") return 0 without an error: with an empty whole part, \"\" + \"00\" still " +
			"parses. Refuse an amount that has no digit before the point, then run the test again."),
	}}
	for ticket, turns := range map[string][]scripted.Reply{"T1": demoT1(), "T3": demoT3(), "T4": demoT4()} {
		for i, reply := range turns {
			rules = append(rules, scripted.Rule{Ticket: ticket, Turn: scripted.At(i), Reply: reply})
		}
	}
	rules = append(rules, scripted.Rule{
		Ticket: "T2", Model: demoSmall,
		Reply: calls("", "finish", map[string]any{"status": "blocked", "summary": "I cannot tell what a line with # means here."}),
	})
	for i, reply := range demoT2() {
		rules = append(rules, scripted.Rule{Ticket: "T2", Model: demoMedium, Turn: scripted.At(i), Reply: reply})
	}
	return scripted.Script{Models: []string{demoSmall, demoMedium, demoLarge, demoAnalyst}, Rules: rules}
}

// chunkDelay makes replies stream at a pace at which two of them can be seen side by side.
const chunkDelay = 15 * time.Millisecond

func says(text string) scripted.Reply { return scripted.Reply{Text: text, Delay: chunkDelay} }

// calls is a reply that calls one tool.
func calls(text, tool string, args map[string]any) scripted.Reply {
	data, err := json.Marshal(args)
	if err != nil {
		panic("demo: arguments are strings: " + err.Error())
	}
	return scripted.Reply{Text: text, Calls: []scripted.Call{{Name: tool, Arguments: string(data)}}, Delay: chunkDelay, Chunk: 96}
}

func edit(text, path, search, replace string) scripted.Reply {
	return calls(text, "edit_file", map[string]any{"path": path, "search": search, "replace": replace})
}

func finish(summary string) scripted.Reply {
	return calls("", "finish", map[string]any{"status": "done", "summary": summary})
}

// demoT1 mends ParseAmount, wrongly at first.
func demoT1() []scripted.Reply {
	return []scripted.Reply{
		calls("The tests say what an amount is. I read them first.", "read_file", map[string]any{"path": "amount_test.go"}),
		edit("The digits behind the point need padding, and the sign belongs to both parts.", "amount.go", `	whole, frac, _ := strings.Cut(s, ".")
	units, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("amount %q: %w", s, err)
	}
	var cents int64
	if frac != "" {
		if cents, err = strconv.ParseInt(frac, 10, 64); err != nil {
			return 0, fmt.Errorf("amount %q: %w", s, err)
		}
	}
	return Amount(units*100 + cents), nil
`, `	whole, frac, _ := strings.Cut(s, ".")
	if len(frac) > 2 {
		return 0, fmt.Errorf("amount %q: more than two digits behind the point", s)
	}
	cents, err := strconv.ParseInt(whole+(frac+"00")[:2], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("amount %q: %w", s, err)
	}
	return Amount(cents), nil
`),
		calls("Now the test.", "run_command", map[string]any{"command": "go test -run TestParseAmount ."}),
		edit("The analysis is right: an empty whole part must be refused.", "amount.go", `	if len(frac) > 2 {
		return 0, fmt.Errorf("amount %q: more than two digits behind the point", s)
	}
`, `	if strings.TrimPrefix(whole, "-") == "" || len(frac) > 2 {
		return 0, fmt.Errorf("amount %q: want digits and at most two behind the point", s)
	}
`),
		finish("ParseAmount keeps cents and sign, and refuses what is no amount."),
	}
}

// demoT2 is the second attempt, by the next larger model.
func demoT2() []scripted.Reply {
	return []scripted.Reply{
		edit("A line that starts with # is a comment. It and blank lines are skipped.", "entry.go",
			`		account, amount, _ := strings.Cut(lines.Text(), " ")
`, `		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		account, amount, _ := strings.Cut(line, " ")
`),
		finish("Read skips blank lines and comments."),
	}
}

// demoT3 runs in step mode: its edit is asked for.
func demoT3() []scripted.Reply {
	return []scripted.Reply{
		edit("The sum was overwritten. The signature stays, as you asked.", "balance.go", "sums[e.Account] = e.Amount", "sums[e.Account] += e.Amount"),
		finish("Balances adds up all entries of an account."),
	}
}

// demoT4 writes the report from what the others made.
func demoT4() []scripted.Reply {
	return []scripted.Reply{
		calls("Everything it needs is there now: names sorted, then the total.", "write_file", map[string]any{"path": "report.go", "content": `package ledger

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Report shows what each account comes to, by name, and the total.
func Report(entries []Entry) string {
	var b strings.Builder
	balances := Balances(entries)
	for _, account := range slices.Sorted(maps.Keys(balances)) {
		fmt.Fprintf(&b, "%-10s%7s\n", account, balances[account])
	}
	fmt.Fprintf(&b, "%-10s%7s\n", "total", Total(entries))
	return b.String()
}
`}),
		finish("Report lists the accounts by name, then the total."),
	}
}
