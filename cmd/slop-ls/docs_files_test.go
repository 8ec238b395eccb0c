package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// named is a path of the tree as the documents name it: from the root, in backquotes. It may be a pattern.
var named = regexp.MustCompile("`((?:cmd|docs|editors|engine|lsp|store|treesitter)/[A-Za-z0-9_./*-]+)`")

// TestDocsNameFilesThatAreThere: files and folders move, and whoever reads a document must find what it names.
func TestDocsNameFilesThatAreThere(t *testing.T) {
	t.Parallel()
	docs, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(docs) == 0 {
		t.Fatalf("no documents (%v)", err)
	}
	found := 0
	for _, doc := range append(docs, "../../README.md") {
		data, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(data), -1) {
			if strings.Contains(m[1], "...") { // of the go command: everything below
				continue
			}
			found++
			if there, err := filepath.Glob(filepath.Join("../..", filepath.FromSlash(m[1]))); err != nil || len(there) == 0 {
				t.Errorf("%s names %s, which is not there (%v)", filepath.Base(doc), m[1], err)
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d paths were found: the pattern fits no more", found)
	}
}
