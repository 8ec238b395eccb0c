package planning

import (
	"encoding/json"

	"github.com/slop-ls/slop-ls/engine"
)

// The forms of replies, for providers that hold a model to one. They say no more than the prompts do, and every field is
// required, as some providers want it: an empty one counts as left out.
var (
	trackForm = &engine.Form{Name: "track", Schema: object(map[string]any{
		"title": plainText, "goal": plainText, "acceptance": plainTexts, "context": plainTexts, "verify": plainText,
	}, "title", "goal", "acceptance", "context", "verify")}

	ticketsForm = &engine.Form{Name: "tickets", Schema: object(map[string]any{
		"tickets": map[string]any{"type": "array", "items": object(map[string]any{
			"id": plainText, "description": plainText, "target_file": plainText, "target_symbols": plainTexts, "context_requirements": plainTexts,
			"writes": plainTexts, "depends_on": plainTexts, "priority": map[string]any{"type": "string", "enum": []string{"high", "medium", "low"}},
			"step_mode": map[string]any{"type": "boolean"}, "verify": plainText,
		}, "id", "description", "target_file", "target_symbols", "context_requirements", "writes", "depends_on", "priority", "step_mode", "verify")},
	}, "tickets")}

	plainText  = map[string]any{"type": "string"}
	plainTexts = map[string]any{"type": "array", "items": plainText}
)

// object is the schema of an object with exactly these properties.
func object(properties map[string]any, required ...string) json.RawMessage {
	raw, err := json.Marshal(map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false})
	if err != nil {
		panic(err) // maps of strings always encode
	}
	return raw
}
