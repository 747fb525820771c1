[(import) (package_header)] @import

(class_declaration name: (identifier) @name) @class
(object_declaration name: (identifier) @name) @class
(companion_object) @class

(function_declaration name: (identifier) @name) @function
(secondary_constructor "constructor" @name) @constructor
[(getter) (setter)] @method
[(anonymous_function) (lambda_literal)] @lambda

(source_file [(expression) (statement) (property_declaration)] @statement)
