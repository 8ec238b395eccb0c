package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/planning"
	"github.com/slop-ls/slop-ls/engine/policy"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

func trackNewCommand(a *app) *cobra.Command {
	var goal string
	var tickets bool
	cmd := &cobra.Command{
		Use:   "new NAME|GOAL...",
		Short: "Make a track: an empty one of a name, or one that a model writes for a goal",
		Long: "Make a track.\n\n" +
			"One word is a name: an empty document is made, to be filled in. Several words (or `-`, for standard input) are a\n" +
			"goal: the orchestrator's model writes the track for it. Nothing runs; the document is there to be reviewed.",
		Example: "  slop-ls track new clear-errors --goal 'Every error names its line'\n" +
			"  slop-ls track new Every parse error names the line and what was expected\n" +
			"  slop-ls track new --plan - < goal.md",
		Args: arguments(1, 10_000),
		RunE: func(cmd *cobra.Command, args []string) error {
			words := shellWords(args)
			switch {
			case words != "-" && len(strings.Fields(words)) > 1 && goal != "":
				return usageError("give the goal once: after --goal with a name of one word, or as the words alone")
			case words == "-" || len(strings.Fields(words)) > 1:
				return a.trackFor(cmd.Context(), words, tickets)
			case tickets:
				return usageError("--plan needs a goal in words: `slop-ls track new --plan GOAL...`")
			}
			return a.trackNew(cmd.Context(), words, goal)
		},
	}
	cmd.Flags().StringVar(&goal, "goal", "", "what an empty track is for")
	cmd.Flags().BoolVar(&tickets, "plan", false, "let the tech lead's model break the new track into tickets as well")
	return cmd
}

