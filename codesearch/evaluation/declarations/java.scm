[(identifier) (type_identifier)] @name
(field_access field: (identifier) @access)
(method_invocation object: (_) name: (identifier) @access)
(method_reference (_) . (identifier) @access)
(scoped_identifier name: (identifier) @access)
(scoped_type_identifier (_) (type_identifier) @access)
(element_value_pair key: (identifier) @access)

(variable_declarator name: (identifier) @declared)
(formal_parameter name: (identifier) @declared)
(catch_formal_parameter name: (identifier) @declared)
(enhanced_for_statement name: (identifier) @declared)
(inferred_parameters (identifier) @declared)
(lambda_expression parameters: (identifier) @declared)
(resource name: (identifier) @declared)
(instanceof_expression name: (identifier) @declared)
(type_pattern (identifier) @declared)
(record_pattern_component (identifier) @declared)
(labeled_statement . (identifier) @declared)
(type_parameter (type_identifier) @declared)

(class_declaration name: (identifier) @declared @owner) @owned
(interface_declaration name: (identifier) @declared @owner) @owned
(enum_declaration name: (identifier) @declared @owner) @owned
(record_declaration name: (identifier) @declared @owner) @owned
(constructor_declaration name: (identifier) @declared)
(compact_constructor_declaration name: (identifier) @declared)
(method_declaration name: (identifier) @own)
(field_declaration declarator: (variable_declarator name: (identifier) @own))
(constant_declaration declarator: (variable_declarator name: (identifier) @own))
(enum_constant name: (identifier) @own)
(record_declaration parameters: (formal_parameters (formal_parameter name: (identifier) @own)))
