package attach

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/slop-ls/slop-ls/lsp/wire"
)

// Kind is what a connection is for.
type Kind string

// The kinds of connections.
const (
	Editor    Kind = "editor" // a session of the protocol
	CLI       Kind = "cli"    // likewise, by a subcommand
	AskStatus Kind = "status" // the reply is the answer; served whatever the build
	AskStop   Kind = "stop"   // the daemon ends; the connection ends once its lock is free
)

// maxHello bounds a line of the hello, in bytes.
const maxHello = 64 << 10

// Hello is what a client says first.
type Hello struct {
	Wire     int               `json:"wire"` // wire.Version; set by Connect and Dial
	Version  string            `json:"version"`
	Build    string            `json:"build"` // names the very executable, as far as that is known
	PID      int               `json:"pid"`   // set by Connect and Dial
	Root     string            `json:"root"`  // absolute, symlinks resolved
	Kind     Kind              `json:"kind"`
	AnyBuild bool              `json:"any_build,omitempty"` // the daemon's build may differ, its wire version not
	Env      map[string]string `json:"env,omitempty"`       // PATH and the keys; kept in memory only
}

// LogValue implements slog.LogValuer: the environment is never logged.
func (h Hello) LogValue() slog.Value {
	return slog.GroupValue(slog.String("kind", string(h.Kind)), slog.Int("pid", h.PID), slog.String("build", h.Build),
		slog.Int("wire", h.Wire), slog.String("root", h.Root))
}

// Code says how a hello was taken.
type Code string

// The codes of a reply.
const (
	Welcome Code = "ok"
	Busy    Code = "busy"    // another build, which works or serves: it is not replaced
	Leaving Code = "leaving" // the daemon ends; the connection ends once its lock is free, then another can start
	Refused Code = "refused" // the hello itself is wrong
)

// Reply is what the daemon answers.
type Reply struct {
	OK       bool   `json:"ok"`
	Code     Code   `json:"code"`
	Reason   string `json:"reason,omitempty"` // for a person, where ok is false
	PID      int    `json:"pid"`
	Version  string `json:"version"`
	Build    string `json:"build"`
	Wire     int    `json:"wire"`
	Root     string `json:"root"`
	Socket   string `json:"socket"`
	Sessions int    `json:"sessions"` // attached editors and subcommands, the asking one included where it is a session
	Running  int    `json:"running"`  // tickets that run or can run
}

// sameAs reports whether a daemon of this build may serve h.
func (h Hello) sameAs(build string) bool {
	return h.Wire == wire.Version && (h.AnyBuild || h.Build == build)
}

func readHello(r *bufio.Reader) (Hello, error) {
	var h Hello
	if err := readLine(r, &h); err != nil {
		return h, err
	}
	switch h.Kind {
	case Editor, CLI, AskStatus, AskStop:
		return h, nil
	}
	return h, fmt.Errorf("a hello of the unknown kind %q", h.Kind)
}

// readLine reads one line of JSON of at most maxHello bytes and nothing behind it.
func readLine(r *bufio.Reader, into any) error {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxHello {
			return fmt.Errorf("a hello of more than %d bytes", maxHello)
		}
		if err == nil {
			break
		}
		if errors.Is(err, io.EOF) && len(line) > 0 {
			return io.ErrUnexpectedEOF
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
	if err := json.Unmarshal(line, into); err != nil {
		return fmt.Errorf("a hello that is no JSON: %w", err)
	}
	return nil
}

func writeLine(w io.Writer, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding a hello: %w", err)
	}
	if len(line) >= maxHello {
		return fmt.Errorf("a hello of %d bytes, of at most %d: the variables in it are too long", len(line), maxHello)
	}
	_, err = w.Write(append(line, '\n'))
	return err
}
