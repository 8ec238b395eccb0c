package lsp

import (
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	"go.lsp.dev/uri"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/lsp/rpc"
)

// paperScheme is the scheme of read-only documents where the client asks for their text.
const paperScheme = "slop-ls"

// The kinds of paper, each with what stands behind it in its name.
const (
	paperPlan       = "plan"       // track
	paperStatus     = "status"     // track, or nothing for all tracks
	paperTranscript = "transcript" // track, ticket
	paperDiff       = "diff"       // track, ticket: what it delivered, or is about to
	paperUndo       = "undo"       // track, ticket: what an undo of it would change
	paperOutcome    = "outcome"    // track: its whole diff, and a commit message
	paperView       = "view"       // path, kind of view, symbols
	paperInbox      = "inbox"      // nothing; elsewhere than as a virtual document it is a file of its own: approval_inbox.go
)

// paper names a read-only document. Its name is all there is of it, so that a client may ask for one that it showed
// before the daemon was started.
type paper struct {
	kind string
	args []string
}

// paperArgs is how many arguments a kind of paper takes: at least, and at most (-1: any number).
var paperArgs = map[string][2]int{
	paperPlan: {1, 1}, paperStatus: {0, 1}, paperTranscript: {2, 2}, paperDiff: {2, 2}, paperUndo: {2, 2}, paperOutcome: {1, 1}, paperView: {2, -1},
	paperInbox: {0, 0},
}

// track is the track that the paper is about; "" for none.
func (p paper) track() engine.TrackID {
	if p.kind == paperView || len(p.args) == 0 {
		return ""
	}
	return engine.TrackID(p.args[0])
}

// ticket is the ticket that the paper is about.
func (p paper) ticket() engine.TicketKey { return engine.TicketKey{Track: p.track(), ID: p.args[1]} }

// name is the paper as one path of characters that no client and no system spells in another way.
func (p paper) name() string {
	parts := []string{p.kind}
	for _, a := range p.args {
		parts = append(parts, plainSegment(a))
	}
	return strings.Join(parts, "/") + ".md"
}

func (p paper) uri() uri.URI { return uri.URI(paperScheme + ":/" + p.name()) }

// plainSegment writes out, as ~ and two hex digits, all but letters, digits, - and _, and dots within. Nothing is one ~.
func plainSegment(s string) string {
	if s == "" {
		return "~"
	}
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' && i > 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "~%02x", c)
		}
	}
	return b.String()
}

// plainText is what plainSegment was made of.
func plainText(s string) (string, error) {
	if s == "~" {
		return "", nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '~' {
			b.WriteByte(s[i])
			continue
		}
		if i+3 > len(s) {
			return "", fmt.Errorf("%q ends within an escape", s)
		}
		c, err := hex.DecodeString(s[i+1 : i+3])
		if err != nil {
			return "", fmt.Errorf("%q: %w", s, err)
		}
		b.WriteByte(c[0])
		i += 2
	}
	return b.String(), nil
}

// paperAt is the paper that a URI names.
func paperAt(u uri.URI) (paper, error) {
	rest, ours := strings.CutPrefix(string(u), paperScheme+":")
	rest, named := strings.CutSuffix(strings.TrimLeft(rest, "/"), ".md")
	if !ours || !named {
		return paper{}, rpc.Refuse(rpc.InvalidParams, "%q names no document of slop-ls", string(u))
	}
	parts := strings.Split(rest, "/")
	p := paper{kind: parts[0]}
	for _, part := range parts[1:] {
		a, err := plainText(part)
		if err != nil {
			return paper{}, rpc.Refuse(rpc.InvalidParams, "%q names no document of slop-ls: %v", string(u), err)
		}
		p.args = append(p.args, a)
	}
	bounds, known := paperArgs[p.kind]
	if !known || len(p.args) < bounds[0] || bounds[1] >= 0 && len(p.args) > bounds[1] {
		return paper{}, rpc.Refuse(rpc.InvalidParams, "%q names no document of slop-ls", string(u))
	}
	return p, nil
}

// fileName is the name of the file that the paper is written to: what it is about for people, and a hash of all of it,
// because some systems do not tell T1 from t1 and names have a limit.
func (p paper) fileName() string {
	words := []string{p.kind}
	for _, a := range p.args {
		words = append(words, strings.Map(fileRune, path.Base(a)))
	}
	slug := strings.Join(words, "-")
	return slug[:min(len(slug), 60)] + "-" + engine.ContentHash([]byte(p.name()))[:10] + ".md"
}

func fileRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
		return r
	}
	return '-'
}

// title says what the paper is, for a person.
func (p paper) title() string {
	switch p.kind {
	case paperInbox:
		return "what waits for approval"
	case paperView:
		return "the " + p.args[1] + " view of " + p.args[0]
	case paperStatus:
		if len(p.args) == 0 {
			return "the status of all tracks"
		}
		return "the status of " + p.args[0]
	case paperTranscript, paperDiff:
		return "the " + p.kind + " of " + p.args[1]
	case paperUndo:
		return "what an undo of " + p.args[1] + " changes"
	case paperOutcome:
		return "what " + p.args[0] + " has changed"
	default:
		return "the " + p.kind + " of " + p.args[0]
	}
}

func (p paper) equal(o paper) bool { return p.kind == o.kind && slices.Equal(p.args, o.args) }
