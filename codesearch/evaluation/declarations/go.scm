[(identifier) (type_identifier) (label_name)] @name
(selector_expression field: (field_identifier) @access)
(qualified_type name: (type_identifier) @access)
(keyed_element key: (literal_element (identifier) @keyword))

(parameter_declaration name: (identifier) @declared)
(variadic_parameter_declaration name: (identifier) @declared)
(short_var_declaration left: (expression_list (identifier) @declared))
(range_clause left: (expression_list (identifier) @declared))
(receive_statement left: (expression_list (identifier) @declared))
(type_switch_statement alias: (expression_list (identifier) @declared))
(var_spec name: (identifier) @declared)
(const_spec name: (identifier) @declared)
(function_declaration name: (identifier) @declared)
(type_parameter_declaration name: (identifier) @declared)
(labeled_statement label: (label_name) @declared)
(type_alias name: (type_identifier) @declared)

(type_spec name: (type_identifier) @declared @owner) @owned
(field_declaration name: (field_identifier) @member)
(method_elem name: (field_identifier) @member)
(method_declaration receiver: (parameter_list (parameter_declaration name: (identifier) @self)))
(method_declaration
  receiver: (parameter_list (parameter_declaration type: [
    (type_identifier) @owner
    (pointer_type (type_identifier) @owner)
    (generic_type type: (type_identifier) @owner)
    (pointer_type (generic_type type: (type_identifier) @owner))
  ]))
  name: (field_identifier) @member) @owned
