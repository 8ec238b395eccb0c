// Package prompts gives what the models of all tiers are told: defaults that are built in, and files by which a person
// replaces them. A file takes the place of a whole prompt; the layer that is named last wins. It is read each time that it
// is asked for, so that an edit counts from the next call on. A file that is wrong is an error that names its line, and
// never falls back to another text without a word.
//
// A prompt is plain text with fields: {{goal}} stands for a field, and what lies between {{#goal}} and {{/goal}} is left
// out where that field is empty. A line that holds nothing but one of these marks leaves no line behind. \{{ is {{ itself.
package prompts

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

//go:embed *.md
var defaults embed.FS

// Name names a prompt: that of its file, without .md.
type Name string

// The prompts. Those without a task's own words are sent as the system's message.
const (
	Orchestrator Name = "orchestrator"
	Goal         Name = "orchestrator_goal"
	TechLead     Name = "tech_lead"
	Track        Name = "tech_lead_track"
	Mend         Name = "planning_mend"
	Worker       Name = "worker"
	QA           Name = "qa"
)

// Field is something that a prompt can name.
type Field struct{ Name, Doc string }

// Info is what a person needs to know to write a prompt of their own.
type Info struct {
	Name   Name
	Tier   int
	Doc    string
	Fields []Field
}

// Infos lists the prompts in the order of the tiers. It is the caller's to keep.
func Infos() []Info { return slices.Clone(infos) }

var infos = []Info{
	{Orchestrator, 1, "what the orchestrator is: it turns a goal into a track", nil},
	{Goal, 1, "the goal, and the repository around it", []Field{
		{"goal", "the person's words"},
		{"agents", "the repository's AGENTS.md"},
		{"readme", "the head of its README"},
		{"files", "its files, or where there are too many its folders"},
		{"tracks", "the tracks that are there already"},
	}},
	{TechLead, 2, "what the tech lead is: it breaks a track into tickets", nil},
	{Track, 2, "the track, and the code around it", []Field{
		{"track", "the track's document as it is now"},
		{"next_id", "the first id that no ticket has"},
		{"instruction", "what the person said about the tickets"},
		{"agents", "the repository's AGENTS.md"},
		{"files", "its files, or where there are too many its folders"},
		{"code", "skeletons of what the track is likely to touch"},
	}},
	{Mend, 2, "what is wrong with a reply of tier 1 or 2, which is to be sent again", []Field{
		{"problems", "the diagnostics, one a line, as `slop-ls track check` prints them"}, {"left", "how often it may still be sent"},
	}},
	{Worker, 3, "what a worker is; its ticket follows as the person approved it", []Field{
		{"ticket", "the ticket's id"},
		{"track", "the track's title"},
		{"goal", "the track's goal"},
		{"model", "the worker's model"},
		{"verify", "the command that decides whether the ticket is completed"},
	}},
	{QA, 4, "what reads the output of a failed command", []Field{
		{"ticket", "the ticket's id"}, {"command", "the command that failed"},
	}},
}

// Find is the prompt with the name; false for a name that is none.
func Find(name string) (Info, bool) {
	i := slices.IndexFunc(infos, func(p Info) bool { return string(p.Name) == name })
	if i < 0 {
		return Info{}, false
	}
	return infos[i], true
}

// Nearest is the prompt most like a name that is none; "" where none is like it.
func Nearest(name string) string {
	names := make([]string, len(infos))
	for i, p := range infos {
		names[i] = string(p.Name)
	}
	return trackfile.Nearest(name, names)
}

// Layer is a folder of prompts.
type Layer struct {
	Name string // for people: "user", "workspace"
	Dir  string // as people write it
	FS   fs.FS  // that folder; it need not exist
}

// BuiltIn is the name of the layer below all others.
const BuiltIn = "built in"

// Set is the prompts of some layers, the last of which wins. The zero value is the defaults alone. It is safe for
// concurrent use if its layers are.
type Set struct{ Layers []Layer }

// Source is a prompt as it stands.
type Source struct {
	Name  Name
	Layer string // BuiltIn, or that of the layer
	File  string // as people write it; "" where it is built in
	Text  string
}

// MaxSize bounds a prompt's file, in bytes.
const MaxSize = 64 << 10

// Source finds the prompt that counts. An error names the file that cannot be read, or is no prompt.
func (s Set) Source(name Name) (Source, error) {
	for _, l := range slices.Backward(s.Layers) {
		file := path.Join(l.Dir, string(name)+".md")
		text, err := read(l.FS, string(name)+".md")
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return Source{}, fmt.Errorf("reading the prompt %s: %w", file, err)
		case strings.TrimSpace(text) == "":
			return Source{}, &Error{File: file, Line: 1, Msg: "the prompt is empty: delete the file to have the built-in one"}
		}
		return Source{name, l.Name, file, text}, nil
	}
	text, err := read(defaults, string(name)+".md")
	if err != nil {
		return Source{}, fmt.Errorf("there is no prompt %s: %w", name, err)
	}
	return Source{name, BuiltIn, "", text}, nil
}

var errTooLarge = fmt.Errorf("it is larger than %d KiB: shorten it", MaxSize>>10)

// read is a file's text with plain line ends.
func read(fsys fs.FS, name string) (string, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return "", err
	}
	if len(data) > MaxSize {
		return "", errTooLarge
	}
	return strings.ReplaceAll(strings.TrimPrefix(string(data), "\ufeff"), "\r\n", "\n"), nil
}

// Prompt is the prompt that counts, with its fields filled in. Errors are an *Error with the file and the line, or say
// which file cannot be read.
func (s Set) Prompt(name string, fields map[string]string) (string, error) {
	src, err := s.Source(Name(name))
	if err != nil {
		return "", err
	}
	return src.Fill(fields)
}

// Check says what is wrong with the prompt: nil, or an *Error.
func (s Source) Check() error {
	_, err := s.Fill(nil)
	return err
}
