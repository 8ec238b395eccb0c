package openai

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/slop-ls/slop-ls/engine"
)

// apiError is what a provider says went wrong, whichever of the many shapes it says it in.
type apiError struct {
	message string
	code    string // its code, status or type, the most telling first, joined by spaces
	status  int    // a code that is an HTTP status
	retry   time.Duration
}

// parseAPIError reads an error out of JSON: {"error": {…}}, {"error": "…"}, a list of one of these (Gemini), and
// {"type": "error", "message": …} or {"object": "error", …}. With loose, when nothing but an error is to be expected,
// {"message": …} and {"detail": …} too.
func parseAPIError(data []byte, loose bool) (apiError, bool) {
	data = bytes.TrimSpace(data)
	if bytes.HasPrefix(data, []byte("[")) {
		var list []json.RawMessage
		if json.Unmarshal(data, &list) != nil || len(list) == 0 {
			return apiError{}, false
		}
		data = list[0]
	}
	var obj map[string]json.RawMessage
	if json.Unmarshal(data, &obj) != nil {
		return apiError{}, false
	}
	if inner := obj["error"]; len(inner) > 0 && string(inner) != "null" && string(inner) != "false" {
		return readError(inner), true
	}
	loose = loose || text(obj["type"]) == "error" || text(obj["object"]) == "error"
	if loose && (obj["message"] != nil || obj["detail"] != nil) {
		return readError(data), true
	}
	return apiError{}, false
}

func readError(data json.RawMessage) apiError {
	var obj map[string]json.RawMessage
	if json.Unmarshal(data, &obj) != nil {
		return apiError{message: text(data)}
	}
	e := apiError{message: text(obj["message"]), retry: retryDelay(obj["details"])}
	if e.message == "" {
		e.message = text(obj["detail"])
	}
	var codes []string
	for _, field := range []string{"code", "status", "type"} {
		c := text(obj[field])
		if n, err := strconv.Atoi(c); err == nil && n >= 400 && n < 600 && e.status == 0 {
			e.status = n
		} else if c != "" {
			codes = append(codes, c)
		}
	}
	e.code = strings.Join(codes, " ")
	return e
}

// text is a JSON string's value; of anything else the JSON itself, of null nothing.
func text(data json.RawMessage) string {
	var s *string
	switch {
	case len(data) == 0:
		return ""
	case json.Unmarshal(data, &s) != nil:
		return string(data)
	case s == nil:
		return ""
	}
	return *s
}

// retryDelay reads the pause that Gemini asks for in the details of an error.
func retryDelay(details json.RawMessage) time.Duration {
	var list []struct {
		RetryDelay string `json:"retryDelay"`
	}
	if json.Unmarshal(details, &list) != nil {
		return 0
	}
	for _, d := range list {
		if pause, err := time.ParseDuration(d.RetryDelay); err == nil {
			return max(pause, 0)
		}
	}
	return 0
}

// statusFailure types a response with an error status. body is its beginning.
func statusFailure(resp *http.Response, body []byte, now time.Time) *failure {
	e, ok := parseAPIError(body, true)
	if !ok {
		e.message = pageText(body)
	}
	f := e.failure(resp.StatusCode)
	f.msg = fmt.Sprintf("HTTP %d: %s", resp.StatusCode, f.msg)
	if pause := retryAfter(resp.Header, now); pause > 0 {
		f.retryAfter = pause
	}
	return f
}

// failure types the error of a response with a status, or of an event in a stream, whose own status is then 200.
func (e apiError) failure(status int) *failure {
	inStream := status == http.StatusOK
	if inStream && e.status != 0 {
		status = e.status
	}
	f := &failure{kind: kindOf(status), status: status, retryAfter: e.retry, msg: e.message}
	if f.msg == "" {
		f.msg = strings.TrimSpace(e.code + " " + http.StatusText(status))
	}
	if kind, ok := kindOfCode(e.code); ok && (inStream || kind == engine.ProviderTooLarge) {
		f.kind = kind
	}
	if f.kind == engine.ProviderBadRequest {
		f.kind = kindOfProse(strings.ToLower(e.message))
	}
	f.final = f.kind == engine.ProviderRateLimited && strings.Contains(e.code, "insufficient_quota")
	return f
}

