package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/page"
	"github.com/slop-ls/slop-ls/lsp"
)

// byTerminal is who answers and acts on a command line.
const byTerminal = engine.ByPerson + " (terminal)"

func ticketCommand(a *app) *cobra.Command {
	ticket := &cobra.Command{Use: "ticket", Short: "Look at single tickets and act on them", Args: noCommand, RunE: needsCommand}
	ticket.AddCommand(
		&cobra.Command{
			Use:   "list TRACK",
			Short: "List a track's tickets",
			Args:  arguments(1, 1),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.ticketList(cmd.Context(), args[0]) },
		},
		&cobra.Command{
			Use:   "show TRACK ID",
			Short: "Show everything about one ticket",
			Args:  arguments(2, 2),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.ticketShow(cmd.Context(), args[0], args[1]) },
		},
		ticketRunCommand(a),
		ticketUndoCommand(a),
	)
	for _, act := range ticketActs {
		ticket.AddCommand(ticketActCommand(a, act))
	}
	return ticket
}

// goesOnAgain stands for what goesOn says.
const goesOnAgain = ""

// ticketAct is a command that changes one ticket and starts nothing.
type ticketAct struct {
	name, short, done string
	command           func(key engine.TicketKey, words string) engine.Command
}

var ticketActs = []ticketAct{
	{"retry", "Put a blocked, killed or completed ticket back to todo", goesOnAgain, func(k engine.TicketKey, words string) engine.Command {
		return engine.RetryTicket{Ticket: k, By: byTerminal, Instruction: words}
	}},
	{"kill", "End a ticket; it delivers nothing", "is killed", func(k engine.TicketKey, words string) engine.Command {
		return engine.KillTicket{Ticket: k, By: byTerminal, Reason: words}
	}},
	{"block", "Stop a ticket until it is unblocked", "is blocked", func(k engine.TicketKey, words string) engine.Command {
		return engine.BlockTicket{Ticket: k, By: byTerminal, Reason: words}
	}},
	{"unblock", "Let a blocked ticket go on", goesOnAgain, func(k engine.TicketKey, words string) engine.Command {
		return engine.UnblockTicket{Ticket: k, By: byTerminal, Instruction: words}
	}},
	{"skip", "Count a ticket as completed without running it", "counts as completed", func(k engine.TicketKey, words string) engine.Command {
		return engine.SkipTicket{Ticket: k, By: byTerminal, Reason: words}
	}},
}

func ticketActCommand(a *app, act ticketAct) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   act.name + " TRACK ID",
		Short: act.short,
		Args:  arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.ticketChange(cmd.Context(), args[0], args[1], reason, act)
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why; the worker is told what a retry or an unblock says here")
	return cmd
}

// ticketChange plans the document as it is now and then acts on one of its tickets.
func (a *app) ticketChange(ctx context.Context, name, id, reason string, act ticketAct) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	track, doc, err := trackToChange(ctx, root, name)
	if err != nil {
		return err
	}
	atOnce, err := change(ctx, root, a.lends(root), func(s *engine.Snapshot, _ engine.Blobs) ([]engine.Command, error) {
		var plan []engine.Command
		if doc != nil {
			plan = replan(s, root, *doc)
		} else if _, _, err := ticketOf(s, track, id); err != nil {
			return nil, err
		}
		return append(plan, act.command(engine.TicketKey{Track: track, ID: id}, reason)), nil
	})
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]string{"track": string(track), "ticket": id, "done": act.name})
	}
	done := act.done
	if done == goesOnAgain {
		done = goesOn(atOnce)
	}
	fmt.Fprintf(a.out, "%s %s\n", id, done)
	return nil
}

// trackToChange is the track that a person names, and the document that is to be its plan; none where that has errors
// or is gone, and then the last good plan counts.
func trackToChange(ctx context.Context, root, name string) (engine.TrackID, *trackDoc, error) {
	id, doc, err := trackNamed(ctx, root, name)
	if err != nil || doc == nil || doc.Doc.Errors() {
		return id, nil, err
	}
	return id, doc, nil
}

func (a *app) ticketList(ctx context.Context, name string) error {
	snap, track, err := a.look(ctx, name)
	if err != nil {
		return err
	}
	if !a.json {
		_, err := fmt.Fprint(a.out, page.TicketLines(snap, track))
		return err
	}
	for _, t := range lsp.TrackStatus(snap, track).Tickets {
		if err := a.printJSON(t); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) ticketShow(ctx context.Context, name, id string) error {
	snap, track, err := a.look(ctx, name)
	if err != nil {
		return err
	}
	_, t, err := ticketOf(snap, track.ID, id)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(lsp.TicketStatus(snap, t))
	}
	fmt.Fprint(a.out, page.TicketDetail(snap, t))
	return nil
}

// ticketRunCommand runs one ticket now, with the flags of run.
func ticketRunCommand(a *app) *cobra.Command {
	var opts runOptions
	var instruction string
	cmd := &cobra.Command{
		Use:   "run TRACK ID",
		Short: "Run one ticket now, and wait for it",
		Args:  arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.ticket, opts.instruction = args[1], instruction
			return a.run(cmd.Context(), args[0], opts)
		},
	}
	opts.flags(cmd)
	cmd.Flags().StringVar(&instruction, "instruction", "", "words that go into the worker's prompt")
	return cmd
}

// shellWords joins what may be several words into one reason.
func shellWords(words []string) string { return strings.Join(words, " ") }
