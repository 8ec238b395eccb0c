package treesitter

// rules tell the walker what a grammar's node kinds mean. They are data: a language is added by writing one.
type rules struct {
	decls      map[string]declRule
	wrappers   set               // hold one declaration and belong to it: decorated_definition, export_statement
	scopes     set               // statements in which declarations count as the file's own: if, try
	blocks     set               // the bodies of statements and functions
	functions  set               // function-valued expressions, whose field "body" is elided
	classes    set               // class-valued expressions
	bulky      map[string]string // literals that are elided when long, and what stands for them
	comments   set
	decorators set // where they stand before a declaration as siblings
	imports    set // import statements
	heads      set // what a targeted view keeps of the top of a file beside imports
	docstrings bool
	body       string // stands for a body; "" where bodies are indented blocks
	value      string // stands for a value of any other kind
	statement  string // stands for a long statement
	names      set    // identifiers
	members    map[string]memberRule
}

type set map[string]bool

func setOf(kinds ...string) set {
	s := set{}
	for _, k := range kinds {
		s[k] = true
	}
	return s
}

// declRule says how a node declares something. Fields are the grammar's field names.
type declRule struct {
	kind    string
	name    string // field of the name; "." where the node is itself the name
	specs   string // kind of the children that declare one name each
	body    string // field of what is elided
	members string // field of what is walked for members
	value   string // field of a value
	owner   string // field of a Go receiver
	unit    bool
}

// memberRule names the two sides of an access such as `a.b`.
type memberRule struct{ object, member string }

var pythonRules = &rules{
	decls: map[string]declRule{
		"function_definition":  {kind: "function", name: "name", body: "body"},
		"class_definition":     {kind: "class", name: "name", members: "body"},
		"assignment":           {kind: "var", name: "left", value: "right"},
		"type_alias_statement": {kind: "type", name: "*type"},
	},
	wrappers:   setOf("decorated_definition", "expression_statement"),
	scopes:     setOf("if_statement", "elif_clause", "else_clause", "try_statement", "except_clause", "finally_clause", "with_statement"),
	blocks:     setOf("block"),
	bulky:      map[string]string{"list": "[...]", "dictionary": "{...}", "set": "{...}", "tuple": "(...)", "argument_list": "(...)", "string": `"..."`, "concatenated_string": `"..."`, "parenthesized_expression": "(...)", "list_comprehension": "[...]", "dictionary_comprehension": "{...}", "generator_expression": "(...)"},
	comments:   setOf("comment"),
	decorators: setOf(),
	imports:    setOf("import_statement", "import_from_statement", "future_import_statement"),
	docstrings: true,
	value:      "...",
	statement:  "...",
	names:      setOf("identifier"),
	members:    map[string]memberRule{"attribute": {"object", "attribute"}},
}

var goRules = &rules{
	decls: map[string]declRule{
		"function_declaration": {kind: "function", name: "name", body: "body"},
		"method_declaration":   {kind: "method", name: "name", body: "body", owner: "receiver"},
		"type_declaration":     {kind: "type", specs: "type_spec"},
		"type_spec":            {kind: "type", name: "name", unit: true},
		"const_declaration":    {kind: "const", specs: "const_spec"},
		"const_spec":           {kind: "const", name: "name", value: "value"},
		"var_declaration":      {kind: "var", specs: "var_spec"},
		"var_spec":             {kind: "var", name: "name", value: "value"},
	},
	blocks:    setOf("block"),
	functions: setOf("func_literal"),
	bulky:     map[string]string{"literal_value": goBody, "argument_list": "(/* ... */)", "interpreted_string_literal": `"..."`, "raw_string_literal": `"..."`},
	comments:  setOf("comment"),
	imports:   setOf("import_declaration"),
	heads:     setOf("package_clause"),
	body:      goBody,
	value:     "nil /* ... */",
	statement: "/* ... */",
	names:     setOf("identifier", "type_identifier", "field_identifier", "package_identifier"),
	members:   map[string]memberRule{"selector_expression": {"operand", "field"}, "qualified_type": {"package", "name"}},
}

var (
	javascriptRules = ecmaRules(nil, "property")
	typescriptRules = ecmaRules(typescriptDecls, "name")
	tsxRules        = typescriptRules
)

// typescriptDecls are what TypeScript declares beyond JavaScript.
var typescriptDecls = map[string]declRule{
	"function_signature":         {kind: "function", name: "name"},
	"abstract_class_declaration": {kind: "class", name: "name", members: "body"},
	"abstract_method_signature":  {kind: "method", name: "name"},
	"method_signature":           {kind: "method", name: "name"},
	"property_signature":         {kind: "field", name: "name"},
	"public_field_definition":    {kind: "field", name: "name", value: "value"},
	"interface_declaration":      {kind: "interface", name: "name", members: "body", unit: true},
	"type_alias_declaration":     {kind: "type", name: "name", unit: true},
	"enum_declaration":           {kind: "enum", name: "name", members: "body", unit: true},
	"enum_assignment":            {kind: "enum member", name: "name"},
	"property_identifier":        {kind: "enum member", name: "."},
	"internal_module":            {kind: "namespace", name: "name", members: "body"},
	"module":                     {kind: "namespace", name: "name", members: "body"},
}

// ecmaRules are those of JavaScript, with more declarations added. property is the field of a class field's name.
func ecmaRules(more map[string]declRule, property string) *rules {
	decls := map[string]declRule{
		"function_declaration":           {kind: "function", name: "name", body: "body"},
		"generator_function_declaration": {kind: "function", name: "name", body: "body"},
		"class_declaration":              {kind: "class", name: "name", members: "body"},
		"method_definition":              {kind: "method", name: "name", body: "body"},
		"field_definition":               {kind: "field", name: property, value: "value"},
		"lexical_declaration":            {kind: "const", specs: "variable_declarator"},
		"variable_declaration":           {kind: "var", specs: "variable_declarator"},
		"variable_declarator":            {kind: "var", name: "name", value: "value"},
		"assignment_expression":          {kind: "var", name: "left", value: "right"},
	}
	for kind, rule := range more {
		decls[kind] = rule
	}
	return &rules{
		decls:      decls,
		wrappers:   setOf("export_statement", "ambient_declaration", "expression_statement"),
		scopes:     setOf("if_statement", "else_clause", "try_statement", "catch_clause", "finally_clause"),
		blocks:     setOf("statement_block"),
		functions:  setOf("arrow_function", "function_expression", "function", "generator_function", "method_definition", "function_declaration", "class_static_block"),
		classes:    setOf("class"),
		bulky:      map[string]string{"object": "{ /* ... */ }", "array": "[/* ... */]", "arguments": "(/* ... */)", "string": `"..."`, "template_string": "`...`", "parenthesized_expression": "(null /* ... */)", "jsx_element": "null /* ... */", "jsx_self_closing_element": "null /* ... */", "jsx_fragment": "null /* ... */"},
		comments:   setOf("comment"),
		decorators: setOf("decorator"),
		imports:    setOf("import_statement"),
		body:       "{ /* ... */ }",
		value:      "undefined /* ... */",
		statement:  "/* ... */;",
		names:      setOf("identifier", "type_identifier", "shorthand_property_identifier", "property_identifier", "private_property_identifier"),
		members:    map[string]memberRule{"member_expression": {"object", "property"}, "nested_identifier": {"object", "property"}, "nested_type_identifier": {"module", "name"}},
	}
}
