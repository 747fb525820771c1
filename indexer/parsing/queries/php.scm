[(namespace_use_declaration) (namespace_definition !body) (declare_statement)] @import
(expression_statement
  [(require_expression) (require_once_expression) (include_expression) (include_once_expression)]) @import

(class_declaration name: (name) @name) @class
(interface_declaration name: (name) @name) @class
(trait_declaration name: (name) @name) @class
(enum_declaration name: (name) @name) @class

(function_definition name: (name) @name) @function
(method_declaration name: (name) @name) @method
[(anonymous_function) (arrow_function)] @lambda

(program [
  (expression_statement) (if_statement) (for_statement) (foreach_statement) (while_statement) (do_statement)
  (switch_statement) (try_statement) (echo_statement) (return_statement) (global_declaration) (const_declaration)
  (unset_statement) (compound_statement) (exit_statement)
] @statement)
