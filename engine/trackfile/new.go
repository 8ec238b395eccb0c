package trackfile

import "strings"

// New is the text of a fresh track document: the title, the goal and, in comments, what a ticket may have. It
// parses without a problem. An empty title or goal is left to be filled in.
func New(title, goal string) []byte {
	const head = `# A track: what is wanted, as tickets that depend on each other.
# Check it with: slop-ls track check FILE
`
	return []byte(head + intent(title, goal) + skeleton)
}

// Bare is the text of a fresh track document without the comments that help a person to write one: a program fills it.
func Bare(title, goal string) []byte { return []byte(intent(title, goal) + "tickets: []\n") }

// intent is the two lines, or more, that say what a track is for.
func intent(title, goal string) string {
	return "title: " + quoteYAML(oneLine(title)) + "\n" +
		"goal: " + scalarYAML(strings.TrimRight(goal, "\r\n"), "  ", "\n") + "\n"
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

const skeleton = `context: []                # files that each worker gets whole
# verify: go test ./...    # must exit 0 before a ticket is completed
tickets: []
#  - id: T1
#    description: What the worker is to do
#    target_file: path/to/file.go
#    target_symbols: [Name, Type.Method]
#    context_requirements: [path/to/other.go]
#    writes: [path/to/*.go]         # what else it will change
#    depends_on: []                 # ids of tickets that must be completed first
#    priority: medium               # high, medium or low
#    step_mode: false               # true: a person approves each tool call
`
