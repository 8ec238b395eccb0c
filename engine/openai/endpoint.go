package openai

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/slop-ls/slop-ls/engine"
)

// Endpoint is one configured provider.
type Endpoint struct {
	Name    string   // as in the configuration; names it in errors
	BaseURL string   // up to and without "/chat/completions"
	Key     KeyFunc  // nil: it needs none
	Models  []string // models that are asked for here, whichever tier wants them; may be empty
	// API is by which of OpenAI's APIs its models are asked.
	API API
	// NeedsResponses reports, where API is AutoAPI, which models are asked by the Responses API from the first call on;
	// nil: none. It is called by many goroutines at once.
	NeedsResponses func(model string) bool
	// Azure says that BaseURL is that of a resource of Azure, and that the key goes into Azure's own header. APIVersion is
	// then the version of its older addresses, one a deployment, whose name is the model's; without it BaseURL is completed
	// to the newer one.
	Azure      bool
	APIVersion string
	// ReasoningBack sends the reasoning of a message with calls back with it, which DeepSeek insists on.
	ReasoningBack bool
	// Temperature is sent when it is not nil, also when it is 0.
	Temperature *float64
	// NoStreamUsage leaves out the wish for usage in a stream, for the few servers that refuse it. Usage is then counted here.
	NoStreamUsage bool
	TextTools     bool // tools are described to its models in words, and called so
	// RequestsPerMinute and TokensPerMinute bound all calls together; 0: no bound.
	RequestsPerMinute, TokensPerMinute int
	NativeTools                        bool // they never are, also where a model refuses tools
	// Price gives what a call cost. nil: unknown. It is called by many goroutines at once.
	Price  func(model string, u engine.Usage) engine.Cost
	Limits Limits
}

// API names one of OpenAI's two APIs for replies.
type API string

// AutoAPI is chat, but for models that NeedsResponses names or that turn out to need the Responses API.
const (
	AutoAPI      API = ""
	ChatAPI      API = "chat"
	ResponsesAPI API = "responses"
)

// Limits bounds the calls of one endpoint. A zero field means its default.
type Limits struct {
	Concurrent    int           // calls at a time, those in a retry's pause not counted; 16
	Attempts      int           // calls for one Generate, the first included; 4
	FirstToken    time.Duration // from sending the request to the first text, reasoning or tool call; 3 min
	Idle          time.Duration // between two pieces after that; 90 s
	Connect       time.Duration // TCP and TLS, each; 15 s
	Backoff       time.Duration // about the first pause; the later ones double; 1 s
	MaxBackoff    time.Duration // about the longest pause of our own; 30 s
	MaxRetryAfter time.Duration // a provider that asks for more is not waited for; 60 s
	Line          int           // bytes of one event of a stream; 8 MB
	Reply         int           // bytes of text, reasoning and arguments of one reply; 32 MB
}

func (l Limits) withDefaults() Limits {
	set(&l.Concurrent, 16)
	set(&l.Attempts, 4)
	set(&l.FirstToken, 3*time.Minute)
	set(&l.Idle, 90*time.Second)
	set(&l.Connect, 15*time.Second)
	set(&l.Backoff, time.Second)
	set(&l.MaxBackoff, 30*time.Second)
	set(&l.MaxRetryAfter, time.Minute)
	set(&l.Line, 8<<20)
	set(&l.Reply, 32<<20)
	return l
}

// set gives a field that is not positive its default.
func set[T int | time.Duration](field *T, def T) {
	if *field <= 0 {
		*field = def
	}
}

// check says what is wrong with an endpoint. It never repeats the URL, which might hold a password.
func (e *Endpoint) check() error {
	if e.Name == "" {
		return errors.New("a provider has no name")
	}
	u, err := url.Parse(e.BaseURL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("provider %s: base_url must be an http or https URL, such as https://api.openai.com/v1", e.Name)
	case u.User != nil:
		return fmt.Errorf("provider %s: base_url holds a user or password: name the key's variable in api_key_env instead",
			e.Name)
	case u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("provider %s: base_url has a query or fragment: end it with the path, such as /v1", e.Name)
	}
	return nil
}

// serves reports whether the endpoint lists a model as its own.
func (e *Endpoint) serves(model string) bool { return slices.Contains(e.Models, model) }
