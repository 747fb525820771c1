[(identifier) (type_identifier) (namespace_identifier) (statement_identifier)] @name
(template_type name: (type_identifier) @type)
(field_expression field: [(field_identifier) @access (template_method name: (field_identifier) @access)])
(field_designator (field_identifier) @access)
(qualified_identifier scope: (_) name: [(identifier) (type_identifier) (namespace_identifier)] @access)
(qualified_identifier scope: (_) name: (template_function name: (identifier) @access))
(qualified_identifier scope: (_) name: (template_type name: (type_identifier) @access))
(field_initializer . (field_identifier) @name)
(preproc_arg) @raw

(_ declarator: [(identifier) (type_identifier)] @declared)
(parenthesized_declarator [(identifier) (type_identifier)] @declared)
(reference_declarator [(identifier) (type_identifier)] @declared)
(variadic_declarator (identifier) @declared)
(structured_binding_declarator (identifier) @declared)
(lambda_capture_initializer left: (identifier) @declared)
(labeled_statement label: (statement_identifier) @declared)
(namespace_definition name: (namespace_identifier) @declared)
(alias_declaration name: (type_identifier) @declared @owner)
(type_parameter_declaration (type_identifier) @declared)
(template_template_parameter_declaration (type_parameter_declaration (type_identifier) @owner))
(variadic_type_parameter_declaration (type_identifier) @declared)
(optional_type_parameter_declaration name: (type_identifier) @declared)
(preproc_params (identifier) @declared)

(struct_specifier name: (type_identifier) @declared @owner body: (_)) @owned
(class_specifier name: (type_identifier) @declared @owner body: (_)) @owned
(union_specifier name: (type_identifier) @declared @owner body: (_)) @owned
(enum_specifier name: (type_identifier) @declared @owner body: (_)) @owned
(destructor_name (identifier) @owner)
(enumerator name: (identifier) @own)
(_ declarator: (field_identifier) @own)
(reference_declarator (field_identifier) @own)
(function_definition declarator: (function_declarator declarator: (qualified_identifier
  scope: (namespace_identifier) @owner name: (identifier) @own))) @owned
; A macro is replaced after a dot as well: `#define fi first`, `pair.fi`.
(preproc_function_def name: (identifier) @extension)
((preproc_def name: (identifier) @extension)
  (#not-match? @extension "^(int|long|short|char|bool|float|double|unsigned|signed|void|auto)$"))
; The loop variable of `rep(i, n)`, which without its macro reads as a call or as a function.
(call_expression arguments: (argument_list . (identifier) @argument))
(function_declarator parameters: (parameter_list . (parameter_declaration type: (type_identifier) @argument)))
; `struct point { int x; } points[9];`
(declaration type: [(struct_specifier name: (type_identifier) @held) (class_specifier name: (type_identifier) @held)])
(type_definition type: [(struct_specifier name: (type_identifier) @held) (class_specifier name: (type_identifier) @held)])
