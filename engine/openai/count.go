package openai

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/tiktoken-go/tokenizer/codec"
)

const (
	countChunk = 4 << 10   // bytes the encoder gets at a time: its worst cases grow faster than the text
	countExact = 512 << 10 // bytes up to which a text is counted whole
	samples    = 64        // chunks that are counted of a longer text
)

// encoder is OpenAI's newest vocabulary. It is right for their models, and within some 20 % for the text of others;
// the tables take 7 MB and are built when first asked for.
var encoder = sync.OnceValue(codec.NewO200kBase)

// Count implements engine.Provider. Every model is counted with the o200k vocabulary. A text over 512 KB is not
// counted whole: 64 pieces of it, evenly spread, stand for the rest, so that a call takes at most some 200 ms.
func (p *Provider) Count(_, text string) int { return count(text) }

func count(text string) int {
	if len(text) <= countExact {
		return countWhole(text)
	}
	tokens, bytes := 0, 0
	step := len(text) / samples
	for i := range samples {
		piece := text[i*step : (i+1)*step]
		piece = piece[runeStart(piece):]
		piece, _ = cutChunk(piece)
		tokens += countChunkTokens(piece)
		bytes += len(piece)
	}
	return int(float64(tokens) / float64(max(bytes, 1)) * float64(len(text)))
}

func countWhole(text string) int {
	n := 0
	for text != "" {
		var chunk string
		chunk, text = cutChunk(text)
		n += countChunkTokens(chunk)
	}
	return n
}

// countChunkTokens counts a short text. Should the encoder fail, four bytes are a token.
func countChunkTokens(text string) int {
	n, err := encoder().Count(text)
	if err != nil {
		return (len(text) + 3) / 4
	}
	return n
}

// cutChunk splits off at most countChunk bytes, where the vocabulary never has a token across the cut: before a
// letter or digit at the start of a line, or else before a space between two words. Text that has neither is cut
// between two characters, which may count one token too many.
func cutChunk(text string) (chunk, rest string) {
	if len(text) <= countChunk {
		return text, ""
	}
	for _, safe := range []func(string, int) bool{lineStart, betweenWords} {
		for i := countChunk; i > countChunk/4; i-- {
			if safe(text, i) {
				return text[:i], text[i:]
			}
		}
	}
	i := countChunk
	for i > countChunk-utf8.UTFMax && !utf8.RuneStart(text[i]) {
		i--
	}
	return text[:i], text[i:]
}

func lineStart(s string, i int) bool { return s[i-1] == '\n' && alnum(s[i]) }

func betweenWords(s string, i int) bool {
	return i+1 < len(s) && s[i] == ' ' && alnum(s[i-1]) && alnum(s[i+1])
}

func alnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// runeStart is how many bytes at the beginning belong to a character that was cut.
func runeStart(s string) int {
	return max(strings.IndexFunc(s[:min(len(s), utf8.UTFMax)], func(r rune) bool { return r != utf8.RuneError }), 0)
}
