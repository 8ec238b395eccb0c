package openai

import (
	"strings"

	goopenai "github.com/sashabaranov/go-openai"
)

// address is where go-openai sends a call, and what goes with it beside its own headers.
func (e *endpoint) address(key string) (cfg goopenai.ClientConfig, header map[string]string) {
	if !e.Azure {
		cfg = goopenai.DefaultConfig(key)
		cfg.BaseURL = e.BaseURL
		return cfg, nil
	}
	if e.APIVersion == "" {
		cfg = goopenai.DefaultConfig("") // its header would be another one
		cfg.BaseURL = azureBase(e.BaseURL) + "/openai/v1"
		return cfg, map[string]string{goopenai.AzureAPIKeyHeader: key}
	}
	cfg = goopenai.DefaultAzureConfig(key, azureBase(e.BaseURL))
	cfg.APIVersion = e.APIVersion
	cfg.AzureModelMapperFunc = func(model string) string { return model } // a deployment is named as its owner likes
	return cfg, nil
}

// azureBase is the address of a resource, of which people know several forms.
func azureBase(base string) string {
	base = strings.TrimRight(base, "/")
	base = strings.TrimSuffix(base, "/v1")
	return strings.TrimSuffix(base, "/openai")
}
