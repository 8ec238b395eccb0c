package tool

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

//go:embed run_command.md
var runCommandDoc string

type runCommandArgs struct {
	Command string `json:"command" jsonschema:"one line for the shell" min:"1"`
	Timeout int    `json:"timeout_s,omitempty" jsonschema:"seconds after which it is stopped" min:"1" max:"3600"`
}

func runCommand(bench engine.Workbench) engine.Tool {
	return newTool("run_command", runCommandDoc, engine.EffectRun,
		func(ctx context.Context, draft engine.Draft, a runCommandArgs) (engine.ToolResult, error) {
			return callRunCommand(ctx, bench, draft, a)
		})
}

func callRunCommand(ctx context.Context, bench engine.Workbench, draft engine.Draft, a runCommandArgs) (engine.ToolResult, error) {
	if strings.TrimSpace(a.Command) == "" || strings.ContainsRune(a.Command, 0) {
		return engine.ToolResult{}, mistakef("the command is empty or has a NUL character in it: write one line for the shell")
	}
	cmd := engine.ShellCommand{Line: a.Command, Timeout: time.Duration(a.Timeout) * time.Second}
	whole := &printed{}
	res, err := bench.Run(ctx, draft, cmd, whole.add)
	if errors.Is(err, errors.ErrUnsupported) {
		return engine.ToolResult{}, told(err)
	}
	if err != nil {
		return engine.ToolResult{}, err
	}
	ended := howEnded(res)
	shown := ended + "\n"
	if res.Unheld != "" {
		shown = ended + " (not sandboxed: " + res.Unheld + ")\n"
	}
	if out := strings.ToValidUTF8(whole.text(res.Output), "\ufffd"); out != "" {
		shown += "\n" + out
	}
	line, _ := text.VisibleLine(a.Command, 120)
	summary := fmt.Sprintf("ran %s: %s after %s", line, ended, res.Took.Round(100*time.Millisecond))
	return engine.ToolResult{Text: shown, Summary: summary, Command: &res}, nil
}

// howEnded says nothing of the time that it took: the same result must read the same, so that a worker who goes
// round in circles is seen to.
func howEnded(res engine.CommandResult) string {
	switch {
	case res.TimedOut:
		return "stopped, its time was up (timeout_s)"
	case res.ExitCode < 0:
		return "killed by a signal"
	}
	return fmt.Sprintf("exit status %d", res.ExitCode)
}

// printed is all that a command printed, within a bound: of more, its beginning and its end.
type printed struct {
	head, tail []byte
	total      int
}

// What is kept of a command's output: some of its beginning, and more of its end, which is where a failing command says
// why.
const (
	printedHead = engine.MaxKept / 4
	printedTail = engine.MaxKept / 2
)

func (p *printed) add(b []byte) {
	p.total += len(b)
	n := min(printedHead-len(p.head), len(b))
	p.head = append(p.head, b[:n]...)
	p.tail = append(p.tail, b[n:]...)
	if len(p.tail) > 2*printedTail { // seldom, so that a byte is moved once or twice in all
		p.tail = append(p.tail[:0], p.tail[len(p.tail)-printedTail:]...)
	}
}

// text is the output whole, where short is what the workbench kept of it: cut in the middle, and perhaps with remarks at
// its end, which stay.
func (p *printed) text(short string) string {
	if p.total <= len(short) {
		return short
	}
	tail := p.tail
	if missing := p.total - len(p.head) - len(tail); missing > 0 {
		tail = append(fmt.Appendf(nil, "\n[… %d bytes were not kept …]\n", missing), tail...)
	}
	all := string(p.head) + string(tail)
	end := all[max(0, len(all)-200):]
	if i := strings.LastIndex(short, end); i >= 0 {
		all += short[i+len(end):]
	}
	return all
}
