package trackfile

import "bytes"

// flowFrame is one bracket that is open.
type flowFrame struct {
	brace   byte
	keys    []string
	values  map[string]string
	words   []string // elements of a list
	key     string
	inValue bool
	closed  bool // the value or element ended in a bracket
}

// flowScan walks over text between brackets, JSON or YAML, legal or not: it never stops before the offset, and
// then goes on to the end of the innermost mapping to see which fields follow.
type flowScan struct {
	src    []byte
	json   bool
	at     int
	frames []flowFrame
	word   Span // the word that is being read or was read last; empty behind a separator
}

// inFlow finds the place of the offset in the text between brackets that starts at from.
func (s *placer) inFlow(from int, inTicket bool) {
	f := &flowScan{src: s.d.Source, json: s.place.json, at: from, word: Span{from, from}}
	for f.at < len(f.src) && f.at < s.offset {
		f.step()
	}
	if word, ok := f.wordAt(s.offset); ok {
		s.classify(f, f.frames, word, inTicket)
	}
}

// wordAt is the word at the offset, at which the scan has arrived: the one that was read, or the one that follows
// on the line, with the blanks before it. False behind a whole value, where only a comma can stand.
func (f *flowScan) wordAt(offset int) (Span, bool) {
	t := f.top()
	if t != nil && t.closed {
		return Span{}, false
	}
	if f.word.Start < f.word.End {
		return f.word, f.word.End >= offset || t != nil && !t.inValue && t.brace == '{'
	}
	for f.at < len(f.src) && (f.src[f.at] == ' ' || f.src[f.at] == '\t') {
		f.at++
	}
	if f.at == len(f.src) || !f.wordStarts() || f.src[f.at] == '#' && !f.json {
		return Span{offset, offset}, true
	}
	f.readWord()
	return Span{offset, f.word.End}, true
}

func (f *flowScan) top() *flowFrame {
	if len(f.frames) == 0 {
		return nil
	}
	return &f.frames[len(f.frames)-1]
}

func (f *flowScan) wordStarts() bool {
	return !isSpace(f.src[f.at]) && bytes.IndexByte([]byte("{}[],:"), f.src[f.at]) < 0
}

// step reads one bracket, separator, word or character of white space.
func (f *flowScan) step() {
	c := f.src[f.at]
	switch {
	case isSpace(c):
		f.at++
	case c == '{' || c == '[':
		f.frames = append(f.frames, flowFrame{brace: c, values: map[string]string{}})
		f.separate()
	case c == '}' || c == ']':
		f.finish()
		f.frames = f.frames[:max(0, len(f.frames)-1)]
		f.separate()
		if t := f.top(); t != nil {
			t.closed = true
		}
	case c == ',':
		f.finish()
		f.separate()
		if t := f.top(); t != nil {
			t.inValue, t.closed, t.key = false, false, ""
		}
	case c == ':':
		f.colon()
	case c == '#' && !f.json:
		f.at += lineLength(string(f.src[f.at:min(len(f.src), f.at+4096)]))
	default:
		f.readWord()
	}
}

func (f *flowScan) separate() {
	f.at++
	f.word = Span{f.at, f.at}
}

func (f *flowScan) colon() {
	t := f.top()
	if t != nil && t.brace == '{' && !t.inValue {
		t.key, t.inValue = unquoted(string(f.src[f.word.Start:f.word.End])), true
		t.keys = append(t.keys, t.key)
	}
	f.separate()
}

// finish notes the word as a value or an element.
func (f *flowScan) finish() {
	t := f.top()
	if t == nil || f.word.Start == f.word.End {
		return
	}
	text := string(f.src[f.word.Start:f.word.End])
	if t.brace == '{' && t.inValue {
		t.values[t.key] = text
	} else if t.brace == '[' {
		t.words = append(t.words, unquoted(text))
	}
}

