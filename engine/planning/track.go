package planning

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/prompts"
	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// TracksDir is where new tracks go.
const TracksDir = ".slop/tracks"

// ErrNoGoal refuses to plan nothing.
var ErrNoGoal = errors.New("there is no goal: say in a sentence what is to be true when the work is done")

// Track turns a goal into a track's document, without tickets: tier 1. Its name is free and comes from the title. Errors
// are ErrNoGoal, a *RefusedError, the provider's, those of a prompt's file, and ctx's; what the calls cost is in the
// proposal beside them too.
func (p *Planner) Track(ctx context.Context, goal string) (Proposal, error) {
	if strings.TrimSpace(goal) == "" {
		return Proposal{}, ErrNoGoal
	}
	p.note("reads the repository")
	seen, err := p.look(ctx)
	if err != nil {
		return Proposal{}, err
	}
	a, err := p.ask(engine.TierOrchestrator, p.Orchestrator, trackForm, prompts.Orchestrator, prompts.Goal, map[string]string{
		"goal": strings.TrimSpace(goal), "agents": seen.agents, "readme": seen.readme, "files": seen.files, "tracks": seen.tracks,
	})
	if err != nil {
		return Proposal{}, err
	}
	var track trackfile.Track
	err = a.converse(ctx, func(b body) (problems []trackfile.Problem) {
		track, problems = readTrack(b)
		return problems
	})
	out := Proposal{Title: track.Title, Cost: a.cost}
	if err != nil {
		return out, err
	}
	out.Text = trackfile.Write(track)
	out.Path, err = p.FreePath(ctx, track.Title)
	return out, err
}

// readTrack reads the track that a reply describes, or says what is wrong with it. Tickets are none of tier 1's business
// and are left out.
func readTrack(b body) (trackfile.Track, []trackfile.Problem) {
	doc := b.parse()
	acceptance := doc.Field("acceptance")
	problems := slices.DeleteFunc(slices.Clone(doc.Problems), func(p trackfile.Problem) bool {
		return p.Code == trackfile.CodeUnknownField && acceptance != nil && acceptance.Key == p.Span || inTickets(doc, p)
	})
	t := trackfile.Track{Title: oneLine(doc.Track.Title), Goal: strings.TrimSpace(doc.Track.Goal), Context: doc.Track.Context, Verify: doc.Track.Verify}
	if errorsOf(problems) == nil {
		problems = append(problems, lacking(t)...)
	}
	if acceptance != nil && len(acceptance.Elements) > 0 {
		t.Goal += "\n\nAcceptance:"
		for _, e := range acceptance.Elements {
			t.Goal += "\n- " + oneLine(e.Text)
		}
	}
	return t, errorsOf(problems)
}

// inTickets says whether a problem lies in the tickets of a reply.
func inTickets(doc *trackfile.Document, p trackfile.Problem) bool {
	f := doc.Field("tickets")
	return f != nil && p.Span.Start >= f.Value.Start && p.Span.End <= f.Value.End
}

// lacking are the problems of a track without the fields that tier 1 is for.
func lacking(t trackfile.Track) []trackfile.Problem {
	var out []trackfile.Problem
	for name, value := range map[string]string{"title": t.Title, "goal": t.Goal} {
		if value == "" {
			out = append(out, trackfile.Problem{
				Line: 1, Column: 1, Severity: trackfile.Error, Code: trackfile.CodeMissing,
				Message: fmt.Sprintf("the answer needs a %q, as text", name),
			})
		}
	}
	slices.SortFunc(out, func(a, b trackfile.Problem) int { return strings.Compare(a.Message, b.Message) })
	return out
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// suffixes are how a track's document may be called.
var suffixes = []string{".track.yaml", ".track.yml", ".track.json"}

// FreePath is a path for a new document with a title: no file is there, and no state that it would inherit.
func (p *Planner) FreePath(ctx context.Context, title string) (string, error) {
	base := TracksDir + "/" + slug(title)
	id := base
	for n := 2; ; n++ {
		free, err := p.free(ctx, id)
		if err != nil {
			return "", err
		}
		if free {
			return id + suffixes[0], nil
		}
		id = fmt.Sprintf("%s-%d", base, n)
	}
}

func (p *Planner) free(ctx context.Context, id string) (bool, error) {
	if p.Taken != nil && p.Taken(engine.TrackID(id)) {
		return false, nil
	}
	for _, suffix := range suffixes {
		_, err := p.Files.Read(ctx, id+suffix)
		switch {
		case err == nil, errors.Is(err, fs.ErrPermission):
			return false, nil
		case !errors.Is(err, fs.ErrNotExist):
			return false, fmt.Errorf("looking for a free name: %w", err)
		}
	}
	return true, nil
}

// maxSlug bounds a file's name, in bytes.
const maxSlug = 48

// reserved are names that some systems keep for devices.
var reserved = []string{"con", "prn", "aux", "nul", "scratch"}

// slug is a title as the name of a file: letters, digits and single dashes.
func slug(title string) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(title) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			dash = false
		case r == '\'' || r == '’':
		default:
			dash = true
		}
	}
	name := b.String()
	if len(name) > maxSlug {
		name = strings.ToValidUTF8(name[:maxSlug], "")
		if i := strings.LastIndexByte(name, '-'); i > maxSlug/2 {
			name = name[:i]
		}
	}
	if name == "" || slices.Contains(reserved, name) {
		name = strings.TrimSuffix("track-"+name, "-")
	}
	return name
}
