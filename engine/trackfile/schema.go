package trackfile

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/google/jsonschema-go/jsonschema"
)

// Schema is the JSON schema of a track document, in both of its forms, for editors that check files by one.
// It is generated from the types by GenerateSchema; a test fails when it is stale.
//
//go:embed track.schema.json
var Schema []byte

// GenerateSchema is the schema as it follows from Track, Ticket and the documentation of their fields.
func GenerateSchema() ([]byte, error) {
	ticket, err := jsonschema.For[Ticket](nil)
	if err != nil {
		return nil, fmt.Errorf("deriving the schema of a ticket: %w", err)
	}
	track, err := jsonschema.For[Track](nil)
	if err != nil {
		return nil, fmt.Errorf("deriving the schema of a track: %w", err)
	}
	describe(ticket, TicketFields)
	describe(track, TrackFields)
	ticket.Properties["priority"].Enum = enum(Priorities)
	ticket.Properties["status"].Enum = enum(Statuses)
	ticket.Properties["id"].MaxLength = new(maxID)
	tickets := &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{Ref: "#/$defs/ticket"}}
	track.Properties["tickets"] = tickets.CloneSchemas()
	track.Properties["tickets"].Description = lookupField(TrackFields, "tickets").Doc
	track.Properties["$schema"] = &jsonschema.Schema{Type: "string", Description: "Where this schema is, for editors."}
	track.Required = nil
	root := &jsonschema.Schema{
		Schema: "https://json-schema.org/draft/2020-12/schema",
		Title:  "A slop-ls track", Description: "A track with its tickets, or a list of tickets alone.",
		AnyOf: []*jsonschema.Schema{{Ref: "#/$defs/track"}, tickets},
		Defs:  map[string]*jsonschema.Schema{"track": track, "ticket": ticket},
	}
	out, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the schema: %w", err)
	}
	return append(out, '\n'), nil
}

// describe adds the documentation, and takes back that Go's slices may be nil, which documents cannot say.
func describe(s *jsonschema.Schema, infos []FieldInfo) {
	for _, f := range infos {
		p := s.Properties[f.Name]
		p.Description = f.Doc
		if p.Items != nil {
			p.Type, p.Types = "array", nil
		}
		if f.Required {
			p.MinLength = new(1)
		}
	}
}

func enum[T any](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}
