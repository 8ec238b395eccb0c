package lsp

import "go.lsp.dev/protocol"

// Constructors for what has a literal kind: package protocol encodes the zero value as an empty one.

func progressBegin(title, message string, cancellable bool) *protocol.WorkDoneProgressBegin {
	p := &protocol.WorkDoneProgressBegin{Kind: "begin", Title: title}
	if cancellable {
		p.Cancellable = new(true)
	}
	if message != "" {
		p.Message = &message
	}
	return p
}

func progressReport(message string, percent uint32) *protocol.WorkDoneProgressReport {
	return &protocol.WorkDoneProgressReport{Kind: "report", Message: &message, Percentage: &percent}
}

func progressDoing(message string) *protocol.WorkDoneProgressReport {
	return &protocol.WorkDoneProgressReport{Kind: "report", Message: &message}
}

func progressEnd(message string) *protocol.WorkDoneProgressEnd {
	return &protocol.WorkDoneProgressEnd{Kind: "end", Message: &message}
}
