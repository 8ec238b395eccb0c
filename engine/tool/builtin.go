package tool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/slop-ls/slop-ls/engine"
)

// maxResult is how much of what can be read on by itself is shown at a time, in bytes. What cannot is given whole.
const maxResult = engine.MaxResult - 1<<10

// Ports are what the tools of this package need beside a draft.
type Ports struct {
	Viewer engine.Viewer
	Finder engine.Finder
	// Diagnostics are what editors tell; nil: nobody tells any.
	Diagnostics engine.Diagnostics
	Bench       engine.Workbench
	Secret      func(path string) bool // of a file that no search opens, since no rule about a path can ask about it there
}

// Builtin gives the tools of this package in the order in which they are shown to a model.
func Builtin(p Ports) []engine.Tool {
	return []engine.Tool{
		readFile(), listDirectory(), searchFiles(p.Secret), getView(p.Viewer), findSymbol(p), findReferences(p),
		editFile(), writeFile(), deleteFile(), renameFile(), getDiff(), getDiagnostics(p.Diagnostics), runCommand(p.Bench),
	}
}

// builtin is a tool whose arguments are a T.
type builtin[T any] struct {
	spec   engine.ToolSpec
	fields []field
	call   func(ctx context.Context, draft engine.Draft, args T) (engine.ToolResult, error)
}

func newTool[T any](name, doc string, effect engine.Effect, call func(context.Context, engine.Draft, T) (engine.ToolResult, error)) engine.Tool {
	fields := fieldsOf[T]()
	spec := engine.ToolSpec{Name: name, Description: strings.TrimSpace(doc), Effect: effect, Schema: schemaOf[T](fields)}
	return &builtin[T]{spec, fields, call}
}

// Spec is engine.Tool's. Its Schema is the caller's.
func (b *builtin[T]) Spec() engine.ToolSpec {
	spec := b.spec
	spec.Schema = json.RawMessage(strings.Clone(string(b.spec.Schema)))
	return spec
}

// Call is engine.Tool's.
func (b *builtin[T]) Call(ctx context.Context, draft engine.Draft, args json.RawMessage) (engine.ToolResult, error) {
	var a T
	err := decode(args, b.fields, &a)
	var result engine.ToolResult
	if err == nil {
		result, err = b.call(ctx, draft, a)
	}
	if ctx.Err() != nil {
		return engine.ToolResult{}, context.Cause(ctx)
	}
	var told mistake
	if errors.As(err, &told) {
		return engine.ToolResult{}, &engine.ToolError{Tool: b.spec.Name, Msg: strings.ToValidUTF8(string(told), "\ufffd")}
	}
	return result, err
}

// mistake is what the model is told; Call puts the tool's name to it.
type mistake string

func (m mistake) Error() string { return string(m) }

func mistakef(format string, args ...any) error { return mistake(fmt.Sprintf(format, args...)) }

// told makes an error of the draft one for the model: whatever stands in the way of one path, another may be free.
func told(err error) error {
	if err == nil {
		return nil
	}
	return mistake(err.Error())
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	if strings.HasSuffix(one, "y") {
		one = strings.TrimSuffix(one, "y") + "ie"
	}
	return fmt.Sprintf("%d %ss", n, one)
}
