package openai

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/slop-ls/slop-ls/engine"
)

// maxErrorBody bounds what is read of a response that is no stream, in bytes.
const maxErrorBody = 64 << 10

// streamDoer sends a request and makes what comes back fit for go-openai: its error is a *failure, and the body of its
// response is a sseReader. So go-openai sees no error status, whose body it would read without a bound and whose
// headers it would drop.
type streamDoer struct {
	http *http.Client
	line int
	done func()

	header map[string]string // what is sent beside go-openai's own headers
}

var _ goopenai.HTTPDoer = streamDoer{}

func (d streamDoer) Do(req *http.Request) (*http.Response, error) {
	for name, value := range d.header {
		req.Header.Set(name, value)
	}
	resp, err := d.http.Do(req)
	if err != nil {
		return nil, sendFailure(err)
	}
	if f := d.refused(resp); f != nil {
		_ = resp.Body.Close()
		return nil, f
	}
	resp.Body = newSSEReader(resp.Body, d.line, d.done)
	return resp, nil
}

// refused types a response that is not a stream.
func (d streamDoer) refused(resp *http.Response) *failure {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		f := failed(engine.ProviderBadRequest, "HTTP %d: it redirects, which is not followed with a key: correct base_url",
			resp.StatusCode)
		f.status = resp.StatusCode
		return f
	case resp.StatusCode != http.StatusOK:
		return statusFailure(resp, beginning(resp.Body), time.Now())
	case media == "application/json" || media == "text/html":
		return notAStream(beginning(resp.Body))
	}
	return nil
}

// notAStream types a body that came with status 200 and is one answer, not a stream of them.
func notAStream(body []byte) *failure {
	if e, ok := parseAPIError(body, false); ok {
		return e.failure(http.StatusOK)
	}
	if bytes.Contains(body, []byte(`"choices"`)) || bytes.Contains(body, []byte(`"output"`)) {
		f := failed(engine.ProviderMalformed, "the server does not stream its answer: use one that does")
		f.final = true
		return f
	}
	return failed(engine.ProviderMalformed, "the answer is not a stream: %s", pageText(body))
}

// beginning reads what fits into an error. That it may be cut does not matter there.
func beginning(body io.Reader) []byte {
	data, _ := io.ReadAll(io.LimitReader(body, maxErrorBody))
	return data
}

// rewriteDoer puts into a chat request what go-openai's types cannot say, and sends it.
type rewriteDoer struct {
	next    goopenai.HTTPDoer
	rewrite func([]byte) ([]byte, error)
}

func (d rewriteDoer) Do(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err == nil {
		body, err = d.rewrite(body)
	}
	if err != nil {
		return nil, fmt.Errorf("rewriting the request: %w", err)
	}
	req.ContentLength = int64(len(body))
	req.Body = io.NopCloser(bytes.NewReader(body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return d.next.Do(req)
}
