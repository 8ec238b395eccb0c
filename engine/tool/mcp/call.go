package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/engine/text"
)

// remote is one tool of a server.
type remote struct {
	server *server
	name   string // as the server calls it
	spec   engine.ToolSpec
}

// Spec is engine.Tool's.
func (r *remote) Spec() engine.ToolSpec {
	spec := r.spec
	spec.Schema = bytes.Clone(spec.Schema)
	return spec
}

// unknownEffect is said of every call whose answer did not come.
const unknownEffect = "Whether the call had its effect is not known: look before you make it again."

// Call is engine.Tool's.
func (r *remote) Call(ctx context.Context, _ engine.Draft, args json.RawMessage) (engine.ToolResult, error) {
	args, err := objectOf(args)
	if err != nil {
		return engine.ToolResult{}, r.mistake(err.Error())
	}
	l, err := r.server.running(ctx)
	if ctx.Err() != nil {
		return engine.ToolResult{}, context.Cause(ctx)
	}
	if err != nil {
		return engine.ToolResult{}, r.mistake(fmt.Sprintf("the MCP server %q does not run: %v. The call was not made: go on without it, or make it later", r.server.Name, err))
	}
	timed, cancel := context.WithTimeout(ctx, r.server.Timeout)
	defer cancel()
	result, err := l.session.CallTool(timed, &sdk.CallToolParams{Name: r.name, Arguments: args})
	if err != nil {
		return engine.ToolResult{}, r.failed(ctx, l, err)
	}
	shown := textOf(result)
	if result.IsError {
		return engine.ToolResult{}, r.mistake(text.CutMiddle(shown, engine.MaxResult/2))
	}
	return engine.ToolResult{Text: shown, Summary: fmt.Sprintf("%s gave back %d bytes", r.spec.Name, len(shown))}, nil
}

// ownCodes are the codes that the SDK gives to errors of this end of the connection: no answer of the server.
var ownCodes = []int64{-32003, -32004, -32005}

// failed says what became of a call that had no answer. A session in which nothing goes any more is dropped.
func (r *remote) failed(ctx context.Context, l *live, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	name := r.server.Name
	var answer *jsonrpc.Error
	switch {
	case errors.As(err, &answer) && !slices.Contains(ownCodes, answer.Code):
		shown, _ := text.VisibleLine(answer.Message, 1000)
		return r.mistake(fmt.Sprintf("the MCP server %q refused the call: %s", name, shown))
	case errors.Is(err, context.DeadlineExceeded):
		if !l.ping(ctx) {
			l.spoil(errors.New("it did not answer any more"))
		}
		return r.mistake(fmt.Sprintf("the MCP server %q did not answer within %s. %s", name, r.server.Timeout, unknownEffect))
	}
	if l.process != nil {
		select { // its end says more than the broken pipe
		case <-l.gone:
			err = l.why
		case <-time.After(2 * drain):
		}
	}
	l.spoil(err)
	return r.mistake(fmt.Sprintf("the MCP server %q ended during the call: %v. %s It is started again by the next call", name, err, unknownEffect))
}

func (r *remote) mistake(msg string) error {
	return &engine.ToolError{Tool: r.spec.Name, Msg: strings.ToValidUTF8(msg, "\ufffd")}
}

// objectOf is a model's arguments as what is sent: one JSON object.
func objectOf(args json.RawMessage) (json.RawMessage, error) {
	if len(bytes.TrimSpace(args)) == 0 {
		return json.RawMessage("{}"), nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(args, &fields); err != nil || fields == nil {
		return nil, errors.New("the arguments are not one JSON object, as the tool's schema asks for")
	}
	return args, nil
}

// textOf is a result as text. What is no text is named, so that the model knows of it.
func textOf(result *sdk.CallToolResult) string {
	var b strings.Builder
	for _, c := range result.Content {
		b.WriteString(strings.TrimSuffix(partOf(c), "\n") + "\n")
	}
	if b.Len() == 0 && result.StructuredContent != nil {
		data, err := json.MarshalIndent(result.StructuredContent, "", "  ")
		if err == nil {
			b.Write(append(data, '\n'))
		}
	}
	if b.Len() == 0 {
		return "(the tool gave back nothing)\n"
	}
	return strings.ToValidUTF8(b.String(), "\ufffd")
}

func partOf(c sdk.Content) string {
	switch c := c.(type) {
	case *sdk.TextContent:
		return c.Text
	case *sdk.ImageContent:
		return notShown("an image", c.MIMEType, len(c.Data))
	case *sdk.AudioContent:
		return notShown("a sound", c.MIMEType, len(c.Data))
	case *sdk.ResourceLink:
		return fmt.Sprintf("[a link to the resource %s: %s]", shortLine(c.URI), shortLine(c.Name))
	case *sdk.EmbeddedResource:
		return resourceOf(c.Resource)
	}
	return "[a part of a kind that is not known here]"
}

func resourceOf(r *sdk.ResourceContents) string {
	switch {
	case r == nil:
		return "[an empty resource]"
	case r.Blob != nil:
		return notShown("the resource "+shortLine(r.URI), r.MIMEType, len(r.Blob))
	}
	return fmt.Sprintf("[the resource %s]\n%s", shortLine(r.URI), r.Text)
}

func notShown(what, mime string, size int) string {
	return fmt.Sprintf("[%s (%s, %d bytes), which cannot be shown here]", what, shortLine(mime), size)
}

func shortLine(s string) string {
	line, _ := text.VisibleLine(s, 300)
	return line
}
