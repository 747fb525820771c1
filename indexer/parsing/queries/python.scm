[(import_statement) (import_from_statement) (future_import_statement)] @import

(class_definition name: (identifier) @name) @class
(decorated_definition definition: (class_definition name: (identifier) @name)) @class

(function_definition name: (identifier) @name) @function
(decorated_definition definition: (function_definition name: (identifier) @name)) @function
(lambda) @lambda

(module (_) @statement)
