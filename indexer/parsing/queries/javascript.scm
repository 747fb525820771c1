(import_statement) @import
(lexical_declaration (variable_declarator value: (call_expression function: (identifier) @require
  (#eq? @require "require")))) @import
(variable_declaration (variable_declarator value: (call_expression function: (identifier) @require
  (#eq? @require "require")))) @import

(class_declaration name: (_) @name) @class
(class name: (_) @name) @class
(variable_declarator name: (identifier) @name value: (class) @class)

[(function_declaration name: (_) @name) (generator_function_declaration name: (_) @name)] @function
(method_definition name: (_) @name) @method
(variable_declarator name: (identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)] @function)
(assignment_expression
  left: [(identifier) @name (member_expression property: (_) @name)]
  right: [(arrow_function) (function_expression) (generator_function)] @function)
(pair key: (_) @name value: [(arrow_function) (function_expression) (generator_function)] @function)
(field_definition property: (_) @name value: [(arrow_function) (function_expression)] @method)
[(arrow_function) (function_expression) (generator_function)] @lambda

(program (_) @statement)
