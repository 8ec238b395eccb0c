package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/trackfile"
	"github.com/slop-ls/slop-ls/engine/trackfile/foreign"
)

// foreignFormat is how another program writes its plans.
type foreignFormat string

const (
	formatBeads     foreignFormat = "beads"     // .beads/issues.jsonl
	formatConductor foreignFormat = "conductor" // a folder in conductor/tracks
)

func trackImportCommand(a *app) *cobra.Command {
	var format, name string
	cmd := &cobra.Command{
		Use:   "import FILE|DIR",
		Short: "Make a track of a plan of another program: Beads, or Gemini's conductor extension",
		Long: "Make a track of a plan of another program. It is told by looking, or by --format:\n\n" +
			"  beads      a file of JSON lines, such as .beads/issues.jsonl (-: standard input)\n" +
			"  conductor  a folder such as conductor/tracks/ID, or the plan.md in it\n\n" +
			"What cannot be carried is said on standard error. Nothing runs. (`slop-ls import` is for what `slop-ls export` wrote.)",
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.trackImport(cmd.Context(), args[0], foreignFormat(format), name)
		},
	}
	cmd.Flags().StringVar(&format, "format", "", "`beads|conductor`")
	cmd.Flags().StringVar(&name, "name", "", "the track's `name` (default: of the folder or the file)")
	return cmd
}

func trackExportCommand(a *app) *cobra.Command {
	var format, to string
	cmd := &cobra.Command{
		Use:   "export TRACK",
		Short: "Write a track as a plan of another program: Beads, or Gemini's conductor extension",
		Long: "Write a track as a plan of another program, with the statuses that its tickets have now. Beads' JSON lines go to\n" +
			"standard output, the conductor's folder to conductor/tracks/NAME; --to names another place. Nothing is overwritten,\n" +
			"and what cannot be carried is said on standard error.",
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.trackExport(cmd.Context(), args[0], foreignFormat(format), to)
		},
	}
	cmd.Flags().StringVar(&format, "format", "", "`beads|conductor`")
	cmd.Flags().StringVar(&to, "to", "", "the `file`, or the conductor's folder, to be made")
	return cmd
}

// known refuses a format that is none; "" is to be told by looking, where that is possible.
func (f foreignFormat) known(looking bool) error {
	if f == formatBeads || f == formatConductor || looking && f == "" {
		return nil
	}
	return usageError(fmt.Sprintf("--format is beads or conductor, not %q", string(f)))
}

