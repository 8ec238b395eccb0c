package openai

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/scripted"
)

func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}
}

func inKeyring(key string, err error) func(string, string) (string, error) {
	return func(service, user string) (string, error) {
		if service != "slop-ls" || user != "gemini" {
			return "", fmt.Errorf("asked for %s of %s", user, service)
		}
		return key, err
	}
}

func TestKeyLookup(t *testing.T) {
	t.Parallel()
	dbus := errors.New("dbus: couldn't determine address of session bus")
	for _, c := range []struct {
		name string
		env  map[string]string
		ring func(string, string) (string, error)
		want string
		err  string
	}{
		{"environment", map[string]string{"GEMINI_API_KEY": "k1"}, inKeyring("k2", nil), "k1", ""},
		{"keyring", map[string]string{"GEMINI_API_KEY": ""}, inKeyring("k2", nil), "k2", ""},
		{"neither", nil, inKeyring("", keyring.ErrNotFound), "", "no API key for provider gemini: set GEMINI_API_KEY, or run `slop-ls doctor`"},
		{"empty in the keyring", nil, inKeyring("", nil), "", "no API key for provider gemini: set GEMINI_API_KEY, or run `slop-ls doctor`"},
		{"headless", nil, inKeyring("", dbus), "", "no API key for provider gemini: set GEMINI_API_KEY, or run `slop-ls doctor` (the keyring cannot be asked: dbus: couldn't determine address of session bus)"},
		{"headless with a variable", map[string]string{"GEMINI_API_KEY": "k1"}, inKeyring("", dbus), "k1", ""},
	} {
		got, err := envKey("gemini", "GEMINI_API_KEY", lookup(c.env), c.ring, time.Minute)(t.Context())
		text := ""
		if err != nil {
			text = err.Error()
		}
		if got != c.want || text != c.err {
			t.Errorf("%s: %q, %q", c.name, got, text)
		}
	}
}

func TestALockedKeyringHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	unlock := make(chan struct{})
	key := envKey("gemini", "X", lookup(nil), func(string, string) (string, error) {
		<-unlock
		return "k", nil
	}, time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := key(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	var missing *NoKeyError
	slow := envKey("gemini", "X", lookup(nil), func(string, string) (string, error) {
		<-unlock
		return "k", nil
	}, time.Millisecond)
	if _, err := slow(t.Context()); !errors.As(err, &missing) || !strings.Contains(err.Error(), "unlock it") {
		t.Errorf("a keyring that nobody unlocks: %v", err)
	}
	close(unlock)
	if got, err := key(t.Context()); got != "k" || err != nil {
		t.Errorf("%q %v", got, err)
	}
}

func TestNoKeyMeansNoRequest(t *testing.T) {
	t.Parallel()
	s := serve(t, always(scripted.Reply{Text: "ok"}))
	for _, key := range []KeyFunc{
		func(context.Context) (string, error) { return "", nil },
		envKey("local", "LOCAL_API_KEY", lookup(nil), func(string, string) (string, error) { return "", keyring.ErrNotFound }, time.Minute),
	} {
		_, err := connect(t, s.URL(), func(e *Endpoint) { e.Key = key }).Generate(t.Context(), request("x"), ignore)
		if got := providerError(t, err); got.Kind != engine.ProviderNoKey || got.Attempts != 0 || got.Provider != "local" {
			t.Errorf("%+v", got)
		}
		if !strings.Contains(err.Error(), "slop-ls doctor") {
			t.Errorf("it does not say what to do: %v", err)
		}
	}
	if n := len(s.Records()); n != 0 {
		t.Errorf("%d requests were made", n)
	}
}

func TestTheKeyIsSentAndALocalProviderNeedsNone(t *testing.T) {
	t.Parallel()
	var got string
	b := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Authorization")
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: "+chunkA+"\n\ndata: [DONE]\n\n")
	}))
	t.Cleanup(b.Close)
	for want, key := range map[string]KeyFunc{
		"":                  nil,
		"Bearer " + testKey: func(context.Context) (string, error) { return testKey, nil },
	} {
		if _, err := connect(t, b.URL, func(e *Endpoint) { e.Key = key }).Generate(t.Context(), request("x"), ignore); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("Authorization is %q, want %q", got, want)
		}
	}
}

// A server that echoes the key in every place where an error can come from: none of it is in an error, however it is
// printed, or in the default log.
func TestTheKeyNeverLeaks(t *testing.T) {
	var logged bytes.Buffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
	defer slog.SetDefault(old)
	for name, answer := range leaks() {
		b := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer(w, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		}))
		p := connect(t, b.URL, func(e *Endpoint) {
			e.Key = func(context.Context) (string, error) { return testKey, nil }
			e.Limits.Line = 4096
		})
		_, err := p.Generate(t.Context(), request("x"), ignore)
		b.Close()
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			noKeyIn(t, name, fmt.Sprintf("%s %v %+v %#v", e, e, e, e))
		}
	}
	noKeyIn(t, "log", logged.String())
	for _, bad := range []string{"http://u:" + url.QueryEscape(testKey) + "@h/v1", "http://h/v1?key=" + testKey, ":" + testKey} {
		_, err := New([]Endpoint{{Name: "p", BaseURL: bad}}, nil)
		if err == nil {
			t.Fatalf("%s is accepted", bad)
		}
		noKeyIn(t, "base URL", err.Error())
	}
}

func noKeyIn(t *testing.T, where, text string) {
	t.Helper()
	if strings.Contains(text, testKey[:4]) || strings.Contains(text, "secret") { // nor a part of it
		t.Errorf("%s: the key is in %q", where, text)
	}
}

func leaks() map[string]func(w http.ResponseWriter, key string) {
	status := func(code int, format string) func(http.ResponseWriter, string) {
		return func(w http.ResponseWriter, key string) {
			w.WriteHeader(code)
			fmt.Fprintf(w, format, key)
		}
	}
	stream := func(format string) func(http.ResponseWriter, string) {
		return func(w http.ResponseWriter, key string) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprintf(w, format, key)
		}
	}
	return map[string]func(w http.ResponseWriter, key string){
		"object": status(401, `{"error":{"message":"wrong key: %s"}}`),
		"string": status(400, `{"error":"wrong key: %s"}`),
		"code":   status(500, `{"error":{"code":%q}}`),
		"list":   status(403, `[{"error":{"message":"wrong key: %s"}}]`),
		"title":  status(502, "<title>%s</title>"),
		"text":   status(503, strings.Repeat("x", 485)+" %s"),
		"with 200": func(w http.ResponseWriter, key string) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, key)
		},
		"event":      stream(`data: {"error":{"message":"wrong key: %s"}}` + "\n\n"),
		"error line": stream("event: error\ndata: %s\n\n"),
		"bad chunk":  stream(`data: {"choices":[{"index":%q}]}` + "\n\n"),
		"no stream":  stream("%s\n"),
		"escaped": func(w http.ResponseWriter, key string) {
			w.WriteHeader(400)
			fmt.Fprint(w, "no access: /v1?key="+url.QueryEscape(key))
		},
	}
}
