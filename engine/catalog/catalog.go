package catalog

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Model is what is known of one model.
type Model struct {
	ID        string
	Provider  string // the preset's name
	Context   int    // tokens that a request and its reply may have together, or the request alone: as the provider says it
	Output    int    // tokens that a reply may have
	Price     Price
	Reasoning bool // it thinks first: no temperature, and its reply's bound is max_completion_tokens
	NoTools   bool // it takes no tools
	NoSchema  bool // it does not hold to a JSON schema
	Responses bool // it is asked by the Responses API alone
}

//go:embed models.json
var source []byte

type catalog struct {
	asOf   string
	models []Model
}

// loaded is the embedded data, which a test holds to be sound.
var loaded = sync.OnceValue(func() catalog {
	c, err := read(source)
	if err != nil {
		panic("catalog: " + err.Error())
	}
	return c
})

// AsOf is the day on which the figures were public: "2026-07-24".
func AsOf() string { return loaded().asOf }

// Models lists what is known of a provider's models. The slice is the caller's.
func Models(provider string) []Model {
	return slices.DeleteFunc(slices.Clone(loaded().models), func(m Model) bool { return m.Provider != provider })
}

// IDs lists the names of a provider's models.
func IDs(provider string) []string {
	var out []string
	for _, m := range Models(provider) {
		out = append(out, m.ID)
	}
	return out
}

// dated is the day that a provider puts behind the name of one edition of a model.
var dated = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`-(20\d{6}|20\d\d-\d\d-\d\d)$`) })

// Find is the model of a provider under one of its names: with the day of its edition, or "maker/model" where the
// provider sells other makers' models. A variant of a model ("model:free") is another model.
func Find(provider, name string) (Model, bool) {
	if maker, own, sold := strings.Cut(name, "/"); sold {
		if provider != "openrouter" {
			return Model{}, false
		}
		provider, name = makers[maker], own
	}
	plain := dated().ReplaceAllString(name, "")
	for _, m := range loaded().models {
		if m.Provider == provider && (m.ID == name || m.ID == plain) {
			return m, true
		}
	}
	return Model{}, false
}

// makers are the names that OpenRouter has for those whose models are known here. It passes their prices on.
var makers = map[string]string{"google": "gemini", "openai": "openai", "anthropic": "anthropic", "deepseek": "deepseek"}

type fileRates struct {
	Input  string `json:"input"`
	Cached string `json:"cached"` // "": nothing is cheaper
	Output string `json:"output"`
}

type fileModel struct {
	ID        string    `json:"id"`
	Provider  string    `json:"provider"`
	Context   int       `json:"context"`
	Output    int       `json:"output"`
	Price     fileRates `json:"price"`
	Long      *fileLong `json:"long"`
	Reasoning bool      `json:"reasoning"`
	NoTools   bool      `json:"no_tools"`
	NoSchema  bool      `json:"no_schema"`
	API       string    `json:"api"`
}

type fileLong struct {
	Above int64 `json:"above"`
	fileRates
}

func read(data []byte) (catalog, error) {
	var f struct {
		AsOf   string      `json:"as_of"`
		Models []fileModel `json:"models"`
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return catalog{}, err
	}
	c := catalog{asOf: f.AsOf}
	for _, m := range f.Models {
		price, err := m.price()
		if err != nil {
			return catalog{}, fmt.Errorf("%s: %w", m.ID, err)
		}
		c.models = append(c.models, Model{
			ID: m.ID, Provider: m.Provider, Context: m.Context, Output: m.Output, Price: price,
			Reasoning: m.Reasoning, NoTools: m.NoTools, NoSchema: m.NoSchema, Responses: m.API == "responses",
		})
	}
	return c, nil
}

func (m *fileModel) price() (Price, error) {
	rates, err := m.Price.rates()
	if err != nil || m.Long == nil {
		return Price{Rates: rates}, err
	}
	long, err := m.Long.rates()
	return Price{Rates: rates, Above: m.Long.Above, Long: long}, err
}

func (f fileRates) rates() (r Rates, err error) {
	if f.Cached == "" {
		f.Cached = f.Input
	}
	for _, one := range []struct {
		into *Micro
		text string
	}{{&r.Input, f.Input}, {&r.Cached, f.Cached}, {&r.Output, f.Output}} {
		if *one.into, err = parse(one.text); err != nil {
			return Rates{}, err
		}
	}
	return r, nil
}
