package trackfile

import "strings"

// advice pairs what the YAML library says with what a person can do about it. The first match counts.
var advice = []struct{ said, help string }{
	{"found character '\t'", "a tab cannot indent YAML: use spaces"},
	{"tab character", "a tab cannot be used here: use spaces"},
	{"end character of double-quoted", `this quote is never closed: add a " at its end`},
	{"end character of single-quoted", "this quote is never closed: add a ' at its end"},
	{"sequence end token ']'", `this "[" is never closed: add a "]"`},
	{"flow mapping end token '}'", `this "{" is never closed: add a "}"`},
	{"',' or ']'", `expected "," or "]" before this: is a comma or a bracket missing?`},
	{"',' or '}'", `expected "," or "}" before this: is a comma or a bracket missing?`},
	{"'[' character corresponding", `this "]" closes nothing: delete it, or add the "[" that it belongs to`},
	{"'{' character corresponding", `this "}" closes nothing: delete it, or add the "{" that it belongs to`},
	{"flow map content", `expected "name: value" here`},
	{"expected sequence element", "a value is missing before this comma"},
	{"reserved character", "text cannot start with this character: put it in quotes"},
	{"unknown escape", `unknown escape in text: a backslash itself is written \\, or use single quotes`},
	{"escaped UTF", `an escape of text is cut short: \u takes four digits`},
	{"surrogate", `this \u escape needs its second half, another \u escape`},
	{"mapping value is not allowed", `a second ":" on this line: put text that has one in quotes`},
	{"map key-value is pre-defined", `this is indented like a part of the line above, which has its value already: check the indentation and the quotes`},
	{"non-map value", `expected "name: value" here: is a ":" missing, or the indentation wrong?`},
	{"block sequence entries", "a list cannot start on the line of its name: put the dash on a line of its own"},
	{"sequence entries are not allowed after anchor", "a list cannot start on the line of its anchor: put the dash on a line of its own"},
	{"unexpected key name", `this name goes over the end of a line, or is missing: write "name: value" on one line`},
	{"implicit line break", `this name goes over the end of a line: write "name: value" on one line`},
	{"invalid key for this map", `there is no name before this ":"`},
	{"value is not allowed in this context", "this does not belong to what stands above: check the indentation"},
	{"multi-line content", "the text that should follow is missing or not indented"},
	{"multi-line header", "the text is indented less than its header says"},
	{"after space only", "a blank line above is indented deeper than the text: remove its spaces"},
	{"invalid header option", `after "|" and ">" only "-", "+" and a digit may stand on this line: put the text on the next one`},
	{"invalid tag", "a tag cannot hold this character"},
	{"anchor", "an anchor (&name) needs a name and a value behind it: put text that starts with & in quotes"},
	{"alias", "an alias (*name) needs the name of an anchor: put text that starts with * in quotes"},
	{"directive", "text cannot start with %: put it in quotes"},
	{"YAML version", "this version of YAML is not known: delete the line"},
	{"document separator", `"---" ends the document within quoted text: is a quote missing above?`},
	{"map value", `a value is missing behind the last ":"`},
	{"map-key", "this cannot be the name of a field"},
	{"map key", "this cannot be the name of a field"},
	{"number value", "this looks like a number and is none: put it in quotes"},
	{"scalar value", "expected a value here, such as text, a number or a list"},
}

// yamlAdvice turns a message of the YAML library into one line that says what to do.
func yamlAdvice(said string) string {
	for _, a := range advice {
		if strings.Contains(said, a.said) {
			return a.help
		}
	}
	line, _, _ := strings.Cut(said, "\n")
	return "this is not YAML: " + line
}

// insideQuotes says whether an error of the tokenizer lies within quoted or block text.
func insideQuotes(said string) bool {
	for _, s := range []string{"escape", "surrogate", "quoted text", "document separator", "indent"} {
		if strings.Contains(said, s) && !strings.Contains(said, "end character") {
			return true
		}
	}
	return false
}
