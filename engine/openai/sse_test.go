package openai

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
)

// readSSE reads a stream to its end, in whole and byte by byte, which must not differ.
func readSSE(t testing.TB, in string, limit int) (string, error) {
	t.Helper()
	read := func(src io.Reader) (string, error) {
		out, err := io.ReadAll(newSSEReader(io.NopCloser(src), limit, func() {}))
		return string(out), err
	}
	out, err := read(strings.NewReader(in))
	slow, slowErr := read(iotest.OneByteReader(strings.NewReader(in)))
	if out != slow || (err == nil) != (slowErr == nil) || err != nil && err.Error() != slowErr.Error() {
		t.Errorf("%.200q: whole %q %v, byte by byte %q %v", in, out, err, slow, slowErr)
	}
	return out, err
}

const (
	chunkA = `{"choices":[{"delta":{"content":"a"}}]}`
	chunkB = `{"choices":[{"delta":{"content":"b"}}]}`
	doneAB = "data: " + chunkA + "\ndata: " + chunkB + "\ndata: [DONE]\n"
)

func TestSSE(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"plain":              "data: " + chunkA + "\n\ndata: " + chunkB + "\n\ndata: [DONE]\n\n",
		"no space":           "data:" + chunkA + "\n\ndata:" + chunkB + "\n\ndata:[DONE]\n\n",
		"CRLF":               "data: " + chunkA + "\r\n\r\ndata: " + chunkB + "\r\n\r\ndata: [DONE]\r\n\r\n",
		"CR":                 "data: " + chunkA + "\r\rdata: " + chunkB + "\r\rdata: [DONE]\r\r",
		"byte order mark":    "\xef\xbb\xbfdata: " + chunkA + "\n\ndata: " + chunkB + "\n\ndata: [DONE]\n\n",
		"comments":           ":\n: hi\n\ndata: " + chunkA + "\n: data: x\n\n" + strings.Repeat(": ping\n\n", 1000) + "data: " + chunkB + "\n\ndata: [DONE]\n\n",
		"other fields":       "event: message\nid: 7\nretry: 10\nfoo: bar\ndata: " + chunkA + "\n\nid\ndata: " + chunkB + "\n\ndata: [DONE]\n\n",
		"data in two lines":  "data: {\"choices\":\ndata: [{\"delta\":{\"content\":\"a\"}}]}\n\ndata: " + chunkB + "\n\ndata: [DONE]\n\n",
		"CRLF in two lines":  "data: {\"choices\":\r\ndata: [{\"delta\":{\"content\":\"a\"}}]}\r\n\r\ndata: " + chunkB + "\r\n\r\ndata: [DONE]\r\n\r\n",
		"no empty lines":     "data: " + chunkA + "\ndata: " + chunkB + "\ndata: [DONE]\n",
		"no end at the end":  "data: " + chunkA + "\n\ndata: " + chunkB + "\n\ndata: [DONE]",
		"empty data":         "data:\n\ndata: " + chunkA + "\n\ndata\n\ndata: " + chunkB + "\n\ndata: [DONE]\n\n",
		"more after the end": "data: " + chunkA + "\n\ndata: " + chunkB + "\n\ndata: [DONE]\n\ndata: {\"error\":\"x\"}\n\n",
	} {
		got, err := readSSE(t, in, 1<<20)
		want := doneAB
		if strings.HasSuffix(name, "in two lines") {
			want = strings.Replace(want, `":[{`, `": [{`, 1)
		}
		if err != nil || got != want {
			t.Errorf("%s: %v\n got %q\nwant %q", name, err, got, want)
		}
	}
}

func TestSSENullErrorIsNoError(t *testing.T) {
	t.Parallel()
	got, err := readSSE(t, "data: {\"error\":null,\"choices\":[]}\n\ndata: [DONE]\n\n", 1<<20)
	if err != nil || got != "data: {\"choices\":[]}\ndata: [DONE]\n" {
		t.Errorf("%v %q", err, got)
	}
}

