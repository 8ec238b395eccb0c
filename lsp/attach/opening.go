package attach

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/slop-ls/slop-ls/lsp/frame"
)

// Opening is what an editor said first: its initialize, by which it is known where it is at work.
type Opening struct {
	Folders []string  // URIs of the folders that it has open, its first one first
	Root    string    // the URI of the one folder that it names beside them; empty: none
	Path    string    // the same as a path, by those who know no URIs
	In      io.Reader // what it says, from initialize on: in place of what Open read

	out *frame.Writer
}

// Open reads what an editor on in and out says, up to its initialize. What it says before is answered as a server would,
// and is no more. out takes answers alone, until Open returns.
//
// The error is io.EOF when in ended, in whatever way; ErrNoShutdown when the editor said exit; or a *frame.HeaderError
// when in is no sequence of frames. It waits for the editor without a bound, and nothing cancels it.
func Open(in io.Reader, out io.Writer) (*Opening, error) {
	buffered := bufio.NewReaderSize(in, 32<<10)
	from, to := frame.NewReader(buffered), &frame.Writer{Out: out} // from takes buffered as its own, and reads no further
	for {
		body, err := from.Take()
		var tooLong *frame.SizeError
		if err != nil && !errors.As(err, &tooLong) {
			return nil, openError(err)
		}
		msg, ok := scan(body)
		switch {
		case tooLong != nil:
			_ = to.Write(failure(nil, codeInvalidRequest, tooLong.Error())) // an editor that does not listen will leave
		case !json.Valid(body):
			_ = to.Write(failure(nil, codeParseError, "the message is not JSON")) // as above
		case !ok:
			_ = to.Write(failure(nil, codeInvalidRequest, "the message is no request, notification or response")) // as above
		case msg.isNotification() && msg.method == "exit":
			return nil, ErrNoShutdown
		case msg.isCall() && msg.method == "initialize":
			o := openingOf(msg.params)
			o.In, o.out = io.MultiReader(bytes.NewReader(frame.Append(nil, body)), buffered), to
			return o, nil
		case msg.isCall():
			_ = to.Write(failure(msg.id, codeNotInitialized, msg.method+" before initialize")) // as above
		}
	}
}

// openError is the error of Open for how in ended.
func openError(err error) error {
	if err := readError(err); err != nil {
		return err
	}
	return io.EOF
}

// openingOf reads the parameters of initialize. A member that cannot be read is as if it were not there: the daemon says
// what is wrong with it.
func openingOf(params []byte) *Opening {
	var p struct{ WorkspaceFolders, RootURI, RootPath json.RawMessage }
	_ = json.Unmarshal(params, &p) // as above
	var all []folder
	o := &Opening{}
	if json.Unmarshal(p.WorkspaceFolders, &all) == nil {
		for _, f := range all {
			o.Folders = append(o.Folders, f.URI)
		}
	}
	_ = json.Unmarshal(p.RootURI, &o.Root)  // as above
	_ = json.Unmarshal(p.RootPath, &o.Path) // as above
	return o
}

// Tell shows the editor's person a line, which must be a short one: some editors make who types press a key for more.
// Nothing else may write to the editor meanwhile.
func (o *Opening) Tell(line string) {
	_ = o.out.Write(encode("window/showMessage", map[string]any{"type": messageWarning, "message": line})) // an editor that does not listen will leave
}
