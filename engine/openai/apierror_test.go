package openai

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slop-ls/slop-ls/engine"
)

// What providers really answer, by status.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		media  string
		body   string
		kind   engine.ProviderErrorKind
		msg    string
		calls  int
	}{
		{"openai key", 401, "application/json", `{"error":{"message":"Incorrect API key","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`, engine.ProviderAuth, "HTTP 401: Incorrect API key", 1},
		{"openai quota", 429, "application/json", `{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}`, engine.ProviderRateLimited, "quota", 1},
		{"gemini key", 400, "application/json", `[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]`, engine.ProviderAuth, "not valid", 1},
		{"gemini too long", 400, "application/json", `[{"error":{"code":400,"message":"The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}]`, engine.ProviderTooLarge, "exceeds", 1},
		{"ollama string", 404, "application/json", `{"error":"model \"x\" not found, try pulling it first"}`, engine.ProviderBadRequest, "try pulling", 1},
		{"llama.cpp too long", 400, "application/json", `{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}`, engine.ProviderTooLarge, "context size", 1},
		{"vllm", 400, "application/json", `{"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","code":400}`, engine.ProviderTooLarge, "maximum", 1},
		{"a code alone", 400, "application/json", `{"error":{"message":"no","code":"context_length_exceeded"}}`, engine.ProviderTooLarge, "no", 1},
		{"a code that misleads", 500, "application/json", `{"error":{"message":"no","type":"invalid_request_error"}}`, engine.ProviderServer, "no", 2},
		{"anthropic large", 413, "application/json", `{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}`, engine.ProviderTooLarge, "exceeds", 1},
		{"anthropic overloaded", 529, "application/json", `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, engine.ProviderServer, "HTTP 529: Overloaded", 2},
		{"openrouter credit", 402, "application/json", `{"error":{"message":"Insufficient credits","code":402}}`, engine.ProviderAuth, "credits", 1},
		{"fastapi", 422, "application/json", `{"detail":[{"loc":["body"],"msg":"field required"}]}`, engine.ProviderBadRequest, "field required", 1},
		{"proxy page", 502, "text/html", "<HTML><head><TITLE>Bad\x1b[31m\ngateway</TITLE></head>", engine.ProviderServer, "HTTP 502: a page: Bad [31m gateway", 2},
		{"other page", 503, "text/html", "<p>down</p>", engine.ProviderServer, "a page instead of an answer", 2},
		{"nothing", 500, "", "", engine.ProviderServer, "an empty answer", 2},
		{"long text", 400, "text/plain", strings.Repeat("é", 5000), engine.ProviderBadRequest, "(cut)", 1},
		{"redirect", 302, "text/html", "", engine.ProviderBadRequest, "correct base_url", 1},
		{"error with 200", 200, "application/json", `{"error":{"message":"no such model","type":"invalid_request_error"}}`, engine.ProviderBadRequest, "no such model", 1},
		{"page with 200", 200, "text/html; charset=utf-8", "<title>Sign in</title>", engine.ProviderMalformed, "a page: Sign in", 2},
		{"no stream", 200, "application/json", `{"choices":[{"message":{"content":"hi"}}]}`, engine.ProviderMalformed, "does not stream", 1},
		{"empty stream", 200, "text/event-stream", "data: [DONE]\n\n", engine.ProviderMalformed, "without a reply", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.media)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			}))
			t.Cleanup(b.Close)
			_, err := connect(t, b.URL, nil).Generate(t.Context(), request("x"), ignore)
			got := providerError(t, err)
			if got.Kind != c.kind || got.Attempts != c.calls || !strings.Contains(err.Error(), c.msg) {
				t.Errorf("%s after %d: %v", got.Kind, got.Attempts, err)
			}
			if len(err.Error()) > 700 || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("no line for a person: %q", err)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"":                              0,
		"7":                             7 * time.Second,
		"0.5":                           500 * time.Millisecond,
		"-3":                            0,
		"NaN":                           0,
		"soon":                          0,
		"1e300":                         365 * 24 * time.Hour,
		"Sun, 22 Nov 2026 10:00:20 GMT": 20 * time.Second,
		"Sun, 22 Nov 2026 09:00:00 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {in}}, now); got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
	h := http.Header{"Retry-After": {"Sun, 22 Nov 2026 12:00:20 GMT"}, "Date": {"Sun, 22 Nov 2026 12:00:00 GMT"}}
	if got := retryAfter(h, now); got != 20*time.Second {
		t.Errorf("by the server's clock it is 20 s, not %v", got)
	}
	h.Set("Retry-After-Ms", "1500")
	if got := retryAfter(h, now); got != 1500*time.Millisecond {
		t.Errorf("retry-after-ms: %v", got)
	}
}

func TestRetryDelayInTheBody(t *testing.T) {
	t.Parallel()
	body := `[{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"x"},{"retryDelay":"13s"}]}}]`
	f := statusFailure(&http.Response{StatusCode: 429}, []byte(body), time.Now())
	if f.retryAfter != 13*time.Second || f.kind != engine.ProviderRateLimited || f.final {
		t.Errorf("%+v", f)
	}
}

func FuzzAPIError(f *testing.F) {
	for _, s := range []string{`{"error":{"message":"m","code":503}}`, `[{"error":"x"}]`, `{"detail":{}}`, `[]`, `{"error":[1]}`} {
		f.Add([]byte(s), 400)
	}
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		fail := statusFailure(&http.Response{StatusCode: status}, body, time.Now())
		if fail.kind == "" || !strings.HasPrefix(fail.msg, "HTTP "+strconv.Itoa(status)) || fail.retryAfter < 0 {
			t.Errorf("%+v", fail)
		}
		if text := tidy(redact(fail.msg, "HTTP")); len(text) > maxErrorText+20 || strings.Contains(text, "HTTP") {
			t.Errorf("%q", text)
		}
	})
}
