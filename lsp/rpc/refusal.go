package rpc

import (
	"encoding/json"
	"fmt"

	"go.lsp.dev/protocol"
)

// The error codes of JSON-RPC and LSP that this server answers with.
const (
	ParseError     = -32700
	InvalidRequest = -32600
	NoMethod       = -32601
	InvalidParams  = -32602
	Internal       = -32603
	NotInitialized = -32002
	RequestFailed  = -32803 // a valid request that could not be done; the message says what to do
	Cancelled      = -32800
)

// refusal is an error with the code under which it goes over the wire.
type refusal struct {
	code int
	msg  string
}

func (e *refusal) Error() string { return e.msg }

// Refuse makes a refusal. The message says what to do.
func Refuse(code int, format string, args ...any) error {
	return &refusal{code: code, msg: fmt.Sprintf(format, args...)}
}

// ReplyError is a client's error answer to a request of ours.
type ReplyError struct {
	Code    int
	Message string
}

func (e *ReplyError) Error() string {
	return fmt.Sprintf("the editor answered with error %d: %s", e.Code, e.Message)
}

// Decode reads parameters of LSP's own types. Absent parameters are an empty object.
func Decode(params json.RawMessage, into any) error {
	if len(params) == 0 || string(params) == "null" {
		params = json.RawMessage("{}")
	}
	if err := protocol.Unmarshal(params, into); err != nil {
		return Refuse(InvalidParams, "the parameters cannot be read: %v", err)
	}
	return nil
}