// trackNew writes a skeleton into .slop/tracks. It never overwrites.
func (a *app) trackNew(ctx context.Context, name, goal string) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	path := name
	if !trackfile.IsTrackFile(name) {
		if strings.ContainsAny(name, `/\`) || strings.HasPrefix(name, ".") {
			return usageError(name + " is no name of a track: pass a plain word, or a path that ends with .track.yaml")
		}
		path = filepath.Join(root, ".slop", "tracks", name+".track.yaml")
	}
	if err := writeNew(path, trackfile.New(trackTitle(name), goal)); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s: fill in its tickets, then `slop-ls track check` and `slop-ls run` it\n", path)
	return nil
}

// trackTitle makes "clear-errors" from "some/where/clear-errors.track.yaml" a title.
func trackTitle(name string) string {
	base := trackfile.ID(filepath.ToSlash(name))
	base = base[strings.LastIndex(base, "/")+1:]
	return strings.NewReplacer("-", " ", "_", " ").Replace(base)
}

// maxGoal bounds what is read as a goal.
const maxGoal = 1 << 20

// trackFor lets tier 1 write a track for a goal, and tier 2 its tickets where that is wanted.
func (a *app) trackFor(ctx context.Context, goal string, tickets bool) error {
	if goal == "-" {
		text, err := io.ReadAll(io.LimitReader(a.in, maxGoal))
		if err != nil {
			return fmt.Errorf("reading the goal: %w", err)
		}
		goal = string(text)
	}
	return a.planningHere(ctx, func(ctx context.Context, s *studio) error {
		p, err := s.Track(ctx, goal)
		id := engine.TrackID(trackfile.ID(p.Path)) // "" where no track came of it
		s.spent(ctx, id, p.Cost)
		if errors.Is(err, planning.ErrNoGoal) {
			return usageError(err.Error())
		}
		if err != nil {
			return s.refused(err, "save it as a track under .slop/tracks (%s)")
		}
		if err := s.write(ctx, p, "new track: "+p.Title); err != nil {
			return err
		}
		if !tickets {
			return s.tell(p, "review it, then `slop-ls track plan --generate "+filepath.Base(string(id))+"` breaks it into tickets")
		}
		if err := s.tell(p, "then its tickets"); err != nil {
			return err
		}
		return s.generate(ctx, trackDoc{ID: id, Path: p.Path}, p.Text, "")
	})
}

// proposalJSON is what `track new` and `track plan --generate` print for a document.
type proposalJSON struct {
	Track   string   `json:"track"`
	File    string   `json:"file"`
	Tickets []string `json:"tickets"`
	Tier    string   `json:"tier,omitempty"`
	Model   string   `json:"model,omitempty"`
	Calls   int      `json:"calls"`
	Usage   any      `json:"usage,omitempty"`
}

// tell prints what was written.
func (s *studio) tell(p planning.Proposal, next string) error {
	if s.app.json {
		out := proposalJSON{
			Track: trackfile.ID(p.Path), File: p.Path, Tickets: append([]string{}, p.Added...),
			Tier: string(p.Cost.Tier), Model: p.Cost.Model, Calls: p.Cost.Calls,
		}
		if p.Cost.Calls > 0 {
			out.Usage = engine.UsageFields(p.Cost.Usage)
		}
		return s.app.printJSON(out)
	}
	if p.Cost.Calls > 0 {
		fmt.Fprintln(s.app.out, bill(p.Cost))
	}
	added := ""
	if len(p.Added) > 0 {
		added = fmt.Sprintf("%s (%s); ", countedTickets(len(p.Added)), strings.Join(p.Added, ", "))
	}
	_, err := fmt.Fprintf(s.app.out, "%s: %s%s\n", p.Path, added, next)
	return err
}

func countedTickets(n int) string {
	if n == 1 {
		return "1 new ticket"
	}
	return fmt.Sprintf("%d new tickets", n)
}

// generate adds tier 2's tickets to a document, whose text is src.
func (s *studio) generate(ctx context.Context, track trackDoc, src []byte, instruction string) error {
	p, err := s.Tickets(ctx, track.Path, src, instruction)
	s.spent(ctx, track.ID, p.Cost)
	if err != nil {
		return s.refused(err, "`slop-ls track plan "+filepath.Base(string(track.ID))+" --from %s`")
	}
	return s.add(ctx, track, p)
}

// add writes a document with its new tickets.
func (s *studio) add(ctx context.Context, track trackDoc, p planning.Proposal) error {
	if err := s.write(ctx, p, "tickets of "+string(track.ID)); err != nil {
		return err
	}
	name := filepath.Base(string(track.ID))
	return s.tell(p, "review them, then `slop-ls track plan "+name+"` and `slop-ls run "+name+"`")
}

// planOptions are the flags of `track plan`.
type planOptions struct {
	generate    bool
	instruction string
	from        string
}

func trackPlanCommand(a *app) *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "plan TRACK",
		Short: "Show in which waves a track would run, what it would cost and ask; or let a model write its tickets",
		Long: "Show in which waves a track would run, what it would cost and ask, without running it.\n\n" +
			"With --generate the tech lead's model breaks the track into tickets, which are added to its document behind those\n" +
			"that are there. With --from FILE they come from a file, such as an answer that you have mended. Nothing runs.",
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case o.from != "" && (o.generate || o.instruction != ""):
				return usageError("--from takes the tickets of a file: leave --generate and --instruction out")
			case o.generate || o.instruction != "" || o.from != "":
				return a.trackGenerate(cmd.Context(), args[0], o)
			}
			return a.trackPlan(cmd.Context(), args[0])
		},
	}
	cmd.Flags().BoolVar(&o.generate, "generate", false, "let the tech lead's model break the track into tickets")
	cmd.Flags().StringVar(&o.instruction, "instruction", "", "`words` for the tech lead; implies --generate")
	cmd.Flags().StringVar(&o.from, "from", "", "add the tickets of a `file` instead (-: standard input)")
	return cmd
}

// trackGenerate adds tickets to a document. While its track runs they would start without having been looked at.
func (a *app) trackGenerate(ctx context.Context, name string, o planOptions) error {
	root, snap, err := a.stored(ctx)
	if err != nil {
		return err
	}
	track, err := a.goodTrack(ctx, root, name)
	if err != nil {
		return err
	}
	if tr, ok := snap.Track(track.ID); ok && tr.Status == engine.TrackRunning {
		return fmt.Errorf("%s runs, and new tickets would start at once: pause it first, or plan it in the editor, where you review them before they are saved", track.ID)
	}
	text := ""
	if o.from != "" {
		if text, err = a.readText(o.from); err != nil {
			return err
		}
	}
	if o.from == "" {
		return a.planningHere(ctx, func(ctx context.Context, s *studio) error {
			return s.generate(ctx, track, track.Doc.Source, o.instruction)
		})
	}
	return a.planningWith(ctx, policy.Secret, planning.Planner{}, func(ctx context.Context, s *studio) error {
		p, err := s.Add(ctx, track.Path, track.Doc.Source, text)
		if refused := (*planning.RefusedError)(nil); errors.As(err, &refused) {
			for _, problem := range refused.Problems {
				fmt.Fprintf(a.err, "%s:%s\n", o.from, problem)
			}
			return &exitError{code: exitFailed}
		}
		if err != nil {
			return err
		}
		return s.add(ctx, track, p)
	})
}

// readText is a file's text, or that of standard input for "-".
func (a *app) readText(file string) (string, error) { return a.readUpTo(file, maxGoal) }

// readUpTo is readText with a bound of its own, in bytes; what is beyond it is left out.
func (a *app) readUpTo(file string, most int64) (string, error) {
	in := a.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", err
		}
		defer f.Close() //nolint:errcheck // it was only read
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, most))
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", file, err)
	}
	return string(text), nil
}
