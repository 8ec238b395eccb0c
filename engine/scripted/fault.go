package scripted

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	oversized     = 32 << 20 // bytes of FaultOversizedLine
	manyComments  = 300
	afterDefault  = 2
	badGatewayDoc = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n" +
		"<body><center><h1>502 Bad Gateway</h1></center><hr><center>scripted</center></body></html>\n"
)

// statusFaults are the faults that are an HTTP status with an error object.
var statusFaults = map[FaultKind]struct {
	status int
	err    apiError
}{
	FaultRateLimited: {429, apiError{
		"Rate limit reached for requests", "requests", "rate_limit_exceeded",
	}},
	FaultServer: {500, apiError{
		"The server had an error while processing your request", "server_error", "",
	}},
	FaultUnauthorized: {401, apiError{
		"Incorrect API key provided", "invalid_request_error", "invalid_api_key",
	}},
	FaultBadRequest: {400, apiError{
		"Invalid value for 'tools'", "invalid_request_error", "invalid_value",
	}},
	FaultTooLong: {400, apiError{
		"This model's maximum context length is 128000 tokens, however you requested 200000 tokens",
		"invalid_request_error", "context_length_exceeded",
	}},
}

// statusFault sends the fault when it is one that comes instead of the reply.
func (a *answer) statusFault() (handled bool, err error) {
	f := a.reply.Fault
	if f.RetryAfter > 0 {
		a.w.Header().Set("Retry-After", retryAfter(f, time.Now()))
	}
	switch f.Kind {
	case FaultBadGateway:
		a.w.Header().Set("Content-Type", "text/html")
		a.w.WriteHeader(http.StatusBadGateway)
		_, _ = a.w.Write([]byte(badGatewayDoc))
		return true, errFault
	case FaultUnavailable:
		writeJSON(a.w, http.StatusServiceUnavailable, map[string]string{"error": "model is loading"})
		return true, errFault
	default: // a status, or none
	}
	s, ok := statusFaults[f.Kind]
	if !ok {
		return false, nil
	}
	writeJSON(a.w, s.status, a.dialect.error(s.status, s.err))
	return true, errFault
}

func retryAfter(f Fault, now time.Time) string {
	seconds := int64((f.RetryAfter + time.Second - 1) / time.Second)
	if f.HTTPDate {
		return now.Add(time.Duration(seconds) * time.Second).UTC().Format(http.TimeFormat)
	}
	return strconv.FormatInt(seconds, 10)
}

// startFault is what goes wrong before the first chunk.
func (a *answer) startFault() error {
	switch a.reply.Fault.Kind {
	case FaultStallStart:
		return a.hang()
	case FaultComments:
		return a.write(strings.Repeat(": keep-alive\n\n", manyComments))
	default: // it comes elsewhere
	}
	return nil
}

// middleFault is what goes wrong among the chunks: when so many have gone out as the fault says, or at the end.
func (a *answer) middleFault(end bool) error {
	after := a.reply.Fault.After
	if after == 0 {
		after = afterDefault
	}
	if a.sent < after && !end {
		return nil
	}
	switch a.reply.Fault.Kind {
	case FaultDropped:
		a.cut = true
		return errFault
	case FaultTruncated:
		return errFault
	case FaultMalformed:
		return a.thenFault("data: {\"choices\":[{\"index\":0,\"delta\":{\"cont\n\n")
	case FaultStreamError:
		return a.thenFault(a.streamError())
	case FaultStallMiddle:
		return a.hang()
	case FaultOversizedLine:
		return a.oversizedLine(`data: {"choices":[{"index":0,"delta":{"content":"`, "\"}}]}\n\n")
	default: // it came before
	}
	return nil
}

// streamErrors are the errors that dialects put among the chunks; the others' is OpenAI's.
var streamErrors = map[Dialect]string{
	GeminiDialect:     `data: [{"error":{"code":503,"message":"The server is overloaded","status":"UNAVAILABLE"}}]`,
	AnthropicDialect:  "event: error\n" + `data: {"type":"error","error":{"type":"overloaded_error","message":"The server is overloaded"}}`,
	OpenRouterDialect: `data: {"id":"scripted","error":{"code":502,"message":"The server is overloaded"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}`,
	LlamaCppDialect:   `error: {"code":500,"message":"The server is overloaded","type":"server_error"}`,
	VLLMDialect:       `data: {"error":{"message":"The server is overloaded","type":"InternalServerError","param":null,"code":500}}` + "\n\ndata: [DONE]",
}

func (a *answer) streamError() string {
	if a.req.responses {
		return "event: error\n" + `data: {"type":"error","code":"server_error","message":"The server is overloaded","param":null,"sequence_number":9}` + "\n\n"
	}
	if text := streamErrors[a.dialect]; text != "" {
		return text + "\n\n"
	}
	return `data: {"error":{"message":"The server is overloaded","type":"server_error","code":503}}` + "\n\n"
}

// wholeFault is a fault in the middle of an answer that does not stream.
func (a *answer) wholeFault(kind FaultKind) error {
	a.w.Header().Set("Content-Type", "application/json")
	switch kind {
	case FaultStallStart, FaultStallMiddle:
		a.w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(a.w).Flush()
		return a.hang()
	case FaultStreamError:
		return a.thenFault(`{"error":{"message":"The server is overloaded","type":"server_error","code":503}}`)
	case FaultOversizedLine:
		return a.oversizedLine(`{"choices":[{"index":0,"message":{"content":"`, `"}}]}`)
	default: // it breaks off
	}
	a.cut = kind == FaultDropped
	return a.thenFault(`{"id":"scripted","choices":[{"index":0,"mess`)
}

func (a *answer) thenFault(text string) error {
	if err := a.write(text); err != nil {
		return err
	}
	return errFault
}

func (a *answer) oversizedLine(head, tail string) error {
	if err := a.write(head); err != nil {
		return err
	}
	block := strings.Repeat("x", 64<<10)
	for range oversized / len(block) {
		if err := a.write(block); err != nil {
			return err
		}
	}
	return a.thenFault(tail)
}
