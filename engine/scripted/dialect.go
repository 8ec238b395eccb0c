package scripted

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Dialect is in which provider's way a Server speaks: where it listens, how it cuts a stream, where the usage stands, how
// it says an error, and what it insists on. It is still a script that speaks, and says so.
type Dialect string

// The dialects. PlainDialect is OpenAI's as most compatible servers have it.
const (
	PlainDialect     Dialect = ""
	OpenAIDialect    Dialect = "openai"
	GeminiDialect    Dialect = "gemini"
	AnthropicDialect Dialect = "anthropic"
	OllamaDialect    Dialect = "ollama"
)

// base is the path below which a dialect serves.
func (d Dialect) base() string {
	if d == GeminiDialect {
		return "/v1beta/openai"
	}
	return "/v1"
}

// keyless reports whether a dialect takes requests without a key.
func (d Dialect) keyless() bool { return d == PlainDialect || d == OllamaDialect }

// wholeCalls reports whether a call comes in one piece.
func (d Dialect) wholeCalls() bool { return d == GeminiDialect || d == OllamaDialect }

// reasoningField is where reasoning streams.
func (d Dialect) reasoningField() string {
	if d == OllamaDialect {
		return "reasoning"
	}
	return "reasoning_content"
}

// thoughtSignature is what Gemini gives with a call, and wants back with it.
const thoughtSignature = `{"google":{"thought_signature":"c2NyaXB0ZWQ="}}`

// refusal is what a dialect does not take of a request; "" for nothing.
func (d Dialect) refusal(q *Request) string {
	if d != GeminiDialect {
		return ""
	}
	for _, m := range q.Messages {
		if len(m.Calls) > 0 && len(m.Calls[0].Extra) == 0 {
			return "Function call is missing a thought_signature in functionCall parts."
		}
	}
	return ""
}

// error is an error as the dialect writes it.
func (d Dialect) error(status int, e apiError) any {
	switch d {
	case GeminiDialect:
		names := map[int]string{400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}
		return []any{map[string]any{"error": map[string]any{"code": status, "message": e.Message, "status": names[status]}}}
	case AnthropicDialect:
		return map[string]any{"error": map[string]any{"code": e.Type, "message": e.Message, "type": e.Type, "param": nil}}
	case OllamaDialect:
		return map[string]any{"error": e.Message}
	default:
		return map[string]any{"error": e}
	}
}

// usage is a usage as the dialect counts: Gemini leaves reasoning out of the output and has it in the total; Anthropic and
// Ollama give no details.
func (d Dialect) usage(u wireUsage) any {
	switch d {
	case GeminiDialect:
		return map[string]int{
			"prompt_tokens": u.Prompt, "completion_tokens": u.Completion - u.CompletionDetails.Reasoning, "total_tokens": u.Total,
		}
	case AnthropicDialect, OllamaDialect:
		return map[string]int{"prompt_tokens": u.Prompt, "completion_tokens": u.Completion, "total_tokens": u.Total}
	default:
		return u
	}
}

// refuses answers a request that the dialect does not take, and reports whether it did.
func (s *Server) refuses(w http.ResponseWriter, r *http.Request, q *Request) bool {
	d := s.script.Dialect
	if !d.keyless() && r.Header.Get("Authorization") == "" {
		writeJSON(w, http.StatusUnauthorized, d.error(http.StatusUnauthorized, apiError{"no API key was given", "authentication_error", ""}))
		return true
	}
	if msg := d.refusal(q); msg != "" {
		writeJSON(w, http.StatusBadRequest, d.error(http.StatusBadRequest, apiError{msg, "invalid_request_error", ""}))
		return true
	}
	if models := s.script.Models; d != PlainDialect && len(models) > 0 && !knows(models, q.Model) {
		writeJSON(w, http.StatusNotFound, d.error(http.StatusNotFound, apiError{fmt.Sprintf("model %q not found", q.Model), "not_found_error", ""}))
		return true
	}
	return false
}

func knows(models []string, name string) bool {
	for _, m := range models {
		if m == name {
			return true
		}
	}
	return false
}

// extra is what comes with a call.
func (d Dialect) extra(c Call) json.RawMessage {
	if d == GeminiDialect && c.Extra == nil {
		return json.RawMessage(thoughtSignature)
	}
	return c.Extra
}
