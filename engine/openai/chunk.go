package openai

import (
	"encoding/json"

	goopenai "github.com/sashabaranov/go-openai"
)

// chunk is one event of a stream. It is read from the raw event, since go-openai's own type drops what providers add.
type chunk struct {
	Choices []struct {
		Index        int    `json:"index"`
		Delta        delta  `json:"delta"`
		FinishReason string `json:"finish_reason"`
	} `json:"choices"`
	Usage *usage `json:"usage"`
}

type delta struct {
	Content          content           `json:"content"`
	Refusal          string            `json:"refusal"`
	ReasoningContent string            `json:"reasoning_content"` // DeepSeek, vLLM, llama.cpp
	Reasoning        string            `json:"reasoning"`         // OpenRouter, Ollama
	ReasoningDetails []json.RawMessage `json:"reasoning_details"`
	ExtraContent     json.RawMessage   `json:"extra_content"`
	ToolCalls        []callPiece       `json:"tool_calls"`
}

type callPiece struct {
	Index    *int   `json:"index"`
	ID       string `json:"id"`
	Function struct {
		Name      string    `json:"name"`
		Arguments arguments `json:"arguments"`
	} `json:"function"`
	ExtraContent json.RawMessage `json:"extra_content"`
}

type usage struct {
	goopenai.Usage
	CacheHit int `json:"prompt_cache_hit_tokens"` // DeepSeek
}

// content is text, null, or a list of parts, of which those with text count.
type content string

func (c *content) UnmarshalJSON(data []byte) error {
	if data[0] != '[' {
		var s *string
		if err := json.Unmarshal(data, &s); err != nil || s == nil {
			return err
		}
		*c = content(*s)
		return nil
	}
	var parts []struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(data, &parts); err != nil {
		return err
	}
	for _, p := range parts {
		*c += content(p.Text)
	}
	return nil
}

// arguments are a piece of JSON in a string; some servers send the object itself.
type arguments string

func (a *arguments) UnmarshalJSON(data []byte) error {
	if data[0] == '{' {
		*a = arguments(data)
		return nil
	}
	var s *string
	if err := json.Unmarshal(data, &s); err != nil || s == nil {
		return err
	}
	*a = arguments(*s)
	return nil
}
