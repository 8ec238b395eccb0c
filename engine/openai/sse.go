package openai

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/slop-ls/slop-ls/engine"
)

// sseReader reads server-sent events and gives them on as lines "data: …", one an event, which is all that go-openai
// reads right. Its Read fails with a *failure: for an event that is an error, for a line or an event past the limit,
// and with io.ErrUnexpectedEOF behind it when the stream ends without [DONE]. One goroutine uses it.
type sseReader struct {
	src   io.ReadCloser
	in    *bufio.Reader
	limit int    // bytes of an event
	done  func() // called when [DONE] has come, before what follows is read

	started bool   // a first byte was read
	skipLF  bool   // the last line ended with a CR
	event   string // of the event that is being read
	data    [][]byte
	size    int    // bytes of data
	stray   []byte // the beginning of what is no event: an error page, often
	given   bool   // an event was given on
	out     []byte // lines that Read has not given out yet
	err     error  // after out
}

// maxStray bounds what is kept of a body that is no stream, in bytes.
const maxStray = 64 << 10

func newSSEReader(src io.ReadCloser, limit int, done func()) *sseReader {
	return &sseReader{src: src, in: bufio.NewReaderSize(src, 32<<10), limit: limit, done: done}
}

func (r *sseReader) Close() error { return r.src.Close() }

func (r *sseReader) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.err = r.step()
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// step reads one line.
func (r *sseReader) step() error {
	line, err := r.line()
	if err != nil {
		return r.end(err)
	}
	if len(line) == 0 {
		return r.dispatch()
	}
	return r.field(line)
}

// field takes a line of an event. [DONE] needs no empty line after it.
func (r *sseReader) field(line []byte) error {
	name, value, colon := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "data":
		if string(bytes.TrimSpace(value)) == "[DONE]" {
			return r.finish()
		}
		r.data = append(r.data, bytes.Clone(value))
		r.size += len(value)
		if r.size > r.limit {
			return r.oversized()
		}
	case "event":
		r.event = string(value)
	case "error": // llama.cpp has this field in place of an event and its data
		r.event = "error"
		r.data = append(r.data, bytes.Clone(value))
		r.size += len(value)
		if r.size > r.limit {
			return r.oversized()
		}
	case "id", "retry", "":
	default:
		if !colon || len(r.stray) > 0 || !plainWord(name) {
			r.stray = append(r.stray, line[:min(len(line), maxStray-len(r.stray))]...)
			r.stray = append(r.stray, '\n')[:min(len(r.stray)+1, maxStray)]
		}
	}
	return nil
}

// plainWord tells a field that this reader does not know from a line of JSON or HTML.
func plainWord(name []byte) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return true
}

// dispatch ends an event.
func (r *sseReader) dispatch() error {
	lines, event := r.data, r.event
	r.data, r.event, r.size = nil, "", 0
	if len(lines) == 0 {
		return nil
	}
	whole := bytes.Join(lines, []byte(" ")) // between JSON tokens, where a line can end, a space is as good
	if len(lines) > 1 && !json.Valid(whole) {
		return r.each(lines, event)
	}
	return r.emit(whole, event)
}

// each emits several events that a server wrote without the empty lines between them.
func (r *sseReader) each(lines [][]byte, event string) error {
	for _, l := range lines {
		if err := r.emit(l, event); err != nil {
			return err
		}
	}
	return nil
}

// emit gives an event on, or fails when it is an error.
func (r *sseReader) emit(data []byte, event string) error {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return nil
	}
	if mayBeError(data, event) {
		if e, ok := parseAPIError(data, event == "error" || !bytes.Contains(data, []byte(`"choices"`))); ok {
			return e.failure(200)
		}
		if event == "error" {
			return apiError{message: string(data)}.failure(200)
		}
		data = withoutError(data)
	}
	r.out = append(append(append(r.out, "data: "...), data...), '\n')
	r.given = true
	return nil
}

// mayBeError looks for what every error event has and a chunk hardly ever. Within a JSON string the quotes would be
// escaped.
func mayBeError(data []byte, event string) bool {
	return event == "error" || data[0] == '[' || bytes.Contains(data, []byte(`"error"`)) ||
		!bytes.Contains(data, []byte(`"choices"`))
}

