package patch

import "strings"

// one is a workspace of one file.
func one(content string) map[string]string { return map[string]string{"a.txt": content} }

// block is a SEARCH/REPLACE block.
func block(search, replace string) string {
	return "<<<<<<< SEARCH\n" + search + "=======\n" + replace + ">>>>>>> REPLACE\n"
}

// enveloped is an apply_patch input.
func enveloped(body string) string { return "*** Begin Patch\n" + body + "*** End Patch\n" }

const abc = "alpha\nbeta\ngamma\n"

func formAreas() []area {
	return []area{blockArea(), unifiedArea(), envelopeArea(), inputArea()}
}

func blockArea() area {
	plain := block("beta\n", "BETA\n")
	then := one("alpha\nBETA\ngamma\n")
	var rows []row
	for _, head := range []struct{ what, head string }{
		{"the path on the line above", "a.txt\n"},
		{"the path in backticks", "`a.txt`\n"},
		{"the path in bold, with a colon", "**a.txt**:\n"},
		{"the path as a heading", "### a.txt\n"},
		{"the path with a label", "File: `a.txt`\n"},
		{"the path with ./ before it", "./a.txt\n"},
		{"the path above a fence", "a.txt\n```text\n"},
		{"the path within a fence", "```text\na.txt\n"},
		{"the path in the fence's own line", "```text a.txt\n"},
		{"the path in a sentence", "Now I change `a.txt` like this:\n\n"},
		{"blank lines between path and block", "a.txt\n\n\n"},
	} {
		rows = append(rows, row{what: head.what, files: one(abc), input: head.head + plain, then: then})
	}
	rows = append(rows, []row{
		{what: "the path after the marker", files: one(abc), input: strings.Replace(plain, "SEARCH", "SEARCH a.txt", 1), then: then},
		{what: "five or nine signs in a marker", files: one(abc), input: "a.txt\n<<<<< SEARCH\nbeta\n=========\nBETA\n>>>>>>>>> REPLACE\n", then: then},
		{what: "dashes and pluses for markers", files: one(abc), input: "a.txt\n------- SEARCH\nbeta\n=======\nBETA\n+++++++ REPLACE\n", then: then},
		{what: "the end without its word", files: one(abc), input: "a.txt\n<<<<<<< SEARCH\nbeta\n=======\nBETA\n>>>>>>>\n", then: then},
		{what: "a line number after the marker", files: one(abc), input: "a.txt\n<<<<<<< SEARCH\n:start_line:2\n-------\nbeta\n=======\nBETA\n>>>>>>> REPLACE\n", then: then},
		{what: "several blocks after one path", files: one(abc), input: "a.txt\n" + plain + "\nand\n\n" + block("gamma\n", "GAMMA\n"), then: one("alpha\nBETA\nGAMMA\n")},
		{what: "a block on what an earlier one made", files: one(abc), input: "a.txt\n" + plain + block("BETA\n", "b\n"), then: one("alpha\nb\ngamma\n")},
		{what: "a block in CRLF for a file in LF", files: one(abc), input: strings.ReplaceAll("a.txt\n"+plain, "\n", "\r\n"), then: then},
		{what: "an empty search for a file that is not there", files: one(abc), input: "b/c.txt\n" + block("", "new\n"), then: map[string]string{"a.txt": abc, "b/c.txt": "new\n"}},
		{what: "an empty replacement", files: one(abc), input: "a.txt\n" + block("beta\n", ""), then: one("alpha\ngamma\n")},
		{what: "a divider in the content", files: one("Title\n=======\ntext\n"), input: "a.txt\n" + block("Title\n=======\ntext\n", "Title\n=======\nwords\n"), then: one("Title\n=======\nwords\n")},
		{what: "a name without an extension, alone on the line above", files: map[string]string{"justfile": abc}, input: "justfile\n" + plain, then: map[string]string{"justfile": "alpha\nBETA\ngamma\n"}},
		{what: "a word alone on the line above, and nothing to search for", files: one(abc), input: "Done\n" + block("", "x\n"), refused: "does not say which file it is for"},
		{what: "no path at all", files: one(abc), input: plain, refused: "does not say which file it is for"},
		{what: "a path that is not there", files: one(abc), input: "z.txt\n" + plain, refused: "there is no such file"},
		{what: "an empty search for a file with text", files: one(abc), input: "a.txt\n" + block("", "x\n"), refused: "the search text is empty and the file is not"},
		{what: "whole lines alone: not the end of one", files: one("max = 1\n"), input: "a.txt\n" + block("x = 1\n", "x = 2\n"), refused: "the search text is not in the file"},
		{what: "one block of two does not fit: neither is made", files: one(abc), input: "a.txt\n" + plain + block("delta\n", "d\n"), refused: "nor is anything like it"},
		{what: "search and replacement of a block are the same", files: one(abc), input: "a.txt\n" + block("beta\n", "beta\n"), refused: "search and replacement are the same"},
		{what: "a block without an end", files: one(abc), input: "a.txt\n<<<<<<< SEARCH\nbeta\n=======\nBETA\n", refused: "the block has no end; perhaps the input was cut off"},
		{what: "a block within a block", files: one(abc), input: "a.txt\n<<<<<<< SEARCH\nbeta\n" + plain, refused: "a block begins before the one at the lines above has ended"},
		{what: "a block without a divider", files: one(abc), input: "a.txt\n<<<<<<< SEARCH\nbeta\n>>>>>>> REPLACE\n", refused: "the block has no ======="},
		{what: "an end without a beginning", files: one(abc), input: "a.txt\n" + plain + ">>>>>>> REPLACE\n", refused: "a block ends here that did not begin"},
		{what: "a binary file", files: one("a\x00b\n"), input: "a.txt\n" + block("b\n", "c\n"), refused: "the file is binary"},
	}...)
	return area{"SEARCH/REPLACE blocks", "", rows}
}

