package lsp

import (
	"encoding/json"
	"fmt"

	"go.lsp.dev/protocol"
)

// The error codes of JSON-RPC and LSP that this server answers with.
const (
	codeParse          = -32700
	codeInvalidRequest = -32600
	codeNoMethod       = -32601
	codeInvalidParams  = -32602
	codeInternal       = -32603
	codeNotInitialized = -32002
	codeRequestFailed  = -32803 // a valid request that could not be done; the message says what to do
	codeCancelled      = -32800
)

// refusal is an error with the code under which it goes over the wire.
type refusal struct {
	code int
	msg  string
}

func (e *refusal) Error() string { return e.msg }

// refuse makes a refusal. The message says what to do.
func refuse(code int, format string, args ...any) error {
	return &refusal{code: code, msg: fmt.Sprintf(format, args...)}
}

// replyError is a client's error answer to a request of ours.
type replyError struct {
	Code    int
	Message string
}

func (e *replyError) Error() string {
	return fmt.Sprintf("the editor answered with error %d: %s", e.Code, e.Message)
}

// decode reads parameters of LSP's own types. Absent parameters are an empty object.
func decode(params json.RawMessage, into any) error {
	if len(params) == 0 || string(params) == "null" {
		params = json.RawMessage("{}")
	}
	if err := protocol.Unmarshal(params, into); err != nil {
		return refuse(codeInvalidParams, "the parameters cannot be read: %v", err)
	}
	return nil
}