func kindOf(status int) engine.ProviderErrorKind {
	switch {
	case status == 401, status == 402, status == 403:
		return engine.ProviderAuth
	case status == 413:
		return engine.ProviderTooLarge
	case status == 429:
		return engine.ProviderRateLimited
	case status == 408, status == 409, status == 425, status >= 500, status == http.StatusOK:
		return engine.ProviderServer
	}
	return engine.ProviderBadRequest
}

// codeKinds are the words that providers use for a code, a status or a type, by what they begin with or hold.
var codeKinds = []struct {
	word string
	kind engine.ProviderErrorKind
}{
	{"context_length_exceeded", engine.ProviderTooLarge},
	{"exceed_context_size", engine.ProviderTooLarge},
	{"request_too_large", engine.ProviderTooLarge},
	{"rate_limit", engine.ProviderRateLimited},
	{"insufficient_quota", engine.ProviderRateLimited},
	{"RESOURCE_EXHAUSTED", engine.ProviderRateLimited},
	{"invalid_api_key", engine.ProviderAuth},
	{"authentication", engine.ProviderAuth},
	{"permission", engine.ProviderAuth},
	{"invalid_request", engine.ProviderBadRequest},
	{"INVALID_ARGUMENT", engine.ProviderBadRequest},
}

func kindOfCode(code string) (engine.ProviderErrorKind, bool) {
	for _, c := range codeKinds {
		if strings.Contains(code, c.word) {
			return c.kind, true
		}
	}
	return "", false
}

// kindOfProse reads the lower-case message of a request that was refused as such, since half of the providers have no
// code for a context that does not fit, and Gemini none for a key that is wrong. A wrong guess changes a kind, never a
// retry.
func kindOfProse(message string) engine.ProviderErrorKind {
	for _, s := range []string{
		"context length", "context window", "context size", "maximum context", "prompt is too long", "too many tokens",
		"input token count", "maximum number of tokens", "input is too long",
	} {
		if strings.Contains(message, s) {
			return engine.ProviderTooLarge
		}
	}
	if strings.Contains(message, "api key not valid") || strings.Contains(message, "api key expired") {
		return engine.ProviderAuth
	}
	return engine.ProviderBadRequest
}

// pageText is what a body that is no JSON error says: a page's title, else its text.
func pageText(body []byte) string {
	s := string(body)
	low := strings.ToLower(s)
	_, rest, ok := strings.Cut(low, "<title>")
	if title, _, closed := strings.Cut(rest, "</title>"); ok && closed && len(low) == len(s) {
		at := strings.Index(low, "<title>") + len("<title>")
		return "a page: " + s[at:at+len(title)]
	}
	if strings.HasPrefix(strings.TrimSpace(low), "<") {
		return "a page instead of an answer: check base_url"
	}
	if strings.TrimSpace(s) == "" {
		return "an empty answer"
	}
	return s
}

// retryAfter reads how long a response asks to wait: Retry-After in seconds or as a date, taken by the server's own
// clock where it tells it, or retry-after-ms. 0: it does not ask.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		return seconds(ms / 1000)
	}
	v := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseFloat(v, 64); err == nil {
		return seconds(s)
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	if server, err := http.ParseTime(h.Get("Date")); err == nil {
		now = server
	}
	return max(at.Sub(now), 0)
}

// seconds is a duration between 0 and a year, which no one waits for.
func seconds(s float64) time.Duration {
	const year = 365 * 24 * 3600
	if !(s > 0) { // nor NaN
		return 0
	}
	return time.Duration(min(s, year) * float64(time.Second))
}
