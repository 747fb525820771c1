[(identifier) (type_identifier) (statement_identifier)] @name
(field_expression field: (field_identifier) @access)
(field_designator (field_identifier) @access)
(preproc_arg) @raw

(_ declarator: [(identifier) (type_identifier)] @declared)
(parenthesized_declarator [(identifier) (type_identifier)] @declared)
(labeled_statement label: (statement_identifier) @declared)
(preproc_params (identifier) @declared)

(struct_specifier name: (type_identifier) @declared @owner body: (_)) @owned
(union_specifier name: (type_identifier) @declared @owner body: (_)) @owned
(enum_specifier name: (type_identifier) @declared body: (_))
(enumerator name: (identifier) @own)
(_ declarator: (field_identifier) @own)
; A macro is replaced after a dot as well: `#define fi first`, `pair.fi`.
(preproc_function_def name: (identifier) @extension)
((preproc_def name: (identifier) @extension)
  (#not-match? @extension "^(int|long|short|char|bool|float|double|unsigned|signed|void|auto)$"))
; The loop variable of `rep(i, n)`, which without its macro reads as a call or as a function.
(call_expression arguments: (argument_list . (identifier) @argument))
(function_declarator parameters: (parameter_list . (parameter_declaration type: (type_identifier) @argument)))
; `struct point { int x; } points[9];`
(declaration type: [(struct_specifier name: (type_identifier) @held) (union_specifier name: (type_identifier) @held)])
(type_definition type: [(struct_specifier name: (type_identifier) @held) (union_specifier name: (type_identifier) @held)])
