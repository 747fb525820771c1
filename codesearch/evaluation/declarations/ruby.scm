[(identifier) (constant) (class_variable) (global_variable)] @name
(call receiver: (_) method: [(identifier) (constant)] @call)
(scope_resolution scope: (_) name: (constant) @access)
(pair key: (hash_key_symbol) @keyword)

(method_parameters (identifier) @declared)
(block_parameters (identifier) @declared)
(lambda_parameters (identifier) @declared)
(destructured_parameter (identifier) @declared)
(optional_parameter name: (identifier) @declared)
(keyword_parameter name: (identifier) @declared)
(splat_parameter name: (identifier) @declared)
(hash_splat_parameter name: (identifier) @declared)
(block_parameter name: (identifier) @declared)
(block_parameters locals: (identifier) @declared)
(assignment left: [(identifier) (constant)] @declared)
(operator_assignment left: [(identifier) (constant)] @declared)
(left_assignment_list (identifier) @declared)
(destructured_left_assignment (identifier) @declared)
(rest_assignment (identifier) @declared)
(for pattern: (identifier) @declared)
(exception_variable (identifier) @declared)
(array_pattern (identifier) @declared)
(keyword_pattern value: (identifier) @declared)
(class_variable) @declared
(assignment left: (global_variable) @declared)
(module name: (constant) @declared)

(class name: (constant) @declared @owner) @owned
(method name: (identifier) @own)
(singleton_method name: (identifier) @own)
(instance_variable) @member
((call method: (identifier) @_accessor arguments: (argument_list (simple_symbol) @member))
  (#match? @_accessor "^attr_"))
(assignment left: (constant) @owner right: (call receiver: (constant) @_struct
  arguments: (argument_list (simple_symbol) @member))
  (#eq? @_struct "Struct")) @owned
