package scripted

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Dialect is in which provider's way a Server speaks: where it listens, how it cuts a stream, where the usage stands, how
// it says an error, and what it insists on. It is still a script that speaks, and says so.
type Dialect string

// The dialects. PlainDialect is OpenAI's as most compatible servers have it. ResponsesDialect is OpenAI's for models that
// are asked by the Responses API alone; that API is also served by PlainDialect, OpenAIDialect and AzureDialect.
const (
	PlainDialect      Dialect = ""
	OpenAIDialect     Dialect = "openai"
	ResponsesDialect  Dialect = "responses"
	AzureDialect      Dialect = "azure"
	GeminiDialect     Dialect = "gemini"
	AnthropicDialect  Dialect = "anthropic"
	DeepSeekDialect   Dialect = "deepseek"
	OpenRouterDialect Dialect = "openrouter"
	OllamaDialect     Dialect = "ollama"
	LlamaCppDialect   Dialect = "llamacpp"
	VLLMDialect       Dialect = "vllm"
)

// traits are what is particular about a dialect.
type traits struct {
	base       string // below which it serves; "": /v1, "/": whatever it serves stands in routes
	keyHeader  string // of the key; "": Authorization
	keyless    bool   // it takes requests without a key
	wholeCalls bool   // a call comes in one piece
	reasoning  string // the field in which reasoning streams; "": reasoning_content
	comment    string // said again and again before the reply
	lastUsage  bool   // usage comes with the finish reason, in no chunk of its own
	preamble   bool   // the first chunk has no choices
	responses  bool   // it serves the Responses API
	details    bool   // reasoning streams a second time as reasoning_details
}

var allTraits = map[Dialect]traits{
	PlainDialect:      {keyless: true, responses: true},
	OpenAIDialect:     {responses: true},
	ResponsesDialect:  {responses: true},
	AzureDialect:      {base: "/", keyHeader: "api-key", preamble: true, responses: true},
	GeminiDialect:     {base: "/v1beta/openai", wholeCalls: true},
	AnthropicDialect:  {},
	DeepSeekDialect:   {comment: "keep-alive", lastUsage: true},
	OpenRouterDialect: {base: "/api/v1", reasoning: "reasoning", comment: "OPENROUTER PROCESSING", details: true},
	OllamaDialect:     {keyless: true, wholeCalls: true, reasoning: "reasoning"},
	LlamaCppDialect:   {keyless: true},
	VLLMDialect:       {keyless: true, reasoning: "reasoning"},
}

func (d Dialect) traits() traits { return allTraits[d] }

// known reports whether there is such a dialect.
func (d Dialect) known() bool { _, ok := allTraits[d]; return ok }

// base is the path below which a dialect serves.
func (d Dialect) base() string {
	switch base := d.traits().base; base {
	case "":
		return "/v1"
	case "/":
		return ""
	default:
		return base
	}
}

// places are the paths below which a dialect serves.
func (d Dialect) places() []string {
	if d == AzureDialect {
		return []string{"/openai", "/openai/v1"}
	}
	return []string{d.base()}
}

// reasoningField is where reasoning streams.
func (d Dialect) reasoningField() string {
	if field := d.traits().reasoning; field != "" {
		return field
	}
	return "reasoning_content"
}

// thoughtSignature is what Gemini gives with a call, and wants back with it.
const thoughtSignature = `{"google":{"thought_signature":"c2NyaXB0ZWQ="}}`

// refusal is what a dialect does not take of a request; "" for nothing.
func (d Dialect) refusal(q *Request) string {
	switch d {
	case GeminiDialect:
		if slices.ContainsFunc(q.Messages, func(m Message) bool { return len(m.Calls) > 0 && len(m.Calls[0].Extra) == 0 }) {
			return "Function call is missing a thought_signature in functionCall parts."
		}
	case DeepSeekDialect:
		if slices.ContainsFunc(q.Messages, func(m Message) bool { return len(m.Calls) > 0 && m.Reasoning == nil }) {
			return "The `reasoning_content` in the thinking mode must be passed back to the API."
		}
	default: // it takes all
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
	case AzureDialect:
		return map[string]any{"error": map[string]any{"code": azureCode(status, e), "message": e.Message}}
	case OpenRouterDialect:
		return map[string]any{"error": map[string]any{"code": status, "message": e.Message, "metadata": map[string]any{}}, "user_id": "scripted"}
	case LlamaCppDialect:
		return map[string]any{"error": map[string]any{"code": status, "message": e.Message, "type": llamaType(e)}}
	case VLLMDialect:
		return map[string]any{"object": "error", "message": e.Message, "type": "BadRequestError", "param": nil, "code": status}
	default:
		return map[string]any{"error": e}
	}
}

func azureCode(status int, e apiError) string {
	switch {
	case e.Code != "":
		return e.Code
	case status == http.StatusNotFound:
		return "DeploymentNotFound"
	}
	return strconv.Itoa(status)
}

func llamaType(e apiError) string {
	if e.Code == "context_length_exceeded" {
		return "exceed_context_size_error"
	}
	return e.Type
}

// usage is a usage as the dialect counts: Gemini leaves reasoning out of the output and has it in the total; DeepSeek has
// its own word for what was cached; some give no details.
func (d Dialect) usage(u wireUsage) any {
	plain := map[string]int{"prompt_tokens": u.Prompt, "completion_tokens": u.Completion, "total_tokens": u.Total}
	switch d {
	case GeminiDialect:
		plain["completion_tokens"] = u.Completion - u.CompletionDetails.Reasoning
		return plain
	case AnthropicDialect, OllamaDialect, LlamaCppDialect, VLLMDialect:
		return plain
	case DeepSeekDialect:
		plain["prompt_cache_hit_tokens"] = u.PromptDetails.Cached
		plain["prompt_cache_miss_tokens"] = u.Prompt - u.PromptDetails.Cached
		return plain
	default:
		return u
	}
}

// refuses answers a request that the dialect does not take, and reports whether it did.
func (s *Server) refuses(w http.ResponseWriter, r *http.Request, q *Request) bool {
	d := s.script.Dialect
	say := func(status int, e apiError) bool {
		writeJSON(w, status, d.error(status, e))
		return true
	}
	if !d.traits().keyless && r.Header.Get(d.keyHeader()) == "" {
		return say(http.StatusUnauthorized, apiError{"no API key was given", "authentication_error", ""})
	}
	if d == AzureDialect && r.URL.Query().Get("api-version") == "" && !strings.HasPrefix(r.URL.Path, "/openai/v1/") {
		return say(http.StatusNotFound, apiError{"Resource not found", "", "404"})
	}
	if models := s.script.Models; d != PlainDialect && len(models) > 0 && !slices.Contains(models, q.Model) {
		return say(http.StatusNotFound, apiError{fmt.Sprintf("model %q not found", q.Model), "not_found_error", ""})
	}
	if d == ResponsesDialect && !q.responses {
		return say(http.StatusNotFound, apiError{"This model is only supported in v1/responses and not in v1/chat/completions.", "invalid_request_error", ""})
	}
	if msg := d.refusal(q); msg != "" {
		return say(http.StatusBadRequest, apiError{msg, "invalid_request_error", ""})
	}
	return false
}

func (d Dialect) keyHeader() string {
	if h := d.traits().keyHeader; h != "" {
		return h
	}
	return "Authorization"
}

// extra is what comes with a call.
func (d Dialect) extra(c Call) json.RawMessage {
	if d == GeminiDialect && c.Extra == nil {
		return json.RawMessage(thoughtSignature)
	}
	return c.Extra
}
