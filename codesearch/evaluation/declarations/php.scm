[(name) (variable_name)] @name
(member_access_expression name: (name) @access)
(nullsafe_member_access_expression name: (name) @access)
(member_call_expression name: (name) @access)
(nullsafe_member_call_expression name: (name) @access)
(scoped_call_expression name: (name) @access)
(scoped_property_access_expression name: (variable_name (name) @access))
(class_constant_access_expression (_) . (name) @access)
(argument name: (name) @keyword)

(variable_name) @declared
(function_definition name: (name) @declared)
(const_declaration (const_element . (name) @declared))

(class_declaration name: (name) @declared @owner) @owned
(interface_declaration name: (name) @declared @owner) @owned
(trait_declaration name: (name) @declared @owner) @owned
(method_declaration name: (name) @member)
(property_element name: (variable_name (name) @member))
(declaration_list (const_declaration (const_element . (name) @member)))
