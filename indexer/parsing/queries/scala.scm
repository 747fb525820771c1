[(import_declaration) (package_clause !body)] @import

(class_definition name: (_) @name) @class
(object_definition name: (_) @name) @class
(trait_definition name: (_) @name) @class
(enum_definition name: (_) @name) @class

(function_definition name: (_) @name) @function
(lambda_expression) @lambda

(compilation_unit [(expression) (val_definition) (var_definition)] @statement)
