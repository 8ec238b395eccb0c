package config

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/slop-ls/slop-ls/engine/trackfile"
)

// set puts a value into the place that a setting has for it, and returns what is wrong with it, or "".
func set(s *setting, place any, value any) string {
	switch p := place.(type) {
	case *int:
		n, ok := whole(value)
		if !ok {
			return wrongType("a whole number", value)
		}
		if float64(n) < s.least {
			return fmt.Sprintf("expected a number of at least %v, found %d", s.least, n)
		}
		*p = n
	case *float64:
		f, ok := real64(value)
		if !ok || math.IsNaN(f) || math.IsInf(f, 0) {
			return wrongType("a number", value)
		}
		if f < s.least {
			return fmt.Sprintf("expected a number of at least %v, found %v", s.least, f)
		}
		*p = f
	case *bool:
		b, ok := value.(bool)
		if !ok {
			return wrongType("true or false, without quotes", value)
		}
		*p = b
	case *Duration:
		text, ok := value.(string)
		if !ok || p.UnmarshalText([]byte(text)) != nil {
			return fmt.Sprintf("%v, found %s", errDuration, describe(value))
		}
	case *string:
		return setText(s, p, value)
	case *[]string:
		return setList(s, p, value)
	}
	return ""
}

func setText(s *setting, p *string, value any) string {
	text, ok := value.(string)
	if !ok {
		return wrongType("text in quotes", value)
	}
	if s.legal != nil && !slices.Contains(s.legal, text) {
		hint := ""
		if near := trackfile.Nearest(text, s.legal); near != "" {
			hint = fmt.Sprintf(": did you mean %q?", near)
		}
		return fmt.Sprintf("%q is not one of %s%s", text, strings.Join(s.legal, ", "), hint)
	}
	if s.check != nil {
		if why := s.check(text); why != "" {
			return why
		}
	}
	*p = text
	return ""
}

func setList(s *setting, p *[]string, value any) string {
	list, ok := value.([]any)
	if !ok {
		return wrongType(`a list of texts, such as ["a", "b"]`, value)
	}
	out := make([]string, 0, len(list))
	for _, v := range list {
		text, ok := v.(string)
		if !ok {
			return wrongType("text in quotes in this list", v)
		}
		if s.each != nil {
			if why := s.each(text); why != "" {
				return why
			}
		}
		out = append(out, text)
	}
	*p = out
	return ""
}

func wrongType(expected string, value any) string {
	return "expected " + expected + ", found " + describe(value)
}

// whole takes also the whole numbers that JSON, which editors send, has as floating-point ones.
func whole(v any) (int, bool) {
	switch v := v.(type) {
	case int64:
		return int(v), int64(int(v)) == v
	case int:
		return v, true
	case float64:
		return int(v), v == math.Trunc(v) && math.Abs(v) < 1<<52
	}
	return 0, false
}

func real64(v any) (float64, bool) {
	if f, ok := v.(float64); ok {
		return f, true
	}
	n, ok := whole(v)
	return float64(n), ok
}

// describe says what a value is without repeating long texts, which may be secrets.
func describe(v any) string {
	switch v := v.(type) {
	case string:
		if len(v) > 24 {
			return "a text"
		}
		return fmt.Sprintf("the text %q", v)
	case bool:
		return fmt.Sprint(v)
	case int, int64, float64:
		return fmt.Sprintf("the number %v", v)
	case []any, []string:
		return "a list"
	case map[string]any:
		return "a table"
	case nil:
		return "nothing"
	case other:
		return string(v)
	}
	return fmt.Sprintf("a %T", v)
}
