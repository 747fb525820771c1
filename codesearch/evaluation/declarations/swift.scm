[(simple_identifier) (type_identifier)] @name
(navigation_suffix suffix: (simple_identifier) @access)
(value_argument_label (simple_identifier) @keyword)
(tuple_type_item name: (simple_identifier) @access)
(tuple_expression name: (simple_identifier) @access)
(_ "." . (simple_identifier) @access)

(_ bound_identifier: (simple_identifier) @declared)
(pattern . (simple_identifier) @declared .)
(parameter external_name: (simple_identifier) @declared)
(parameter name: (simple_identifier) @declared)
(lambda_parameter name: (simple_identifier) @declared)
(function_declaration name: (simple_identifier) @declared)
(typealias_declaration name: (type_identifier) @declared)
(type_parameter (type_identifier) @declared)

(class_declaration name: (type_identifier) @declared @owner) @owned
(protocol_declaration name: (type_identifier) @declared @owner) @owned
(class_body [
  (property_declaration name: (pattern bound_identifier: (simple_identifier) @own))
  (function_declaration name: (simple_identifier) @own)
])
(protocol_body (protocol_function_declaration name: (simple_identifier) @own))
(enum_class_body (function_declaration name: (simple_identifier) @own))
(enum_entry name: (simple_identifier) @member)
