[(use_declaration) (extern_crate_declaration)] @import
(mod_item !body) @import

(struct_item name: (_) @name) @class
(enum_item name: (_) @name) @class
(union_item name: (_) @name) @class
(trait_item name: (_) @name) @class
(impl_item type: [
  (type_identifier) @name
  (generic_type type: (_) @name)
  (scoped_type_identifier) @name
  (reference_type) @name
]) @class

(function_item name: (_) @name) @function
(macro_definition name: (_) @name) @function
(closure_expression) @lambda
