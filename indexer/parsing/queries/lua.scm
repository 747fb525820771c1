(chunk (variable_declaration (assignment_statement (expression_list
  value: (function_call name: (identifier) @require)))
  (#eq? @require "require")) @import)

(function_declaration name: (_) @name) @function
(assignment_statement
  (variable_list name: (_) @name)
  (expression_list value: (function_definition) @function))
(field name: (_) @name value: (function_definition) @function)
(function_definition) @lambda

(chunk (_) @statement)
