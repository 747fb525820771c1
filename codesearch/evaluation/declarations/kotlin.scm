(identifier) @name
(navigation_expression (_) (identifier) @access)
(infix_expression (_) . (identifier) @access . (_))
(value_argument . (identifier) @keyword . "=")

(variable_declaration (identifier) @declared)
(parameter . (identifier) @declared)
(catch_block . (identifier) @declared)
(function_declaration name: (identifier) @declared)
(type_alias type: (identifier) @declared)
(type_parameter (identifier) @declared)

(class_declaration name: (identifier) @declared @owner) @owned
(object_declaration name: (identifier) @declared @owner) @owned
(companion_object name: (identifier) @declared)
(class_parameter (identifier) @own)
(class_body [
  (property_declaration (variable_declaration (identifier) @own))
  (function_declaration name: (identifier) @own)
])
(enum_class_body [
  (property_declaration (variable_declaration (identifier) @own))
  (function_declaration name: (identifier) @own)
])
(enum_entry (identifier) @own)
; An extension is called on values of any type.
(function_declaration (user_type) "." name: (identifier) @extension)