func TestSSEFailures(t *testing.T) {
	t.Parallel()
	a := "data: " + chunkA + "\n\n"
	for _, c := range []struct {
		name, in string
		kind     engine.ProviderErrorKind
		msg      string
		cut      bool
	}{
		{"nothing", "", engine.ProviderDropped, "the stream ended before its end", true},
		{"no [DONE]", a, engine.ProviderDropped, "the stream ended before its end", true},
		{"half a line", a + `data: {"choices":[{"del`, engine.ProviderDropped, "the stream ended before its end", true},
		{"half a field", a + `da`, engine.ProviderDropped, "the stream ended before its end", true},
		{"text alone", `da`, engine.ProviderMalformed, "not a stream: da", false},
		{"object", a + `data: {"error":{"message":"boom","code":503}}` + "\n\n", engine.ProviderServer, "boom", false},
		{"spaces", a + `data: { "error" : { "message" : "boom" } }` + "\n\n", engine.ProviderServer, "boom", false},
		{"string", a + `data: {"error":"boom"}` + "\n\n", engine.ProviderServer, "boom", false},
		{"without its end", a + `data: {"error":"boom"}`, engine.ProviderServer, "boom", false},
		{"list", a + `data: [{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED"}}]` + "\n\n", engine.ProviderRateLimited, "slow", false},
		{"event", a + "event: error\ndata: boom\n\n", engine.ProviderServer, "boom", false},
		{"typed", a + `data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}` + "\n\n", engine.ProviderServer, "Overloaded", false},
		{"object field", a + `data: {"object":"error","message":"too long","code":400}` + "\n\n", engine.ProviderBadRequest, "too long", false},
		{"with choices", a + `data: {"error":{"message":"boom","code":502},"choices":[{"finish_reason":"error"}]}` + "\n\n", engine.ProviderServer, "boom", false},
		{"context", a + `data: {"error":{"message":"m","code":"context_length_exceeded"}}` + "\n\n", engine.ProviderTooLarge, "m", false},
		{"rate in the code", a + `data: {"error":{"message":"m","code":"rate_limit_exceeded"}}` + "\n\n", engine.ProviderRateLimited, "m", false},
		{"bare JSON", "{\n  \"error\": {\n \"message\": \"boom\", \"code\": 401 }\n}\n", engine.ProviderAuth, "boom", false},
		{"bare list", `[{"error":{"message":"boom","code":400}}]`, engine.ProviderBadRequest, "boom", false},
		{"page", "<html><head>\n<title>Login</title></head></html>\n", engine.ProviderMalformed, "a page: Login", false},
		{"long line", a + "data: " + strings.Repeat("x", 5000), engine.ProviderOversized, "larger than 4096 bytes", false},
		{"long event", a + strings.Repeat("data: "+strings.Repeat("x", 1000)+"\n", 5), engine.ProviderOversized, "larger than 4096 bytes", false},
	} {
		_, err := readSSE(t, c.in, 4096)
		var f *failure
		if !errors.As(err, &f) {
			t.Errorf("%s: %v is no failure", c.name, err)
			continue
		}
		if f.kind != c.kind || !strings.Contains(f.msg, c.msg) || errors.Is(err, io.ErrUnexpectedEOF) != c.cut {
			t.Errorf("%s: %s %q, cut %v", c.name, f.kind, f.msg, errors.Is(err, io.ErrUnexpectedEOF))
		}
	}
}

func TestSSEBrokenRead(t *testing.T) {
	t.Parallel()
	src := io.MultiReader(strings.NewReader("data: "+chunkA+"\n\n"), iotest.ErrReader(errors.New("reset by peer")))
	out, err := io.ReadAll(newSSEReader(io.NopCloser(src), 4096, func() {}))
	var f *failure
	if !errors.As(err, &f) || f.kind != engine.ProviderDropped || !strings.Contains(f.msg, "reset by peer") {
		t.Errorf("%v", err)
	}
	if diff := cmp.Diff("data: "+chunkA+"\n", string(out)); diff != "" {
		t.Error(diff)
	}
}

func FuzzSSE(f *testing.F) {
	f.Add([]byte(doneAB))
	f.Add([]byte("data: " + chunkA + "\r\n\r\n: x\r\ndata: {\"error\":null}\r\rdata: [DONE]"))
	f.Add([]byte("event: error\ndata: {\"a\":\ndata: 1}\n\n[{\"error\":\"x\"}]"))
	f.Add([]byte("\xef\xbb\xbf<html>\x00\ndata"))
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := readSSE(t, string(in), 1000)
		checkLines(t, out)
		var fail *failure
		if err != nil && !errors.As(err, &fail) {
			t.Errorf("an error without a type: %v", err)
		}
		if ended := strings.HasSuffix(out, "data: [DONE]\n"); ended != (err == nil) {
			t.Errorf("error %v, but [DONE] %v", err, ended)
		}
		feed(t, out)
	})
}

// checkLines holds what go-openai relies on: nothing but short data lines.
func checkLines(t *testing.T, out string) {
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "data: ") || !strings.HasSuffix(line, "\n") || strings.Contains(line, "\r") {
			t.Errorf("line %q", line)
		}
	}
}

// feed puts whatever came through into a reply, which must end in a reply or a failure.
func feed(t *testing.T, out string) {
	asm := newAssembly("p", 1<<20)
	for line := range strings.Lines(out) {
		data := bytes.TrimSpace([]byte(strings.TrimPrefix(line, "data: ")))
		if string(data) == "[DONE]" {
			break
		}
		if _, _, err := asm.add(data); err != nil {
			return
		}
	}
	reply, err := asm.reply(0)
	for _, c := range reply.Message.Calls {
		if c.ID == "" {
			t.Error("a call without an id")
		}
	}
	var fail *failure
	if err != nil && !errors.As(err, &fail) {
		t.Errorf("an error without a type: %v", err)
	}
}