// withoutError takes {"error": null} out of a chunk, since go-openai takes a chunk that begins so for an error and
// loses it.
func withoutError(data []byte) []byte {
	var obj map[string]json.RawMessage
	if json.Unmarshal(data, &obj) != nil || obj["error"] == nil {
		return data
	}
	delete(obj, "error")
	if clean, err := json.Marshal(obj); err == nil {
		return clean
	}
	return data
}

// finish gives [DONE] on. What follows is read to the end, as far as it comes soon, so that the connection can be used
// again.
func (r *sseReader) finish() error {
	if err := r.dispatch(); err != nil {
		return err
	}
	r.done()
	_, _ = io.CopyN(io.Discard, r.in, 4<<10)
	r.out = append(r.out, "data: [DONE]\n"...)
	return io.EOF
}

// end types the end of a stream that came before [DONE]. An event without the empty line after it still counts when it
// is whole.
func (r *sseReader) end(err error) error {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	if err := r.lastEvent(); err != nil {
		return err
	}
	if e, ok := parseAPIError(r.stray, true); ok {
		return e.failure(200)
	}
	if len(r.stray) > 0 && !r.given {
		return failed(engine.ProviderMalformed, "the answer is not a stream: %s", pageText(r.stray))
	}
	f = failed(engine.ProviderDropped, "the stream ended before its end")
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		f.msg = fmt.Sprintf("the stream broke: %v", err)
	}
	f.cause = io.ErrUnexpectedEOF
	return f
}

// lastEvent dispatches the event that the end of the stream found unfinished, if it is whole.
func (r *sseReader) lastEvent() error {
	n := len(r.data) - 1
	switch {
	case n < 0:
		return nil
	case string(bytes.TrimSpace(r.data[n])) == "[DONE]":
		r.data = r.data[:n]
		return r.finish()
	case json.Valid(r.data[n]):
		return r.dispatch()
	}
	return nil
}

func (r *sseReader) oversized() *failure {
	return failed(engine.ProviderOversized, "an event of the stream is larger than %d bytes", r.limit)
}

// line reads a line without its end, which may be LF, CR or CRLF. A rest without an end is no line: the stream broke
// in it, unless it is a data line that json.Valid can judge.
func (r *sseReader) line() ([]byte, error) {
	var line []byte
	for {
		buf, err := r.fill()
		if err != nil {
			if len(line) > 0 {
				r.lastLine(line)
			}
			return nil, err
		}
		end := bytes.IndexAny(buf, "\r\n")
		n := end
		if end < 0 {
			n = len(buf)
		}
		if len(line)+n > r.limit {
			return nil, r.oversized()
		}
		line = append(line, buf[:n]...)
		if end < 0 {
			_, _ = r.in.Discard(n)
			continue
		}
		r.skipLF = buf[end] == '\r'
		_, _ = r.in.Discard(end + 1)
		return line, nil
	}
}

// lastLine takes the rest after the last line end.
func (r *sseReader) lastLine(line []byte) {
	if value, ok := bytes.CutPrefix(line, []byte("data:")); ok {
		r.data = append(r.data, bytes.Clone(value))
	} else if len(r.stray)+len(line) < maxStray && line[0] != ':' {
		r.stray = append(r.stray, line...)
	}
}

// fill gives what is buffered, at least one byte, past a byte order mark and the LF of a CRLF.
func (r *sseReader) fill() ([]byte, error) {
	for {
		first, err := r.in.Peek(1)
		if err != nil {
			return nil, err
		}
		if !r.started {
			r.started = true
			if first[0] == 0xEF { // no more is asked for otherwise: it may be long in coming
				r.skipMark()
				continue
			}
		}
		buf, _ := r.in.Peek(r.in.Buffered())
		if !r.skipLF || buf[0] != '\n' {
			r.skipLF = false
			return buf, nil
		}
		r.skipLF = false
		_, _ = r.in.Discard(1)
	}
}

func (r *sseReader) skipMark() {
	if mark, _ := r.in.Peek(3); string(mark) == "\xef\xbb\xbf" {
		_, _ = r.in.Discard(3)
	}
}
