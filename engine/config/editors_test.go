package config

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/slop-ls/slop-ls/engine/leaftest"
)

//go:generate go test . -run TestEditorsManifestIsFresh -update

// property is a setting as VS Code's manifest declares one.
type property struct {
	Type        string    `json:"type"`
	Scope       string    `json:"scope,omitempty"`
	Default     any       `json:"default,omitempty"`
	Description string    `json:"markdownDescription,omitempty"`
	Enum        []string  `json:"enum,omitempty"`
	Minimum     *float64  `json:"minimum,omitempty"`
	Pattern     string    `json:"pattern,omitempty"`
	PatternSays string    `json:"patternErrorMessage,omitempty"`
	Items       *property `json:"items,omitempty"`
}

// TestEditorsManifestIsFresh: our VS Code extension declares the settings that an editor may set, and no others, as the
// table has them.
func TestEditorsManifestIsFresh(t *testing.T) {
	t.Parallel()
	const path = "../../editors/vscode/package.json"
	manifest, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	start, end := serverProperties(t, manifest)
	leaftest.Golden(t, path, string(manifest[:start])+declared(t)+string(manifest[end:]))
}

// serverProperties finds the settings of the part of the configuration whose id is slop.server.
func serverProperties(t *testing.T, manifest []byte) (start, end int) {
	t.Helper()
	_, part, found := bytes.Cut(manifest, []byte(`"id": "slop.server"`))
	if !found {
		t.Fatal("the manifest has no configuration with the id slop.server")
	}
	_, value, found := bytes.Cut(part, []byte(`"properties": `))
	if !found {
		t.Fatal("the configuration slop.server has no properties")
	}
	d := json.NewDecoder(bytes.NewReader(value))
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		t.Fatal(err)
	}
	start = len(manifest) - len(value)
	return start, start + int(d.InputOffset())
}

// declared is all settings that an editor may set, in the order of the table, as the manifest is indented.
func declared(t *testing.T) string {
	t.Helper()
	c := Default()
	var b strings.Builder
	b.WriteString("{")
	comma := ""
	for i := range settings {
		s := &settings[i]
		if strings.Contains(s.path, "*") || s.tighten.fromEditor() != "" {
			continue // those of a provider, a model or a server have names of the person's own, and stand in their file
		}
		var line bytes.Buffer
		e := json.NewEncoder(&line)
		e.SetEscapeHTML(false)
		e.SetIndent("          ", "  ")
		if err := e.Encode(declare(s, reflect.ValueOf(s.field(&c, "")).Elem().Interface())); err != nil {
			t.Fatal(err)
		}
		b.WriteString(comma + "\n          \"slop." + s.path + "\": " + strings.TrimSpace(line.String()))
		comma = ","
	}
	b.WriteString("\n        }")
	return b.String()
}

func declare(s *setting, value any) property {
	p := property{Scope: "resource", Description: sentence(s.doc), Enum: s.legal, Default: value}
	switch v := value.(type) {
	case bool:
		p.Type = "boolean"
	case int:
		p.Type = "integer"
	case float64:
		p.Type = "number"
	case string:
		p.Type = "string"
	case Duration:
		p.Type, p.Default = "string", v.String()
		p.Pattern, p.PatternSays = `^([0-9]+d|([0-9]+(\.[0-9]+)?(ms|s|m|h))+)$`, `a length of time such as "90s", "5m", "1h30m" or "30d"`
	case []string:
		p.Type, p.Items = "array", &property{Type: "string"}
		p.Default = append([]string{}, v...) // [] and not null
	}
	if p.Type == "integer" || p.Type == "number" {
		p.Minimum = &s.least
	}
	return p
}

// sentence is a setting's documentation as a person reads it.
func sentence(doc string) string { return strings.ToUpper(doc[:1]) + doc[1:] + "." }
