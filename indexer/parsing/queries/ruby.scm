(program (call !receiver method: (identifier) @require
  (#any-of? @require "require" "require_relative" "load" "autoload")) @import)

(class name: (_) @name) @class
(module name: (_) @name) @class

(method name: (_) @name) @function
(singleton_method name: (_) @name) @function
[(do_block) (block) (lambda)] @lambda

(program (_) @statement)