func unifiedArea() area {
	hunk := " alpha\n-beta\n+BETA\n gamma\n"
	then := one("alpha\nBETA\ngamma\n")
	sides := "--- a/a.txt\n+++ b/a.txt\n"
	twice := "head one\nsame line\ntail\nhead two\nsame line\ntail\n"
	return area{"Unified diffs", "", []row{
		{what: "as git writes it", files: one(abc), input: "diff --git a/a.txt b/a.txt\nindex 123..456 100644\n" + sides + "@@ -1,3 +1,3 @@\n" + hunk, then: then},
		{what: "without a/ and b/, with times", files: one(abc), input: "--- a.txt\t2026-01-01 00:00:00\n+++ a.txt\t2026-01-02 00:00:00\n@@ -1,3 +1,3 @@\n" + hunk, then: then},
		{what: "a path with spaces, quoted", files: map[string]string{"a b.txt": abc}, input: "--- \"a/a b.txt\"\n+++ \"b/a b.txt\"\n@@ -1,3 +1,3 @@\n" + hunk, then: map[string]string{"a b.txt": "alpha\nBETA\ngamma\n"}},
		{what: "in a fence, with words around it", files: one(abc), input: "Here it is:\n```diff\n" + sides + "@@ -1,3 +1,3 @@\n" + hunk + "```\n- that was all\n", then: then},
		{what: "wrong counts", files: one(abc), input: sides + "@@ -1,30 +1,2 @@\n" + hunk, then: then},
		{what: "wrong line numbers", files: one("x\ny\nz\n" + abc), input: sides + "@@ -40,3 +40,3 @@\n" + hunk, then: one("x\ny\nz\nalpha\nBETA\ngamma\n")},
		{what: "no line numbers", files: one(abc), input: sides + "@@ ... @@\n" + hunk, then: then},
		{what: "no file's header, but a path above the hunk", files: one(abc), input: "`a.txt`\n@@ -1,3 +1,3 @@\n" + hunk, then: then},
		{what: "an empty line that has lost its space", files: one("alpha\n\nbeta\ngamma\n"), input: sides + "@@ -1,4 +1,4 @@\n alpha\n\n-beta\n+BETA\n gamma\n", then: one("alpha\n\nBETA\ngamma\n")},
		{what: "lines that have lost their space", files: one(abc), input: sides + "@@ -1,3 +1,3 @@\nalpha\n-beta\n+BETA\ngamma\n", then: then},
		{what: "several hunks that drift", files: one("a1\na2\na3\na4\na5\na6\na7\n"), input: sides + "@@ -1,2 +1,3 @@\n a1\n+new\n a2\n@@ -6,2 +7,1 @@\n a6\n-a7\n", then: one("a1\nnew\na2\na3\na4\na5\na6\n")},
		{what: "several files", files: map[string]string{"a.txt": abc, "b.txt": "x\n"}, input: sides + "@@ -1,3 +1,3 @@\n" + hunk + "--- a/b.txt\n+++ b/b.txt\n@@ -1 +1 @@\n-x\n+y\n", then: map[string]string{"a.txt": "alpha\nBETA\ngamma\n", "b.txt": "y\n"}},
		{what: "the line number decides between two places", files: one(twice), input: sides + "@@ -5,2 +5,2 @@\n-same line\n+other line\n tail\n", then: one("head one\nsame line\ntail\nhead two\nother line\ntail\n")},
		{what: "two places and a number that is neither's", files: one(twice), input: sides + "@@ -9,2 +9,2 @@\n-same line\n+other line\n tail\n", refused: "fits several places (lines 2, 5)"},
		{what: "the order of the hunks decides", files: one(twice), input: sides + "@@\n-head two\n+HEAD two\n@@\n-same line\n+other line\n", then: one("head one\nsame line\ntail\nHEAD two\nother line\ntail\n")},
		{what: "a removed line that begins with --", files: one("-- note\nx\n"), input: sides + "@@ -1,2 +1,1 @@\n--- note\n x\n", then: one("x\n")},
		{what: "the context slips", files: one("alpha := first()\nbeta\ngamma delta epsilon\n"), input: sides + "@@ -1,3 +1,3 @@\n alpha := first()\n-beta\n+BETA\n gamma delta epsilom\n", then: one("alpha := first()\nBETA\ngamma delta epsilon\n")},
		{what: "a new file", files: one(abc), input: "--- /dev/null\n+++ b/n.txt\n@@ -0,0 +1,2 @@\n+x\n+y\n", then: map[string]string{"a.txt": abc, "n.txt": "x\ny\n"}},
		{what: "a new file that may be run", files: one(abc), input: "diff --git a/n.sh b/n.sh\nnew file mode 100755\n--- /dev/null\n+++ b/n.sh\n@@ -0,0 +1 @@\n+x\n", then: map[string]string{"a.txt": abc, "n.sh": "x\n"}, mode: 0o755},
		{what: "a new file without a final newline", files: map[string]string{}, input: "--- /dev/null\n+++ b/n.txt\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n", then: map[string]string{"n.txt": "x"}},
		{what: "a deleted file", files: map[string]string{"a.txt": abc, "b.txt": "x\n"}, input: "--- a/b.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n", then: one(abc)},
		{what: "a renamed file", files: one(abc), input: "diff --git a/a.txt b/b.txt\nsimilarity index 100%\nrename from a.txt\nrename to b.txt\n", then: map[string]string{"b.txt": abc}},
		{what: "a renamed and changed file", files: one(abc), input: "diff --git a/a.txt b/b.txt\nrename from a.txt\nrename to b.txt\n--- a/a.txt\n+++ b/b.txt\n@@ -1,3 +1,3 @@\n" + hunk, then: map[string]string{"b.txt": "alpha\nBETA\ngamma\n"}},
		{what: "a mode alone", files: one(abc), input: "diff --git a/a.txt b/a.txt\nold mode 100644\nnew mode 100755\n", then: one(abc), mode: 0o755},
		{what: "the final newline goes", files: one("a\nb\n"), input: sides + "@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n", then: one("a\nc")},
		{what: "the final newline comes", files: one("a\nb"), input: sides + "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n", then: one("a\nb\n")},
		{what: "a new file where there is one", files: one(abc), input: "--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1 @@\n+x\n", refused: "there is a file of this name already"},
		{what: "a deleted file that has other lines", files: one(abc), input: "--- a/a.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-alpha\n", refused: "the file has other lines than those that the patch removes"},
		{what: "lines are added, and nothing says where", files: one(abc), input: sides + "@@ -2,0 +3 @@\n+x\n", refused: "does not say where"},
		{what: "a removed line of a diff is not there", files: one(abc), input: sides + "@@ -1,3 +1,3 @@\n alpha\n-delta\n+x\n gamma\n", refused: "is not in the file"},
		{what: "a hunk for no file", files: one(abc), input: "@@ -1,3 +1,3 @@\n" + hunk, refused: "does not say which file it is for"},
		{what: "a binary diff", files: one(abc), input: "diff --git a/p.png b/p.png\nBinary files a/p.png and b/p.png differ\n", refused: "the diff is of a binary file"},
		{what: "a symbolic link", files: one(abc), input: "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+x\n", refused: "the diff makes a link or a submodule"},
		{what: "cut off in the last hunk", files: one(abc), input: sides + "@@ -1,9 +1,9 @@\n alpha\n-beta\n+BE", refused: "it was cut off"},
	}}
}

