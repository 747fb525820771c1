[(identifier) (type_identifier) (shorthand_field_identifier)] @name
(field_expression field: (field_identifier) @access)
(scoped_identifier path: (_) name: (identifier) @access)
(scoped_type_identifier path: (_) name: (type_identifier) @access)
(token_tree ["." "::"] . (identifier) @access)
(field_initializer field: (field_identifier) @keyword)
(field_pattern name: (field_identifier) @keyword)

(parameter pattern: (identifier) @declared)
(closure_parameters (identifier) @declared)
(for_expression pattern: (identifier) @declared)
(const_parameter name: (identifier) @declared)
(static_item name: (identifier) @declared)
(function_item name: (identifier) @declared)
(mod_item name: (identifier) @declared)
(type_item name: (type_identifier) @declared)
(type_parameter name: (type_identifier) @declared)
(macro_definition name: (identifier) @declared)
(label (identifier) @declared)
(field_pattern name: (shorthand_field_identifier) @declared)
; In a pattern a capital letter is a constant or a variant.
([
  (let_declaration pattern: (identifier) @declared)
  (tuple_pattern (identifier) @declared)
  (tuple_struct_pattern type: (_) (identifier) @declared)
  (slice_pattern (identifier) @declared)
  (reference_pattern (identifier) @declared)
  (ref_pattern (identifier) @declared)
  (mut_pattern (identifier) @declared)
  (captured_pattern . (identifier) @declared)
  (field_pattern pattern: (identifier) @declared)
  (or_pattern (identifier) @declared)
  (let_condition pattern: (identifier) @declared)
  (match_pattern . (identifier) @declared)
] (#match? @declared "^[a-z_]"))

(struct_item name: (type_identifier) @declared @owner) @owned
(enum_item name: (type_identifier) @declared @owner) @owned
(trait_item name: (type_identifier) @declared @owner) @owned
(impl_item type: (type_identifier) @owner) @owned
(impl_item type: (generic_type type: (type_identifier) @owner)) @owned
(field_declaration name: (field_identifier) @member)
(enum_variant name: (identifier) @member)
(declaration_list [
  (function_item name: (identifier) @member)
  (function_signature_item name: (identifier) @member)
  (const_item name: (identifier) @member)
])
(const_item name: (identifier) @declared)
