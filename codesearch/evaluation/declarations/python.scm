(identifier) @name
(attribute attribute: (identifier) @access)
(keyword_argument name: (identifier) @keyword)

(parameters (identifier) @declared)
(lambda_parameters (identifier) @declared)
(typed_parameter . (identifier) @declared)
(default_parameter name: (identifier) @declared)
(typed_default_parameter name: (identifier) @declared)
(list_splat_pattern (identifier) @declared)
(dictionary_splat_pattern (identifier) @declared)

(assignment left: (identifier) @declared)
(augmented_assignment left: (identifier) @declared)
(named_expression name: (identifier) @declared)
(pattern_list (identifier) @declared)
(tuple_pattern (identifier) @declared)
(list_pattern (identifier) @declared)
(for_statement left: (identifier) @declared)
(for_in_clause left: (identifier) @declared)
(as_pattern_target (identifier) @declared)
(case_pattern (dotted_name . (identifier) @declared .))
(function_definition name: (identifier) @declared)

(class_definition name: (identifier) @declared @owner) @owned
(class_definition body: (block [
  (function_definition name: (identifier) @member)
  (decorated_definition definition: (function_definition name: (identifier) @member))
  (expression_statement (assignment left: (identifier) @own))
]))
((attribute object: (identifier) @_self attribute: (identifier) @member) @_field
  (#any-of? @_self "self" "cls"))
