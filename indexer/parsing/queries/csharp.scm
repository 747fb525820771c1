[(using_directive) (extern_alias_directive)] @import

(class_declaration name: (identifier) @name) @class
(struct_declaration name: (identifier) @name) @class
(interface_declaration name: (identifier) @name) @class
(record_declaration name: (identifier) @name) @class
(enum_declaration name: (identifier) @name) @class

(method_declaration name: (identifier) @name) @method
(constructor_declaration name: (identifier) @name) @constructor
(destructor_declaration name: (identifier) @name) @method
(operator_declaration) @method
(conversion_operator_declaration) @method
(property_declaration name: (identifier) @name accessors: (accessor_list)) @method
(indexer_declaration) @method
(local_function_statement name: (identifier) @name) @function
[(lambda_expression) (anonymous_method_expression)] @lambda

(compilation_unit (global_statement) @statement)
