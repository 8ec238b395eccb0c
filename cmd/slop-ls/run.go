package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// approveMode says what happens to approvals while a track runs on the command line.
type approveMode string

const (
	approveAsk   approveMode = "ask"   // the person at the terminal; without one, denied for want of a person
	approveAllow approveMode = "allow" // answered by the flag; what the policy denies stays denied
	approveDeny  approveMode = "deny"  // rejected by the flag
)

// runOptions are the flags of `run` and `ticket run`.
type runOptions struct {
	approve             string
	ticket, instruction string // one ticket instead of the whole track
}

func (o *runOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.approve, "approve", "", "what to do with approvals: `ask|allow|deny` (default: ask on a terminal, else denied for want of a person)")
	_ = cmd.RegisterFlagCompletionFunc("approve", cobra.FixedCompletions([]string{"ask", "allow", "deny"}, cobra.ShellCompDirectiveNoFileComp))
}

func runCommand(a *app) *cobra.Command {
	var opts runOptions
	cmd := &cobra.Command{
		Use:   "run TRACK",
		Short: "Run a track until it is done or nothing more can run",
		Long: "Run a track until it is done or nothing more can run. Running again goes on where it stood.\n\n" +
			"Exit status: 0 done, 1 something failed or was refused, 3 blocked until a person acts,\n" +
			"4 an approval was denied for want of a person, 130 interrupted (the track is paused, nothing is lost).",
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.run(cmd.Context(), args[0], opts) },
	}
	opts.flags(cmd)
	return cmd
}

// mode is what the flag says, or what the streams allow.
func (o *runOptions) mode(a *app) (mode approveMode, by engine.Actor, err error) {
	switch m := approveMode(o.approve); m {
	case approveAllow, approveDeny:
		return m, engine.Actor("flag --approve " + string(m)), nil
	case approveAsk, "":
		return approveAsk, byTerminal, nil
	default:
		return "", "", usageError("--approve is ask, allow or deny, not " + o.approve)
	}
}

// run plans the document, starts the track and stays until it comes to rest. SIGINT pauses it; a second one does not
// wait for the steps under way.
func (a *app) run(ctx context.Context, name string, opts runOptions) (err error) {
	mode, by, err := opts.mode(a)
	if err != nil {
		return err
	}
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	track, err := a.goodTrack(ctx, root, name)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	r := &runner{app: a, root: root, track: track.ID, opts: opts, mode: mode, by: by, signals: signals}
	defer r.close()
	return r.elect(ctx, track)
}

// goodTrack is a document without errors; the problems of another one are printed as `track check` prints them.
func (a *app) goodTrack(ctx context.Context, root, name string) (trackDoc, error) {
	track, err := loadTrack(root, name)
	if err != nil {
		return trackDoc{}, err
	}
	if !track.Doc.Errors() {
		return track, nil
	}
	for _, p := range problems(ctx, root, track.Doc) {
		if p.Severity == trackfile.Error {
			fmt.Fprintln(a.err, p.String(track.Path))
		}
	}
	return trackDoc{}, &exitError{code: exitFailed}
}

// outcome is the exit status of a track that has come to rest.
func outcome(t *engine.Track, refused bool) error {
	if t.Status == engine.TrackDone {
		return nil
	}
	denied := false
	for ticket := range t.Tickets() {
		denied = denied || ticket.Denied
	}
	done := fmt.Sprintf("%d of %d tickets completed", t.Count(engine.Completed), t.Total())
	switch {
	case refused:
		return fmt.Errorf("%s, an approval was refused: see `slop-ls track show %s`", done, t.ID)
	case denied:
		return &exitError{code: exitDenied, err: fmt.Errorf(
			"%s, and nobody was there to approve the rest: run it on a terminal, in an editor, or with --approve allow", done)}
	default:
		return &exitError{code: exitBlocked, err: fmt.Errorf(
			"%s, the rest waits for a person: see `slop-ls track show %s`, then `slop-ls ticket retry`, `unblock` or `skip`", done, t.ID)}
	}
}

// ticketOutcome is the exit status of one ticket that has come to rest.
func ticketOutcome(t *engine.Ticket, refused bool) error {
	switch {
	case t.Status == engine.Completed:
		return nil
	case refused || t.Status == engine.Killed:
		return fmt.Errorf("%s is %s: %s", t.Key.ID, t.Status, blockReason(t))
	case t.Denied:
		return &exitError{code: exitDenied, err: fmt.Errorf(
			"%s waits for an approval and nobody was there: run it on a terminal, in an editor, or with --approve allow", t.Key.ID)}
	default:
		return &exitError{code: exitBlocked, err: fmt.Errorf("%s is %s: %s", t.Key.ID, t.Status, blockReason(t))}
	}
}

func blockReason(t *engine.Ticket) string {
	if t.Block == nil {
		return "see `slop-ls ticket show`"
	}
	return string(t.Block.By) + ": " + t.Block.Reason
}

// printOutcome is the last line of a run.
func (r *runner) printOutcome(t *engine.Track) {
	if r.app.json {
		return
	}
	u := page.TotalUsage(t)
	fmt.Fprintf(r.app.out, "%d of %d tickets completed, %s tokens, %s\n", t.Count(engine.Completed), t.Total(),
		page.Tokens(u.Total()), page.Money(u.Cost))
}
