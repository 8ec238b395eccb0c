package trackfile

// shape is what a field's value must be.
type shape int

const (
	shapeText  shape = iota
	shapeBlock       // text of several lines, for which trailing line ends do not count
	shapeBool
	shapeList  // of text
	shapePath  // one workspace-relative path
	shapePaths // a list of them
	shapeGlobs
	shapeTickets
)

// FieldInfo documents one field, for completion, hover and the JSON schema.
type FieldInfo struct {
	Name     string
	Doc      string
	Required bool
	shape    shape
}

// TrackFields lists the fields of a track in the order in which they are written.
var TrackFields = []FieldInfo{
	{"title", "What the track is called, in a few words.", false, shapeText},
	{"goal", "What is wanted, and when it counts as reached.", false, shapeBlock},
	{"context", "Files that each worker gets whole; paths within the workspace.", false, shapePaths},
	{"verify", "A shell command that must exit 0 before a ticket is completed.", false, shapeBlock},
	{"tickets", "The tickets, in the order in which they run where nothing else decides.", false, shapeTickets},
}

// TicketFields lists the fields of a ticket in the order in which they are written.
var TicketFields = []FieldInfo{
	{"id", "The ticket's name within the track, such as T1; what depends_on of other tickets says.", true, shapeText},
	{"description", "What the worker is to do.", true, shapeBlock},
	{"target_file", "The file that the ticket is about; a path within the workspace.", false, shapePath},
	{"target_symbols", `The symbols of the target file it is about: "Name" or "Type.Method".`, false, shapeList},
	{"context_requirements", "Files that the worker should see; paths within the workspace.", false, shapePaths},
	{"writes", "Globs of what else the ticket will change; leased together with the target file.", false, shapeGlobs},
	{"depends_on", "Ids of tickets of this track that must be completed first.", false, shapeList},
	{"priority", "Which of several ready tickets runs first; medium when left out, ties run in file order.", false, shapeText},
	{"step_mode", "true: each tool call of the worker is approved by a person.", false, shapeBool},
	{"model_override", "The model to use, whatever the configuration says; it is never escalated.", false, shapeText},
	{"verify", "A shell command that must exit 0 before this ticket is completed; instead of the track's.", false, shapeBlock},
	{"assigned_to", "Who it is assigned to. Shown, never acted on.", false, shapeText},
	{"status", "Where the ticket stands; counts only until the program has a status of its own for it.", false, shapeText},
}

func lookupField(infos []FieldInfo, name string) *FieldInfo {
	for i := range infos {
		if infos[i].Name == name {
			return &infos[i]
		}
	}
	return nil
}

func fieldNames(infos []FieldInfo) []string {
	names := make([]string, len(infos))
	for i, f := range infos {
		names[i] = f.Name
	}
	return names
}
