(import_declaration) @import

(class_declaration name: (_) @name) @class
(protocol_declaration name: (_) @name) @class

(function_declaration name: (simple_identifier) @name) @function
(init_declaration "init" @name) @constructor
(deinit_declaration "deinit" @name) @method
(subscript_declaration "subscript" @name) @method
(property_declaration name: (pattern (simple_identifier) @name) computed_value: (_)) @method
(lambda_literal) @lambda

(source_file (_) @statement)
