[(identifier) (type_identifier)] @name
(field_expression field: (identifier) @access)
(infix_expression operator: (identifier) @access)
(arguments (assignment_expression left: (identifier) @keyword))

(parameter name: (identifier) @declared)
(class_parameter name: (identifier) @own)
(binding name: (identifier) @declared)
(lambda_expression parameters: (identifier) @declared)
(function_definition name: (identifier) @declared)
(enumerator . (identifier) @declared)
(identifiers (identifier) @declared)
(type_definition name: (type_identifier) @declared)
(type_parameters name: (identifier) @declared)
; In a pattern a capital letter is a constant.
([
  (val_definition pattern: (identifier) @declared)
  (var_definition pattern: (identifier) @declared)
] (#match? @declared "."))
([
  (tuple_pattern (identifier) @declared)
  (case_class_pattern (identifier) @declared)
  (infix_pattern left: (identifier) @declared)
  (infix_pattern right: (identifier) @declared)
  (typed_pattern pattern: (identifier) @declared)
  (capture_pattern name: (identifier) @declared)
  (case_clause pattern: (identifier) @declared)
] (#match? @declared "^[a-z_]"))

(class_definition name: (identifier) @declared @owner) @owned
(object_definition name: (identifier) @declared @owner) @owned
(trait_definition name: (identifier) @declared @owner) @owned
(enum_definition name: (identifier) @declared @owner) @owned
(template_body [
  (function_definition name: (identifier) @own)
  (function_declaration name: (identifier) @own)
  (val_definition pattern: (identifier) @own)
  (var_definition pattern: (identifier) @own)
])
(simple_enum_case name: (identifier) @own)
