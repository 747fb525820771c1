[(identifier) (type_identifier) (shorthand_property_identifier) (shorthand_property_identifier_pattern)
 (statement_identifier)] @name
(member_expression property: [(property_identifier) (private_property_identifier)] @access)
(nested_type_identifier name: (type_identifier) @access)

(variable_declarator name: (identifier) @declared)
(required_parameter pattern: (identifier) @declared)
(optional_parameter pattern: (identifier) @declared)
(arrow_function parameter: (identifier) @declared)
(rest_pattern (identifier) @declared)
(assignment_pattern left: (identifier) @declared)
(array_pattern (identifier) @declared)
(pair_pattern value: (identifier) @declared)
(shorthand_property_identifier_pattern) @declared
(for_in_statement left: (identifier) @declared)
(catch_clause parameter: (identifier) @declared)
(assignment_expression left: (identifier) @declared)
(function_declaration name: (identifier) @declared)
(function_signature name: (identifier) @declared)
(generator_function_declaration name: (identifier) @declared)
(function_expression name: (identifier) @declared)
(labeled_statement label: (statement_identifier) @declared)
(interface_declaration name: (type_identifier) @declared)
(type_alias_declaration name: (type_identifier) @declared)
(type_parameter name: (type_identifier) @declared)
(internal_module name: (identifier) @declared)

(class_declaration name: (type_identifier) @declared @owner) @owned
(abstract_class_declaration name: (type_identifier) @declared @owner) @owned
(class name: (type_identifier) @declared @owner) @owned
(variable_declarator name: (identifier) @owner value: [(class) (function_expression)]) @owned
(class_body [
  (method_definition name: [(property_identifier) (private_property_identifier)] @member)
  (public_field_definition name: [(property_identifier) (private_property_identifier)] @member)
  (abstract_method_signature name: (property_identifier) @member)
  (method_signature name: (property_identifier) @member)
])
(required_parameter [(accessibility_modifier) "readonly"] pattern: (identifier) @own)
(enum_declaration name: (identifier) @declared @owner) @owned
(enum_body name: (property_identifier) @member)
(enum_assignment name: (property_identifier) @member)
(assignment_expression left: (member_expression
  object: (this) property: [(property_identifier) (private_property_identifier)] @member))
(assignment_expression left: (member_expression
  object: (member_expression object: (identifier) @owner property: (property_identifier) @_prototype)
  property: (property_identifier) @member)
  (#eq? @_prototype "prototype")) @owned