func envelopeArea() area {
	const src = "class A:\n    def run(self):\n        go()\n        end()\n\nclass B:\n    def run(self):\n        go()\n        end()\n"
	at := func(n int, old, fresh string) map[string]string {
		parts := strings.SplitAfterN(src, old, n+1)
		last := len(parts) - 2
		parts[last] = strings.TrimSuffix(parts[last], old) + fresh
		return one(strings.Join(parts, ""))
	}
	return area{"apply_patch", "", []row{
		{what: "a file updated", files: one(abc), input: enveloped("*** Update File: a.txt\n@@\n alpha\n-beta\n+BETA\n"), then: one("alpha\nBETA\ngamma\n")},
		{what: "without @@ before the first hunk", files: one(abc), input: enveloped("*** Update File: a.txt\n alpha\n-beta\n+BETA\n"), then: one("alpha\nBETA\ngamma\n")},
		{what: "in a shell's heredoc", files: one(abc), input: "apply_patch <<'EOF'\n" + enveloped("*** Update File: a.txt\n@@\n-beta\n+BETA\n") + "EOF\n", then: one("alpha\nBETA\ngamma\n")},
		{what: "the line after @@ says in which block", files: one(src), input: enveloped("*** Update File: a.txt\n@@ class B:\n-        go()\n+        went()\n"), then: at(2, "go()", "went()")},
		{what: "two lines after @@, one within the other", files: one(src), input: enveloped("*** Update File: a.txt\n@@ class A:\n@@ def run(self):\n-        go()\n+        went()\n"), then: at(1, "go()", "went()")},
		{what: "the hunks come in the file's order", files: one(src), input: enveloped("*** Update File: a.txt\n@@\n-class B:\n+class C:\n@@\n-        go()\n+        went()\n"), then: one(strings.Replace(at(2, "go()", "went()")["a.txt"], "class B", "class C", 1))},
		{what: "the end of the file", files: one("x\ny\nx\ny\n"), input: enveloped("*** Update File: a.txt\n@@\n x\n-y\n+z\n*** End of File\n"), then: one("x\ny\nx\nz\n")},
		{what: "lines without a place come at the end", files: one(abc), input: enveloped("*** Update File: a.txt\n@@\n+delta\n"), then: one(abc + "delta\n")},
		{what: "a file added", files: one(abc), input: enveloped("*** Add File: b/c.txt\n+x\n+\n+y\n"), then: map[string]string{"a.txt": abc, "b/c.txt": "x\n\ny\n"}},
		{what: "a file deleted", files: map[string]string{"a.txt": abc, "b.txt": "x\n"}, input: enveloped("*** Delete File: b.txt\n"), then: one(abc)},
		{what: "a file moved", files: one(abc), input: enveloped("*** Update File: a.txt\n*** Move to: d/b.txt\n@@\n-beta\n+BETA\n"), then: map[string]string{"d/b.txt": "alpha\nBETA\ngamma\n"}},
		{what: "a dash in the file that is none of ASCII", files: one("import x  # local \u2013 only\n"), input: enveloped("*** Update File: a.txt\n@@\n-import x  # local - only\n+import x\n"), then: one("import x\n")},
		{what: "two blocks fit and no line says which", files: one(src), input: enveloped("*** Update File: a.txt\n@@\n-        go()\n+        went()\n"), refused: "fits several places (lines 3, 8)"},
		{what: "the line after @@ is not there", files: one(src), input: enveloped("*** Update File: a.txt\n@@ class Z:\n-        go()\n+        went()\n"), refused: "the line after @@ is not in the file: class Z:"},
		{what: "the line after @@ is there twice, and both fit", files: one(src), input: enveloped("*** Update File: a.txt\n@@ def run(self):\n-        go()\n+        went()\n"), refused: "the line after @@ is in the file several times"},
		{what: "a file added where there is one", files: one(abc), input: enveloped("*** Add File: a.txt\n+x\n"), refused: "there is a file of this name already"},
		{what: "a file deleted that is not there", files: one(abc), input: enveloped("*** Delete File: z.txt\n"), refused: "there is no such file"},
		{what: "a file moved onto another", files: map[string]string{"a.txt": abc, "b.txt": "x\n"}, input: enveloped("*** Update File: a.txt\n*** Move to: b.txt\n@@\n-beta\n+BETA\n"), refused: "there is a file of this name already"},
		{what: "a file changed after it was deleted", files: one(abc), input: enveloped("*** Delete File: a.txt\n*** Update File: a.txt\n@@\n-beta\n+BETA\n"), refused: "an earlier part of the patch takes the file away"},
		{what: "no End Patch", files: one(abc), input: "*** Begin Patch\n*** Update File: a.txt\n@@\n-beta\n", refused: "the patch has no end; perhaps the input was cut off"},
		{what: "a line of a new file without +", files: one(abc), input: enveloped("*** Add File: n.txt\n+x\ny\n"), refused: "each line of a new file begins with +"},
	}}
}

func inputArea() area {
	return area{"Any input", "Paths that are absolute, lead out of the root, go through a link or are git's own are refused by `apply`: see\n`cmd/slop-ls/testdata/script/apply_escapes.txtar`.", []row{
		{what: "no patch in it", files: one(abc), input: "I have changed the file.\n", refused: "the input has no patch"},
		{what: "blocks and an envelope", files: one(abc), input: "a.txt\n" + block("beta\n", "b\n") + enveloped("*** Delete File: a.txt\n"), refused: "a part in the form apply-patch follows one in the form search-replace"},
		{what: "an envelope and a diff", files: one(abc), input: enveloped("*** Update File: a.txt\n@@\n-beta\n+b\n") + "--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-alpha\n+a\n", refused: "a part in the form unified-diff follows one in the form apply-patch"},
		{what: "the markers of a merge conflict", files: one(abc), input: "<<<<<<< HEAD\nbeta\n=======\nb\n>>>>>>> other\n", refused: "the markers of a merge conflict, not of a patch"},
	}}
}