// trackImport writes a new document; it never overwrites.
func (a *app) trackImport(ctx context.Context, source string, format foreignFormat, name string) error {
	if err := format.known(true); err != nil {
		return err
	}
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	track, list, base, err := a.readForeign(root, source, format)
	for _, n := range list {
		fmt.Fprintf(a.err, "slop-ls: %s\n", n)
	}
	if err != nil {
		return fmt.Errorf("importing %s: %w", source, err)
	}
	if name == "" {
		name = base
	}
	if name == "" || strings.ContainsAny(name, `/\`) || strings.HasPrefix(name, ".") {
		return usageError(fmt.Sprintf("%q is no name of a track: give one with --name", name))
	}
	path := filepath.Join(root, ".slop", "tracks", name+".track.yaml")
	if err := writeNew(path, trackfile.Write(track)); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"track": ".slop/tracks/" + name, "file": path, "tickets": len(track.Tickets), "notes": len(list)})
	}
	fmt.Fprintf(a.out, "%s: %d tickets; review it, then `slop-ls track check` and `slop-ls run` it\n", path, len(track.Tickets))
	return nil
}

// maxForeign bounds what is read of a plan.
const maxForeign = 64 << 20

// readForeign reads a plan, whose format is told by looking where it is not given. base is what it could be called.
func (a *app) readForeign(root, source string, format foreignFormat) (t trackfile.Track, list []foreign.Note, base string, err error) {
	if source == "-" {
		text, err := a.readUpTo(source, maxForeign)
		if err != nil {
			return t, nil, "", err
		}
		t, list, err = foreign.Beads("Beads", []byte(text))
		return t, list, "", err
	}
	info, err := os.Stat(source)
	if err != nil {
		return t, nil, "", err
	}
	dir := source
	if !info.IsDir() {
		if format != formatConductor && !strings.EqualFold(filepath.Ext(source), ".md") {
			text, err := a.readUpTo(source, maxForeign)
			if err != nil {
				return t, nil, "", err
			}
			t, list, err = foreign.Beads(beadsName(source), []byte(text))
			return t, list, beadsName(source), err
		}
		dir = filepath.Dir(source)
	} else if beads := filepath.Join(source, "issues.jsonl"); format != formatConductor && isFile(source, "issues.jsonl") {
		return a.readForeign(root, beads, formatBeads)
	}
	if format == formatBeads {
		return t, nil, "", foreign.ErrNotBeads
	}
	return readConductor(root, dir)
}

// beadsName is what a track of Beads' issues is called: after the folder that .beads is in.
func beadsName(source string) string {
	abs, err := filepath.Abs(source)
	if err != nil {
		abs = source
	}
	dir := filepath.Dir(abs)
	if filepath.Base(dir) == ".beads" {
		return filepath.Base(filepath.Dir(dir))
	}
	return strings.TrimSuffix(filepath.Base(abs), filepath.Ext(abs))
}

// readConductor reads a folder of the conductor's. Its spec.md is a context file where it lies in the workspace.
func readConductor(root, dir string) (t trackfile.Track, list []foreign.Note, base string, err error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return t, nil, "", fmt.Errorf("finding %s: %w", dir, err)
	}
	c := foreign.ConductorTrack{ID: filepath.Base(abs)}
	for name, text := range map[string]*[]byte{"plan.md": &c.Plan, "spec.md": &c.Spec, "metadata.json": &c.Metadata} {
		*text, err = os.ReadFile(filepath.Join(abs, name))
		if err != nil && (name == "plan.md" || !errors.Is(err, fs.ErrNotExist)) {
			return t, nil, "", err
		}
	}
	if spec, err := workspacePath(root, filepath.Join(abs, "spec.md")); err == nil {
		c.SpecPath = spec
	}
	t, list, err = foreign.Conductor(c)
	return t, list, c.ID, err
}

// trackExport writes a track for another program.
func (a *app) trackExport(ctx context.Context, name string, format foreignFormat, to string) error {
	if err := format.known(false); err != nil {
		return err
	}
	root, snap, err := a.stored(ctx)
	if err != nil {
		return err
	}
	doc, err := a.goodTrack(ctx, root, name)
	if err != nil {
		return err
	}
	track := withStatus(doc.Doc.Track, snap, doc.ID)
	var list []foreign.Note
	switch format {
	case formatBeads:
		list, err = a.exportBeads(track, to)
	case formatConductor:
		list, err = a.exportConductor(root, track, filepath.Base(string(doc.ID)), to)
	}
	for _, n := range list {
		fmt.Fprintf(a.err, "slop-ls: %s\n", n)
	}
	return err
}

// withStatus is a track whose tickets say where they stand now.
func withStatus(t trackfile.Track, snap *engine.Snapshot, id engine.TrackID) trackfile.Track {
	t.Tickets = append([]trackfile.Ticket{}, t.Tickets...)
	for i := range t.Tickets {
		if now, ok := snap.Ticket(engine.TicketKey{Track: id, ID: t.Tickets[i].ID}); ok {
			t.Tickets[i].Status = trackfile.Status(now.Status)
		}
	}
	return t
}

func (a *app) exportBeads(t trackfile.Track, to string) ([]foreign.Note, error) {
	lines, list, err := foreign.WriteBeads(t, time.Now())
	switch {
	case err != nil:
	case to == "" || to == "-":
		_, err = bytes.NewReader(lines).WriteTo(a.out)
	default:
		err = writeNew(to, lines)
	}
	return list, err
}

func (a *app) exportConductor(root string, t trackfile.Track, name, to string) ([]foreign.Note, error) {
	if to == "" {
		to = filepath.Join(root, "conductor", "tracks", name)
	}
	c, list, err := foreign.WriteConductor(t, filepath.Base(to), time.Now())
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(to); err == nil {
		return nil, fmt.Errorf("%s exists already: choose another folder with --to", to)
	}
	for _, f := range []struct {
		name string
		text []byte
	}{{"plan.md", c.Plan}, {"spec.md", c.Spec}, {"metadata.json", c.Metadata}} {
		if err := writeNew(filepath.Join(to, f.name), f.text); err != nil {
			return list, err
		}
	}
	_, err = fmt.Fprintf(a.out, "%s: plan.md, spec.md, metadata.json\n", to)
	return list, err
}
