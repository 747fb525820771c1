[(preproc_include) (using_declaration)] @import

(class_specifier name: (_) @name body: (_)) @class
(struct_specifier name: (_) @name body: (_)) @class
(union_specifier name: (_) @name body: (_)) @class
(template_declaration (class_specifier name: (_) @name body: (_))) @class
(template_declaration (struct_specifier name: (_) @name body: (_))) @class

(function_definition declarator: (function_declarator declarator: (_) @name)) @function
(function_definition
  declarator: (pointer_declarator declarator: (function_declarator declarator: (_) @name))) @function
(function_definition
  declarator: (reference_declarator (function_declarator declarator: (_) @name))) @function
(function_definition declarator: (operator_cast) @name) @function
(function_definition) @function
(template_declaration (function_definition
  declarator: (function_declarator declarator: (_) @name))) @function
(template_declaration (function_definition
  declarator: (pointer_declarator declarator: (function_declarator declarator: (_) @name)))) @function
(template_declaration (function_definition
  declarator: (reference_declarator (function_declarator declarator: (_) @name)))) @function
(lambda_expression) @lambda
