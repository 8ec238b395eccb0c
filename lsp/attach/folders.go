package attach

import (
	"encoding/json"
	"slices"
)

// folders is how the workspace folders differ from those of initialize.
type folders struct {
	initial        []folder
	added, removed []folder
}

type folder struct {
	URI  string `json:"uri"`
	Name string `json:"name"`
}

type foldersEvent struct {
	Event struct {
		Added   []folder `json:"added"`
		Removed []folder `json:"removed"`
	} `json:"event"`
}

// first takes the folders of an initialize request.
func (f *folders) first(initialize []byte) {
	var p struct {
		Params struct {
			WorkspaceFolders []folder `json:"workspaceFolders"`
		} `json:"params"`
	}
	if json.Unmarshal(initialize, &p) == nil {
		f.initial = p.Params.WorkspaceFolders
	}
}

// change takes the parameters of didChangeWorkspaceFolders. What cannot be read changes nothing, as in the server.
func (f *folders) change(params []byte) {
	var p foldersEvent
	if json.Unmarshal(params, &p) != nil {
		return
	}
	for _, gone := range p.Event.Removed {
		f.added = without(f.added, gone)
		if contains(f.initial, gone) && !contains(f.removed, gone) {
			f.removed = append(f.removed, gone)
		}
	}
	for _, come := range p.Event.Added {
		f.removed = without(f.removed, come)
		if !contains(f.initial, come) && !contains(f.added, come) {
			f.added = append(f.added, come)
		}
	}
}

// tell is the one notification that brings a daemon from the folders of initialize to those of now, or nil.
func (f *folders) tell() []byte {
	if len(f.added)+len(f.removed) == 0 {
		return nil
	}
	var p foldersEvent
	p.Event.Added, p.Event.Removed = append([]folder{}, f.added...), append([]folder{}, f.removed...)
	return encode("workspace/didChangeWorkspaceFolders", p)
}

func contains(list []folder, f folder) bool {
	return slices.ContainsFunc(list, func(g folder) bool { return g.URI == f.URI })
}

func without(list []folder, f folder) []folder {
	return slices.DeleteFunc(list, func(g folder) bool { return g.URI == f.URI })
}
