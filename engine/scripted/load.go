package scripted

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// maxScript bounds a script file, in bytes.
const maxScript = 64 << 20

// LoadScript reads a script file; the package comment documents its form. It reads to the end of r. The error names
// the line and column, or the rule, and what is expected there.
func LoadScript(r io.Reader) (Script, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxScript+1))
	if err != nil {
		return Script{}, fmt.Errorf("reading the script: %w", err)
	}
	if len(data) > maxScript {
		return Script{}, fmt.Errorf("the script is larger than %d MB: split it", maxScript>>20)
	}
	var f fileScript
	if err := decodeStrict(data, &f); err != nil {
		return Script{}, fmt.Errorf("script: %w", err)
	}
	s, err := f.script()
	if err == nil {
		err = s.check()
	}
	if err != nil {
		return Script{}, fmt.Errorf("script: %w", err)
	}
	return s, nil
}

// decodeStrict decodes exactly one JSON value without unknown fields.
func decodeStrict(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return located(data, dec.InputOffset(), err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return located(data, dec.InputOffset(), errors.New("text after the end of the script"))
	}
	return nil
}

// located puts line and column, both from 1 and in bytes, before an error of encoding/json. Where that error does not
// say its offset, near is how far the decoder had read.
func located(data []byte, near int64, err error) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		near = syntax.Offset
	case errors.As(err, &typ):
		near = typ.Offset
		err = fmt.Errorf("%s is a %s, expected %s", typ.Field, typ.Value, typ.Type)
	case errors.Is(err, io.EOF):
		err = errors.New("the script is empty: expected an object with \"rules\"")
	}
	before := data[:min(max(near, 0), int64(len(data)))]
	line := 1 + bytes.Count(before, []byte("\n"))
	col := max(len(before)-bytes.LastIndexByte(before, '\n')-1, 1)
	return fmt.Errorf("%d:%d: %w", line, col, err)
}

type fileScript struct {
	Models []string   `json:"models"`
	Rules  []fileRule `json:"rules"`
}

type fileRule struct {
	Ticket   string     `json:"ticket"`
	Model    string     `json:"model"`
	Turn     *int       `json:"turn"`
	Contains string     `json:"contains"`
	Last     string     `json:"last"`
	Tools    *bool      `json:"tools"`
	Reply    *fileReply `json:"reply"`
}

type fileReply struct {
	Text      string     `json:"text"`
	Reasoning string     `json:"reasoning"`
	Calls     []fileCall `json:"calls"`
	Usage     *fileUsage `json:"usage"`
	Finish    string     `json:"finish"`
	Delay     string     `json:"delay"`
	Chunk     int        `json:"chunk"`
	Fault     *fileFault `json:"fault"`
}

type fileCall struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"`
	Extra     json.RawMessage `json:"extra"`
}

type fileUsage struct {
	Input     int `json:"input"`
	Cached    int `json:"cached"`
	Output    int `json:"output"`
	Reasoning int `json:"reasoning"`
}

type fileFault struct {
	Kind       string `json:"kind"`
	First      int    `json:"first"`
	After      int    `json:"after"`
	RetryAfter string `json:"retry_after"`
	HTTPDate   bool   `json:"http_date"`
}

func (f fileScript) script() (Script, error) {
	s := Script{Models: f.Models}
	for i, r := range f.Rules {
		if r.Reply == nil {
			return Script{}, fmt.Errorf("rules[%d] has no \"reply\"", i)
		}
		reply, err := r.Reply.reply()
		if err != nil {
			return Script{}, fmt.Errorf("rules[%d].reply: %w", i, err)
		}
		s.Rules = append(s.Rules, Rule{
			Ticket: r.Ticket, Model: r.Model, Turn: r.Turn, Contains: r.Contains, Last: r.Last, Tools: r.Tools,
			Reply: reply,
		})
	}
	return s, nil
}

func (f fileReply) reply() (Reply, error) {
	r := Reply{Text: f.Text, Reasoning: f.Reasoning, Finish: f.Finish, Chunk: f.Chunk}
	if f.Usage != nil {
		r.Usage = (*Usage)(f.Usage)
	}
	for i, c := range f.Calls {
		args, err := c.arguments()
		if err != nil {
			return Reply{}, fmt.Errorf("calls[%d]: %w", i, err)
		}
		r.Calls = append(r.Calls, Call{ID: c.ID, Name: c.Name, Arguments: args, Extra: c.Extra})
	}
	var err error
	if r.Delay, err = parseDuration("delay", f.Delay); err != nil || f.Fault == nil {
		return r, err
	}
	r.Fault = Fault{
		Kind: FaultKind(f.Fault.Kind), First: f.Fault.First, After: f.Fault.After, HTTPDate: f.Fault.HTTPDate,
	}
	r.Fault.RetryAfter, err = parseDuration("fault.retry_after", f.Fault.RetryAfter)
	return r, err
}

// arguments gives the text of a string, and any other JSON without its white space.
func (c fileCall) arguments() (string, error) {
	if len(c.Arguments) == 0 {
		return "", nil
	}
	if c.Arguments[0] == '"' {
		var s string
		err := json.Unmarshal(c.Arguments, &s)
		return s, err
	}
	var b bytes.Buffer
	err := json.Compact(&b, c.Arguments)
	return b.String(), err
}

func parseDuration(field, s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%s is %q: expected a duration such as \"250ms\"", field, s)
	}
	return d, nil
}
