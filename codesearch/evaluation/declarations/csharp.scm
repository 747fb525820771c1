[(identifier) (implicit_parameter)] @name
(member_access_expression name: [(identifier) @access (generic_name (identifier) @access)])
(member_binding_expression name: [(identifier) @access (generic_name (identifier) @access)])
(qualified_name name: [(identifier) @access (generic_name (identifier) @access)])
(argument name: (identifier) @keyword)
(initializer_expression (assignment_expression left: (identifier) @keyword))
(anonymous_object_creation_expression (identifier) @access . "=")
(tuple_element name: (identifier) @access)

(variable_declarator name: (identifier) @declared)
(tuple_pattern name: (identifier) @declared)
(parameter name: (identifier) @declared)
(parameter_list name: (identifier) @declared)
(implicit_parameter) @declared
(declaration_expression name: (identifier) @declared)
(declaration_pattern name: (identifier) @declared)
(recursive_pattern name: (identifier) @declared)
(var_pattern name: (identifier) @declared)
(parenthesized_variable_designation (identifier) @declared)
(foreach_statement left: (identifier) @declared)
(catch_declaration name: (identifier) @declared)
(from_clause name: (identifier) @declared)
(let_clause . (identifier) @declared)
(join_clause . (identifier) @declared)
(local_function_statement name: (identifier) @declared)
(labeled_statement . (identifier) @declared)
(type_parameter name: (identifier) @declared)
(using_directive name: (identifier) @declared)
(namespace_declaration name: (identifier) @declared)
(namespace_declaration name: (qualified_name (identifier) @own))
(file_scoped_namespace_declaration name: (identifier) @declared)
(delegate_declaration name: (identifier) @declared)

(class_declaration name: (identifier) @declared @owner) @owned
(struct_declaration name: (identifier) @declared @owner) @owned
(interface_declaration name: (identifier) @declared @owner) @owned
(record_declaration name: (identifier) @declared @owner) @owned
(enum_declaration name: (identifier) @declared @owner) @owned
(constructor_declaration name: (identifier) @declared)
(destructor_declaration name: (identifier) @declared)
(method_declaration name: (identifier) @own)
(property_declaration name: (identifier) @own)
(field_declaration (variable_declaration (variable_declarator name: (identifier) @own)))
(enum_member_declaration name: (identifier) @own)
(record_declaration (parameter_list (parameter name: (identifier) @own)))
; An extension is called on values of any type.
(method_declaration name: (identifier) @extension
  parameters: (parameter_list . (parameter (modifier) @_this)) (#eq? @_this "this"))