// readWord reads a quoted text, or a plain one with the blanks in it. A quote that the line does not close ends
// with the line, so that what is being written does not swallow the rest.
func (f *flowScan) readWord() {
	start := f.at
	rest := f.src[start:]
	if n := bytes.IndexAny(rest, "\r\n"); n >= 0 {
		rest = rest[:n]
	}
	if c := rest[0]; c == '"' || c == '\'' {
		end, _ := quotedEnd(string(rest), 0, c)
		f.at = start + min(end, len(rest))
		f.word = Span{start, f.at}
		return
	}
	n := 0
	for n < len(rest) && !f.endsWord(rest, n) {
		n++
	}
	f.at = start + max(n, 1)
	f.word = Span{start, start + max(1, len(bytes.TrimRight(rest[:n], " \t")))}
}

func (f *flowScan) endsWord(rest []byte, n int) bool {
	switch rest[n] {
	case ',', '[', ']', '{', '}':
		return true
	case ':':
		t := f.top()
		return t != nil && t.brace == '{' && !t.inValue && (n+1 == len(rest) || f.json || isSpace(rest[n+1]))
	case '#':
		return n > 0 && isSpace(rest[n-1]) && !f.json
	}
	return false
}

// classify turns the open brackets into a place.
func (s *placer) classify(f *flowScan, frames []flowFrame, word Span, inTicket bool) {
	infos, depth := TrackFields, 0
	if inTicket {
		infos = TicketFields
	} else if depth, inTicket = ticketDepth(frames); inTicket {
		infos = TicketFields
	} else if depth < 0 {
		s.place.Kind = PlaceTicket
		s.word(word)
		return
	}
	switch open := len(frames) - depth; {
	case open == 0:
		return
	case open == 1 && frames[depth].brace == '{' && !frames[depth].inValue:
		s.keysFrom(f, len(frames), word)
		s.key(word, infos, inTicket, f.colonFollows())
	case open == 1 && frames[depth].brace == '{':
		if word.Start == word.End && f.at < len(f.src) && (f.src[f.at] == '[' || f.src[f.at] == '{') {
			return // before a whole value
		}
		s.keysFrom(f, len(frames), word)
		s.value(frames[depth].key, word, infos, inTicket, false)
	case open == 2 && frames[depth+1].brace == '[' && frames[depth].inValue:
		s.place.Listed = append([]string(nil), frames[depth+1].words...)
		s.keysFrom(f, len(frames)-1, word)
		s.value(frames[depth].key, word, infos, inTicket, true)
	}
}

// ticketDepth is the index of the frame of the ticket, and whether there is one; -1 right within the list of
// tickets; 0 in the track.
func ticketDepth(frames []flowFrame) (int, bool) {
	list := 0
	switch {
	case len(frames) == 0:
		return 0, false
	case frames[0].brace == '[':
	case len(frames) > 1 && frames[0].key == "tickets" && frames[0].inValue && frames[1].brace == '[':
		list = 1
	default:
		return 0, false
	}
	if len(frames) == list+1 {
		return -1, false
	}
	return list + 1, true
}

// keysFrom reads on to the end of the mapping that is so many brackets deep and takes its fields; what stands at
// the place itself is none.
func (s *placer) keysFrom(f *flowScan, depth int, word Span) {
	frame := &f.frames[depth-1]
	ahead := flowScan{src: f.src, json: f.json, at: f.at, word: f.word, frames: append([]flowFrame(nil), f.frames...)}
	own := len(frame.keys)
	last := *frame
	for ahead.at < len(ahead.src) && len(ahead.frames) >= depth {
		last = ahead.frames[depth-1]
		ahead.step()
		if len(ahead.frames) >= depth {
			last = ahead.frames[depth-1]
		}
	}
	s.values = last.values
	for i, k := range last.keys {
		if i == own && !frame.inValue && k == unquoted(string(f.src[word.Start:word.End])) {
			continue // the one at the offset
		}
		s.keys = append(s.keys, k)
	}
}

// colonFollows says whether the next thing is a colon.
func (f *flowScan) colonFollows() bool {
	rest := bytes.TrimLeft(f.src[f.at:], " \t")
	return len(rest) > 0 && rest[0] == ':'
}
