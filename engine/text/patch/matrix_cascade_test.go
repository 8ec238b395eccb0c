package patch

import (
	"strings"

	"github.com/slop-ls/slop-ls/engine/text"
)

const goSrc = "package p\n\nfunc alpha(n int) int {\n\tif n > 0 {\n\t\tone(n)\n\t\ttwo(n)\n\t}\n\treturn n\n}\n\nfunc beta(n int) int {\n\tif n > 9 {\n\t\tthree(n)\n\t}\n\treturn n\n}\n"

const pySrc = "class A:\n    def first(self):\n        if self.ready:\n            self.start()\n        return 1\n\n    def second(self):\n        return 2\n"

// swapped is s with one text for another, which is there once.
func swapped(s, old, fresh string) string {
	if strings.Count(s, old) != 1 {
		panic("not there once: " + old)
	}
	return strings.Replace(s, old, fresh, 1)
}

func cascadeAreas() []area {
	return []area{
		{"Exact text and line ends", "", []row{
			{what: "the search stands there once", src: goSrc, search: "\t\ttwo(n)\n", replace: "\t\tdue(n)\n", want: swapped(goSrc, "two", "due"), step: text.Exact},
			{what: "part of a line", src: goSrc, search: "n > 9", replace: "n > 8", want: swapped(goSrc, "n > 9", "n > 8"), step: text.Exact},
			{what: "the search is the whole file", src: "a\nb\n", search: "a\nb\n", replace: "c\n", want: "c\n", step: text.Exact},
			{what: "an empty search and an empty file", src: "", search: "", replace: "a\n", want: "a\n", step: text.Exact},
			{what: "an empty search and a file of blank lines", src: "\n \n", search: "", replace: "a\n", want: "a\n", step: text.Exact},
			{what: "an empty search and a file with text", src: "a\n", search: "", replace: "b\n", refused: "the search text is empty and the file is not"},
			{what: "replacement and search are the same", src: goSrc, search: "\treturn n\n}\n\nfunc beta", replace: "\treturn n\n}\n\nfunc beta", want: goSrc, step: text.Exact},
			{what: "only white space is changed", src: "a( b )\n", search: "a( b )", replace: "a(b)", want: "a(b)\n", step: text.Exact},
			{what: "the search stands there twice", src: goSrc, search: "\treturn n\n", replace: "\treturn 1\n", refused: "fits several places (lines 8, 15)"},
			{what: "CRLF file, LF texts", src: "a\r\nb\r\nc\r\n", search: "a\nb\n", replace: "a\nx\ny\n", want: "a\r\nx\r\ny\r\nc\r\n", step: text.LineEndings},
			{what: "LF file, CRLF texts", src: "a\nb\nc\n", search: "a\r\nb\r\n", replace: "a\r\nx\r\n", want: "a\nx\nc\n", step: text.LineEndings},
			{what: "mixed line ends: each line keeps its own", src: "a\r\nb\nc\r\n", search: "a\nb\nc\n", replace: "a\nB\nc\n", want: "a\r\nB\nc\r\n", step: text.LineEndings},
			{what: "a byte order mark stays", src: "\ufeffa\r\nb\r\n", search: "a\nb\n", replace: "x\nb\n", want: "\ufeffx\r\nb\r\n", step: text.LineEndings},
			{what: "the file has no final newline, the texts have one", src: "a\nb", search: "a\nb\n", replace: "a\nc\n", want: "a\nc", step: text.FinalNewline},
			{what: "bytes that are not UTF-8, elsewhere", src: "\xff\xfe\na\n", search: "a", replace: "b", want: "\xff\xfe\nb\n", step: text.Exact},
			{what: "bytes that are not UTF-8, in a line that stays, seen as U+FFFD", src: "say caf\xe9\nnow\n", search: "say caf\ufffd\nnow\n", replace: "say caf\ufffd\nlater\n", want: "say caf\xe9\nlater\n", step: text.Punctuation},
			{what: "bytes that are not UTF-8, in a line that changes beside them", src: "say caf\xe9 now\n", search: "say caf\ufffd now\n", replace: "say caf\ufffd later\n", want: "say caf\xe9 later\n", step: text.Punctuation},
			{what: "bytes that are not UTF-8, to be written as U+FFFD", src: "say caf\xe9 now\n", search: "say caf\ufffd now\n", replace: "say tea, caf\ufffdx later\n and caf\ufffd\n", refused: "the replace text has U+FFFD"},
		}},
		{"White space", "", []row{
			{what: "white space at line ends of the file", src: "a  \nb\t\nc\n", search: "a\nb\n", replace: "a\nB\n", want: "a  \nB\nc\n", step: text.TrailingSpace},
			{what: "white space at line ends of the texts", src: "a\nb\nc\n", search: "a \nb  \n", replace: "a \nB  \nx \n", want: "a\nB\nx\nc\n", step: text.TrailingSpace},
			{what: "blank lines around the texts", src: "a\nb\nc\n", search: "\n\nb\nc\n\n", replace: "\n\nB\nc\n\n", want: "a\nB\nc\n", step: text.BlankLines},
			{what: "blank lines that the search has not: they stay", src: "a\n\nb\n\nc\n", search: "a\nb\nc\n", replace: "a\nB\nc\n", want: "a\n\nB\n\nc\n", step: text.BlankLines},
			{what: "blank lines that the file has not", src: "a\nb\nc\n", search: "a\n\nb\n\nc\n", replace: "a\n\nB\n\nc\n", want: "a\nB\nc\n", step: text.BlankLines},
			{what: "blank lines among lines that go: they go, too", src: "a\n\nb\nc\n", search: "a\nb\nc\n", replace: "c\n", want: "c\n", step: text.BlankLines},
			{what: "a level of indentation lost", src: goSrc, search: "if n > 9 {\n\tthree(n)\n}\n", replace: "if n > 9 {\n\tdrei(n)\n\tvier(n)\n}\n", want: swapped(goSrc, "\t\tthree(n)\n", "\t\tdrei(n)\n\t\tvier(n)\n"), step: text.Indentation},
			{what: "a level of indentation too many", src: "if x:\n    g()\n", search: "    if x:\n        g()\n", replace: "    if x:\n        h()\n", want: "if x:\n    h()\n", step: text.Indentation},
			{what: "all indentation lost", src: pySrc, search: "def first(self):\nif self.ready:\nself.start()\nreturn 1\n", replace: "def first(self):\nif self.ready:\nself.restart()\nreturn 1\n", want: swapped(pySrc, "self.start", "self.restart"), step: text.Indentation},
			{what: "all indentation lost, and new lines of unknown depth", src: pySrc, search: "def first(self):\nif self.ready:\nself.start()\nreturn 1\n", replace: "def first(self):\nif self.ready:\nself.start()\nfor x in y:\nself.stop(x)\nreturn 1\n", refused: "the search text is not in the file"},
			{what: "the first line alone has lost its indentation", src: pySrc, search: "if self.ready:  \n            self.start()\n", replace: "if self.set:  \n            self.start()\n", want: swapped(pySrc, "self.ready", "self.set"), step: text.Indentation},
			{what: "lines at the margin have lost a level that the others have not", src: goSrc, search: "func beta(n int) int {\nif n > 9 {\n\tthree(n)\n}\n", replace: "func beta(n int) int {\nif n > 9 {\n\tdrei(n)\n}\n", want: swapped(goSrc, "three", "drei"), step: text.Indentation},
			{what: "a line without its indentation, and lines after it", src: pySrc, search: "self.start()", replace: "self.start()\nself.go()", want: swapped(pySrc, "self.start()\n", "self.start()\n            self.go()\n"), step: text.Exact},
			{what: "a line without its indentation, put into a block", src: pySrc, search: "self.start()\n", replace: "if x:\n    self.start()\n", want: swapped(pySrc, "self.start()\n", "if x:\n                self.start()\n"), step: text.Exact},
			{what: "the search has lost its indentation, the replacement has not", src: pySrc, search: "self.start()\nreturn 1", replace: "            self.stop()\n        return 1", want: swapped(pySrc, "self.start", "self.stop"), step: text.Indentation},
			{what: "four spaces for a tab", src: goSrc, search: "    if n > 9 {\n        three(n)\n", replace: "    if n > 9 {\n        if n > 10 {\n            three(n)\n        }\n", want: swapped(goSrc, "\t\tthree(n)\n", "\t\tif n > 10 {\n\t\t\tthree(n)\n\t\t}\n"), step: text.Indentation},
			{what: "a tab for two spaces", src: "a:\n  b:\n    c\n", search: "\tb:\n\t\tc\n", replace: "\tb:\n\t\td\n", want: "a:\n  b:\n    d\n", step: text.Indentation},
			{what: "steps of two spaces for steps of four", src: pySrc, search: "  def first(self):\n    if self.ready:\n      self.start()\n", replace: "  def first(self):\n    if self.ready:\n      self.start()\n      self.go()\n", want: swapped(pySrc, "self.start()\n", "self.start()\n            self.go()\n"), step: text.Indentation},
			{what: "indentation that no one rule makes the file's", src: "\ta\n\t\t\tb\n\tc\n", search: "\ta\n\tb\n\t\tc\n", replace: "x\n", refused: "the nearest is at line 1"},
			{what: "a new line left of the margin", src: "a {\n  b\n}\n", search: "    a {\n      b\n    }\n", replace: "    a {\n  c\n    }\n", refused: "the search text is not in the file"},
			{what: "tabs and runs of spaces within lines", src: "x\t:= 1\ny :=  2\n", search: "x := 1\ny := 2\n", replace: "x := 1\ny := 3\n", want: "x\t:= 1\ny :=  3\n", step: text.Spacing},
			{what: "two places that differ in indentation alone", src: "\ta\n\tb\n\t\ta\n\t\tb\n", search: "a\nb\n", replace: "c\n", refused: "fits several places (lines 1, 3)"},
		}},
		{"Characters", "", []row{
			{what: "curly quotes for plain ones", src: "say(\"a\", 'b')\nrest()\n", search: "say(“a”, ‘b’)\n", replace: "say(“c”, ‘b’)\nmore(“d”)\n", want: "say(\"c\", 'b')\nmore(\"d\")\nrest()\n", step: text.Punctuation},
			{what: "plain quotes for curly ones: what stays of the line keeps its own", src: "It’s “fine” — really\n", search: "It's \"fine\" - really", replace: "It's \"good\" - really", want: "It’s “good” — really\n", step: text.Punctuation},
			{what: "a no-break space, a zero-width space, a dash", src: "a = b - c\n", search: "a\u00a0= b\u200b – c", replace: "a\u00a0= b\u200b – d", want: "a = b - d\n", step: text.Punctuation},
			{what: "an ellipsis character", src: "wait(\"...\")\n", search: "wait(\"…\")", replace: "wait(\"…\", 1)", want: "wait(\"...\", 1)\n", step: text.Punctuation},
			{what: "HTML escapes", src: "if a < b && c > d {\n\tx()\n}\n", search: "if a &lt; b &amp;&amp; c &gt; d {\n", replace: "if a &lt; b &amp;&amp; c &gt;= d {\n", want: "if a < b && c >= d {\n\tx()\n}\n", step: text.Escapes},
			{what: "HTML escapes that the file has itself", src: "<b>a &lt; b</b>\n", search: "<b>a &lt; b</b>", replace: "<b>a &gt; b</b>", want: "<b>a &gt; b</b>\n", step: text.Exact},
			{what: "line ends written as \\n", src: "func f() {\n\tg(\"x\")\n}\n", search: `func f() {\n\tg(\"x\")\n}`, replace: `func f() {\n\th(\"x\")\n}`, want: "func f() {\n\th(\"x\")\n}\n", step: text.Escapes},
			{what: "quotes written as \\\"", src: "say(\"a\")\nsay(\"b\")\n", search: `say(\"b\")`, replace: `say(\"c\")`, want: "say(\"a\")\nsay(\"c\")\n", step: text.Escapes},
			{what: "line numbers pasted into both texts", src: "a()\nb()\nc()\n", search: "2 | b()\n3 | c()\n", replace: "2 | b()\n3 | d()\n", want: "a()\nb()\nd()\n", step: text.LineNumbers},
			{what: "line numbers pasted into the search alone", src: "a()\nb()\nc()\n", search: "     2\tb()\n     3\tc()\n", replace: "b()\nd()\n", want: "a()\nb()\nd()\n", step: text.LineNumbers},
			{what: "numbers that are content", src: "m = {\n1: x,\n2: y,\n}\n", search: "1: x,\n2: y,\n", replace: "1: x,\n2: z,\n", want: "m = {\n1: x,\n2: z,\n}\n", step: text.Exact},
			{what: "numbers that do not count up", src: "a()\nb()\n", search: "1 | a()\n7 | b()\n", replace: "c()\n", refused: "the search text is not in the file"},
		}},
		{"Lines left out", "A line `...`, alone or in a comment, or one like `// ... existing code ...`.", []row{
			{what: "in both texts, for lines that stay", src: goSrc, search: "func alpha(n int) int {\n\t...\n\treturn n\n}\n", replace: "func alpha(n int) int {\n\t...\n\treturn n + 1\n}\n", want: swapped(goSrc, "\treturn n\n}\n\nfunc beta", "\treturn n + 1\n}\n\nfunc beta"), step: text.Elisions},
			{what: "as a remark", src: pySrc, search: "    def first(self):\n        # ... existing code ...\n        return 1\n", replace: "    def first(self):\n        # ... existing code ...\n        return 11\n", want: swapped(pySrc, "return 1\n", "return 11\n"), step: text.Elisions},
			{what: "around what the texts show", src: goSrc, search: "...\n\t\tthree(n)\n...\n", replace: "...\n\t\tdrei(n)\n...\n", want: swapped(goSrc, "three", "drei"), step: text.Elisions},
			{what: "in the search alone: unseen lines would go", src: goSrc, search: "func alpha(n int) int {\n\t...\n\treturn n\n}\n", replace: "func alpha(n int) int {\n\treturn 2\n}\n", refused: "stands for lines that the replacement would take away unseen"},
			{what: "at the end of the search alone", src: goSrc, search: "func beta(n int) int {\n\tif n > 9 {\n\t...\n", replace: "func beta(n int) int {\n\treturn 1\n}\n", refused: "stands for lines that the replacement would take away unseen"},
			{what: "in the replacement alone", src: goSrc, search: "\t\tone(n)\n\t\ttwo(n)\n", replace: "\t\t// ... existing code ...\n\t\ttwo(n)\n", refused: "leaves out lines and is no text of the file"},
			{what: "in the replacement alone, in words", src: pySrc, search: "        return 1\n", replace: "        # rest of the method remains unchanged\n", refused: "leaves out lines and is no text of the file"},
			{what: "three dots that are Python", src: "class P:\n    def f(self):\n        pass\n", search: "        pass\n", replace: "        ...\n", want: "class P:\n    def f(self):\n        ...\n", step: text.Exact},
			{what: "dots that stand in the file", src: "f(a, ...)\n...\nend\n", search: "...\nend\n", replace: "...\nfin\n", want: "f(a, ...)\n...\nfin\n", step: text.Exact},
			{what: "over the end of the block", src: "func a() {\n\tx()\n}\n\nfunc b() {\n\treturn 1\n}\n", search: "func a() {\n\t...\n\treturn 1\n}\n", replace: "func a() {\n\t...\n\treturn 2\n}\n", refused: "the search text is not in the file"},
			{what: "between lines that are there twice", src: "func a() {\n\tx()\n\ty()\n\tend()\n}\n\nfunc a2() {\n\tx()\n\tz()\n\tend()\n}\n", search: "\tx()\n\t...\n\tend()\n", replace: "\tx()\n\t...\n\tfin()\n", refused: "fits several places"},
		}},
		{"Slips in lines that stay", "The lines to be removed are there, most of the others are, and no other place is nearly as good.", []row{
			{what: "letters swapped in a word", src: goSrc, search: "\tif n > 9 {\n\t\tthree(n)\n\t}\n\treutrn n\n}\n", replace: "\tif n > 9 {\n\t\tdrei(n)\n\t}\n\treutrn n\n}\n", want: swapped(goSrc, "three", "drei"), step: text.Context},
			{what: "a word of a comment", src: "// Counts what was read so far.\nread := 0\nsize := 1\nlast := 2\n", search: "// Counts what has been read so far.\nread := 0\nsize := 1\n", replace: "// Counts what has been read so far.\nread := 0\nsize := 10\n", want: "// Counts what was read so far.\nread := 0\nsize := 10\nlast := 2\n", step: text.Context},
			{what: "white space within a line", src: "total := sum(a,b)\nprint(total)\nclose(a)\n", search: "total := sum( a, b )\nprint(total)\nclose(a)\n", replace: "total := sum( a, b )\nprint(total)\nclose(b)\n", want: "total := sum(a,b)\nprint(total)\nclose(b)\n", step: text.Context},
			{what: "a line forgotten", src: "first := open()\nsecond := read(first)\nthird := parse(second)\nfourth := show(third)\nfifth := 5\n", search: "first := open()\nthird := parse(second)\nfourth := show(third)\nfifth := 5\n", replace: "first := open()\nthird := parse(second)\nfourth := show(third)\nfifth := 6\n", want: "first := open()\nsecond := read(first)\nthird := parse(second)\nfourth := show(third)\nfifth := 6\n", step: text.Context},
			{what: "a parameter more in the head of the function", src: goSrc, search: "func alpha(n int, m int) int {\n\tif n > 0 {\n\t\tone(n)\n\t\ttwo(n)\n\t}\n", replace: "func alpha(n int, m int) int {\n\tif n > 0 {\n\t\tone(n)\n\t\tzwei(n)\n\t}\n", want: swapped(goSrc, "two", "zwei"), step: text.Context},
			{what: "a line to be removed is not there", src: goSrc, search: "\tif n > 9 {\n\t\tfour(n)\n\t}\n", replace: "\tif n > 9 {\n\t\tfive(n)\n\t}\n", refused: "its line 2 is not there: four(n)"},
			{what: "a line to be removed is nearly there", src: goSrc, search: "\tif n > 9 {\n\t\tthreee(n)\n\t}\n", replace: "\tif n > 9 {\n\t\tfive(n)\n\t}\n", refused: "its line 2 is not there"},
			{what: "a line to be removed is there, elsewhere", src: goSrc, search: "\tif n > 9 {\n\t\tone(n)\n\t}\n", replace: "\tif n > 9 {\n\t\tfive(n)\n\t}\n", refused: "the search text is not in the file"},
			{what: "the head of another function", src: goSrc, search: "func gamma(n int) int {\n\tif n > 9 {\n\t\tthree(n)\n\t}\n", replace: "func gamma(n int) int {\n\tif n > 9 {\n\t\tdrei(n)\n\t}\n", refused: "its line 1 is not there: func gamma"},
			{what: "two functions that are equally near", src: "func a1() {\n\topen()\n\tread()\n\tclose()\n}\n\nfunc a2() {\n\topen()\n\tread()\n\tclose()\n}\n", search: "func a3() {\n\topen()\n\tread()\n\tclose()\n}\n", replace: "func a3() {\n\topen()\n\twrite()\n\tclose()\n}\n", refused: "the search text is not in the file"},
			{what: "the name of another entry", src: "- name: web\n  image: a:1\n  port: 80\n- name: db\n  image: b:1\n", search: "- name: cache\n  image: a:1\n  port: 80\n- name: db\n", replace: "- name: cache\n  image: a:2\n  port: 80\n- name: db\n", refused: "its line 1 is not there: - name: cache"},
			{what: "a block that ends elsewhere", src: "if a:\n    x()\ny()\n", search: "if a:\n    x()\n    y()\n", replace: "if a:\n    x()\n    z()\n", refused: "the nearest is at line 1"},
			{what: "lines of two places put together", src: goSrc, search: "\tif n > 0 {\n\t\tone(n)\n\t\tthree(n)\n\t}\n", replace: "\tif n > 0 {\n\t\tone(n)\n\t\tthree(n)\n\t\tfour(n)\n\t}\n", refused: "the search text is not in the file"},
			{what: "an insertion between lines that are not neighbours any more", src: "alpha := 1\nbeta := 2\ngamma := 3\ndelta := 4\nepsilon := 5\n", search: "alpha := 1\nbeta := 2\ndelta := 4\nepsilon := 5\n", replace: "alpha := 1\nbeta := 2\nfresh := 0\ndelta := 4\nepsilon := 5\n", refused: "the search text is not in the file"},
		}},
		{"What is not done", "", []row{
			{what: "the file reads as the replacement already", src: swapped(goSrc, "three", "drei"), search: "\t\tthree(n)\n", replace: "\t\tdrei(n)\n", refused: "the file already reads as the replace text says at line 13"},
			{what: "the lines to be added are there already", src: swapped(goSrc, "\t\tthree(n)\n", "\t\tthree(n)\n\t\tlogThree(n, 3)\n"), search: "\t\tthree(n)\n", replace: "\t\tthree(n)\n\t\tlogThree(n, 3)\n", refused: "the file already reads as the replace text says"},
			{what: "nothing like the search is there", src: goSrc, search: "zebra crossing\n", replace: "x\n", refused: "nor is anything like it: read the file again"},
			{what: "a line is there twice and one of them is to go, in texts without indentation", src: "if a {\n\tif b {\n\t\tx()\n\t}\n}\ny()\n", search: "if b {\nx()\n}\n}\n", replace: "if b {\nx()\n}\n", refused: "the search text is not in the file"},
		}},
	}
}
