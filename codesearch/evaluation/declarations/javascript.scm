[(identifier) (shorthand_property_identifier) (shorthand_property_identifier_pattern) (statement_identifier)] @name
(member_expression property: [(property_identifier) (private_property_identifier)] @access)

(variable_declarator name: (identifier) @declared)
(formal_parameters (identifier) @declared)
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
(generator_function_declaration name: (identifier) @declared)
(function_expression name: (identifier) @declared)
(labeled_statement label: (statement_identifier) @declared)

(class_declaration name: (identifier) @declared @owner) @owned
(class name: (identifier) @declared @owner) @owned
(variable_declarator name: (identifier) @owner value: [(class) (function_expression)]) @owned
(class_body [
  (method_definition name: [(property_identifier) (private_property_identifier)] @member)
  (field_definition property: [(property_identifier) (private_property_identifier)] @member)
])
(assignment_expression left: (member_expression
  object: (this) property: [(property_identifier) (private_property_identifier)] @member))
(assignment_expression left: (member_expression
  object: (member_expression object: (identifier) @owner property: (property_identifier) @_prototype)
  property: (property_identifier) @member)
  (#eq? @_prototype "prototype")) @owned
