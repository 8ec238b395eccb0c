//go:build cgo

package treesitter

import "strings"

// readImport notes which names a statement takes from which module: Python's two imports, ECMAScript's import and
// its `export … from`.
func (w *walker) readImport(k node) {
	kids := w.children(k)
	if module, ok := field(kids, "module_name"); ok {
		w.importNames(kids, w.text(module.span))
		return
	}
	if source, ok := field(kids, "source"); ok {
		w.importClauses(k, kids, unquote(w.text(source.span)))
		return
	}
	for _, kid := range kids {
		if kid.field == "name" {
			name, alias := w.aliased(kid)
			w.imports = append(w.imports, imported{module: name, alias: alias})
		}
	}
}

func unquote(s string) string { return strings.Trim(s, "\"'`") }

// importNames reads the names of `from module import …`.
func (w *walker) importNames(kids []node, module string) {
	for _, kid := range kids {
		switch {
		case kid.kind == "wildcard_import":
			w.imports = append(w.imports, imported{module: module, name: "*"})
		case kid.field == "name":
			name, alias := w.aliased(kid)
			w.imports = append(w.imports, imported{module: module, name: name, alias: alias})
		}
	}
}

// aliased reads a name and what it is called here, which is itself where nothing else is said.
func (w *walker) aliased(n node) (name, alias string) {
	kids := w.children(n)
	a, renamed := field(kids, "alias")
	original, ok := field(kids, "name")
	if !ok {
		original = n
	}
	if !renamed {
		a = original
	}
	return w.text(original.span), w.text(a.span)
}

// importClauses reads what stands between `import` or `export` and `from`.
func (w *walker) importClauses(k node, kids []node, module string) {
	found := false
	for _, kid := range kids {
		switch kid.kind {
		case "import_clause", "export_clause", "named_imports":
			w.importClause(kid, module)
			found = true
		case "namespace_export":
			found = true
		}
	}
	if !found && k.kind == "export_statement" {
		w.imports = append(w.imports, imported{module: module, name: "*"})
	}
}

func (w *walker) importClause(clause node, module string) {
	for _, kid := range w.children(clause) {
		switch kid.kind {
		case "identifier":
			w.imports = append(w.imports, imported{module: module, name: "default", alias: w.text(kid.span)})
		case "namespace_import":
			if id, ok := field(w.children(kid), "*identifier"); ok {
				w.imports = append(w.imports, imported{module: module, alias: w.text(id.span)})
			}
		case "named_imports":
			w.importClause(kid, module)
		case "import_specifier", "export_specifier":
			name, alias := w.aliased(kid)
			w.imports = append(w.imports, imported{module: module, name: name, alias: alias})
		}
	}
}
