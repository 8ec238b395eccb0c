package config

import (
	"fmt"
	"net/url"
	"regexp"
	"sync"
)

// refuseHigher allows a lower number or length of time only. Where 0 means that there is no bound, it counts as
// the highest.
func refuseHigher(zeroIsUnbounded bool) func(old, new any) string {
	return func(old, new any) string {
		o, n := magnitude(old), magnitude(new)
		if zeroIsUnbounded && n == 0 && o != 0 {
			return fmt.Sprintf("a repository can only tighten: no bound is more than %v, which is in force", old)
		}
		if n <= o || zeroIsUnbounded && o == 0 {
			return ""
		}
		return fmt.Sprintf("a repository can only tighten: %v is more than %v, which is in force", new, old)
	}
}

func magnitude(v any) float64 {
	switch v := v.(type) {
	case int:
		return float64(v)
	case float64:
		return v
	case Duration:
		return float64(v)
	}
	return 0
}

func refuseTrue(old, new any) string {
	if new == true && old != true {
		return "a repository can only tighten: tickets start by themselves only where your own config says so"
	}
	return ""
}

func refuseMerge(old, new any) string {
	if new == string(Merge) && old != string(Merge) {
		return "a repository can only tighten: tickets on the same files run side by side only where your own config says so"
	}
	return ""
}

var variableName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`) })

// checkVariable refuses what is no name of a variable; it does not repeat the text, which may be a key.
func checkVariable(s string) string {
	if s == "" || variableName().MatchString(s) {
		return ""
	}
	return "expected the name of an environment variable, such as OPENAI_API_KEY; a key itself must not stand in a file: if this is one, replace it at its provider"
}

func checkURL(s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return `expected a URL such as "https://example.com/v1"`
	case u.User != nil:
		return "a URL cannot hold a user or a password: name a variable in api_key_env"
	}
	return ""
}
