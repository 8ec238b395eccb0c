package openai

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"
	"unicode"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/slop-ls/slop-ls/engine"
)

// failure is how one call ended when it did not end well.
type failure struct {
	kind       engine.ProviderErrorKind
	status     int
	retryAfter time.Duration
	final      bool   // another call would end the same, whatever the kind says
	msg        string // may still hold a key
	cause      error  // nil, or a sentinel, which holds none
}

func (f *failure) Error() string { return f.msg }

func (f *failure) Unwrap() error { return f.cause }

func failed(kind engine.ProviderErrorKind, format string, args ...any) *failure {
	return &failure{kind: kind, msg: fmt.Sprintf(format, args...)}
}

// failureOf finds the failure in an error. The two Doers and the assembler make typed ones; what is left comes from
// go-openai before anything is sent, and says that the request cannot be made.
func failureOf(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	if errors.Is(err, goopenai.ErrReasoningToolsRequireResponses) {
		return failed(engine.ProviderBadRequest, "this model takes tools by the Responses API alone: set api = \"auto\" or \"responses\" for its provider")
	}
	return failed(engine.ProviderBadRequest, "the request was not sent: %v", err)
}

// sendFailure types an error of the HTTP client before there was a response.
func sendFailure(err error) *failure {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err // without the URL
	}
	var op *net.OpError
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &cert):
		f := failed(engine.ProviderUnreachable, "its certificate is not trusted: %v", err)
		f.final = true
		return f
	case errors.Is(err, io.EOF), errors.As(err, &op) && (op.Op == "read" || op.Op == "write"):
		f := failed(engine.ProviderDropped, "the connection was closed before an answer came: %v", err)
		f.cause = io.ErrUnexpectedEOF
		return f
	}
	return failed(engine.ProviderUnreachable, "no connection: %v: check base_url and the network", err)
}

// safeError is an error text without a key, and the sentinel behind it.
type safeError struct {
	text  string
	cause error
}

func (e *safeError) Error() string { return e.text }

func (e *safeError) Unwrap() error { return e.cause }

// redact cuts a key out of a text, also in the form it has in a URL.
func redact(text, key string) string {
	if key == "" {
		return text
	}
	text = strings.ReplaceAll(text, key, "[redacted]")
	return strings.ReplaceAll(text, url.QueryEscape(key), "[redacted]")
}

// maxErrorText bounds a provider's error text, in bytes.
const maxErrorText = 500

// tidy makes a server's text fit for one line that a person reads: no control or invisible characters, and not too
// long. A key must be cut out before, lest a part of it stay.
func tidy(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxErrorText {
		text = strings.ToValidUTF8(text[:maxErrorText], "") + " … (cut)"
	}
	return text
}
