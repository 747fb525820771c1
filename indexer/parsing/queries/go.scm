[(import_declaration) (package_clause)] @import

(type_declaration (type_spec name: (type_identifier) @name type: [(struct_type) (interface_type)])) @class

(function_declaration name: (identifier) @name) @function
(method_declaration
  receiver: (parameter_list (parameter_declaration
    type: [
      (type_identifier) @container
      (generic_type type: (type_identifier) @container)
      (pointer_type [(type_identifier) @container (generic_type type: (type_identifier) @container)])
    ]))
  name: (field_identifier) @name) @method
(func_literal) @lambda
