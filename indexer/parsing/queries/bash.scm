(program (command name: (command_name) @source
  (#any-of? @source "source" ".")) @import)

(function_definition name: (word) @name) @function

(program (_) @statement)
