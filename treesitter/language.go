package treesitter

import (
	"bytes"
	"path"
	"strings"
	"sync"
)

// language is a row of the table: how to recognise a language and how to write a comment in it.
type language struct {
	name    string   // as LSP's languageId where it has one
	exts    []string // lower case, with the dot
	files   []string // whole base names
	interps []string // interpreters of a #! line
	comment comment
	rules   *rules // nil: no grammar, so views are made by lines
}

// comment is how a language writes one.
type comment struct{ open, close string }

// line puts text into a comment of one line.
func (c comment) line(text string) string {
	if c.close == "" {
		return c.open + " " + text
	}
	return c.open + " " + text + " " + c.close
}

var (
	slashes  = comment{"//", ""}
	hash     = comment{"#", ""}
	dashes   = comment{"--", ""}
	percent  = comment{"%", ""}
	semis    = comment{";;", ""}
	angles   = comment{"<!--", "-->"}
	cStyle   = comment{"/*", "*/"}
	brackets = comment{"[", "]"} // of plain text, which has no comments
)

// languages is searched in order; a grammar is added by giving a row its rules and grammars its pointer.
var languages = []*language{
	{name: "go", exts: []string{".go"}, comment: slashes, rules: goRules},
	{name: "python", exts: []string{".py", ".pyi", ".pyw"}, files: []string{"SConstruct", "wscript"}, interps: []string{"python"}, comment: hash, rules: pythonRules},
	{name: "typescript", exts: []string{".ts", ".mts", ".cts"}, interps: []string{"deno", "ts-node"}, comment: slashes, rules: typescriptRules},
	{name: "tsx", exts: []string{".tsx"}, comment: slashes, rules: tsxRules},
	{name: "javascript", exts: []string{".js", ".jsx", ".mjs", ".cjs"}, interps: []string{"node", "bun"}, comment: slashes, rules: javascriptRules},
	{name: "rust", exts: []string{".rs"}, comment: slashes},
	{name: "c", exts: []string{".c", ".h"}, comment: slashes},
	{name: "cpp", exts: []string{".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".ipp"}, comment: slashes},
	{name: "java", exts: []string{".java"}, comment: slashes},
	{name: "csharp", exts: []string{".cs"}, comment: slashes},
	{name: "ruby", exts: []string{".rb", ".rake", ".gemspec"}, files: []string{"Gemfile", "Rakefile"}, interps: []string{"ruby"}, comment: hash},
	{name: "php", exts: []string{".php"}, interps: []string{"php"}, comment: slashes},
	{name: "kotlin", exts: []string{".kt", ".kts"}, comment: slashes},
	{name: "swift", exts: []string{".swift"}, comment: slashes},
	{name: "scala", exts: []string{".scala", ".sc"}, comment: slashes},
	{name: "lua", exts: []string{".lua"}, interps: []string{"lua"}, comment: dashes},
	{name: "bash", exts: []string{".sh", ".bash", ".zsh"}, files: []string{".bashrc", ".profile"}, interps: []string{"sh", "bash", "zsh", "dash"}, comment: hash},
	{name: "sql", exts: []string{".sql"}, comment: dashes},
	{name: "haskell", exts: []string{".hs"}, comment: dashes},
	{name: "elixir", exts: []string{".ex", ".exs"}, comment: hash},
	{name: "clojure", exts: []string{".clj", ".cljs", ".el", ".lisp", ".scm"}, comment: semis},
	{name: "tex", exts: []string{".tex", ".erl"}, comment: percent},
	{name: "css", exts: []string{".css", ".scss", ".less"}, comment: cStyle},
	{name: "html", exts: []string{".html", ".htm", ".xml", ".vue", ".svelte"}, comment: angles},
	{name: "markdown", exts: []string{".md", ".markdown"}, comment: angles},
	{name: "yaml", exts: []string{".yaml", ".yml"}, comment: hash},
	{name: "toml", exts: []string{".toml", ".ini", ".cfg"}, comment: hash},
	{name: "makefile", exts: []string{".mk"}, files: []string{"Makefile", "makefile", "GNUmakefile"}, comment: hash},
	{name: "dockerfile", files: []string{"Dockerfile", "Containerfile"}, comment: hash},
	{name: "proto", exts: []string{".proto"}, comment: slashes},
	{name: "json", exts: []string{".json", ".jsonc", ".json5"}, comment: slashes},
}

// plainText is the language of what no row fits.
var plainText = &language{name: "plaintext", comment: brackets}

// languageBy are the languages by what a file shows of them. It is made on first use: most runs of the program look at none.
var languageBy = sync.OnceValue(func() (by struct{ file, ext, interp map[string]*language }) {
	by.file, by.ext, by.interp = map[string]*language{}, map[string]*language{}, map[string]*language{}
	index := func(m map[string]*language, keys []string, l *language) {
		for _, k := range keys {
			m[k] = l
		}
	}
	for _, l := range languages {
		index(by.file, l.files, l)
		index(by.ext, l.exts, l)
		index(by.interp, l.interps, l)
	}
	return by
})

// detect tells a file's language by its name, else by its #! line. It never returns nil.
func detect(file string, src []byte) *language {
	by, base := languageBy(), path.Base(file)
	if l := by.file[base]; l != nil {
		return l
	}
	if l := by.ext[strings.ToLower(path.Ext(base))]; l != nil {
		return l
	}
	if l := by.interp[interpreter(src)]; l != nil {
		return l
	}
	return plainText
}

// interpreter names the program of a #! line, also of one that goes through env.
func interpreter(src []byte) string {
	if !bytes.HasPrefix(src, []byte("#!")) {
		return ""
	}
	line, _, _ := bytes.Cut(src[2:min(len(src), 256)], []byte("\n"))
	for _, word := range strings.Fields(string(line)) {
		name := path.Base(word)
		if name != "env" && !strings.HasPrefix(name, "-") {
			return strings.TrimRight(name, "0123456789.")
		}
	}
	return ""
}
