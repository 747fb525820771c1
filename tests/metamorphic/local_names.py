"""Which names of a function are its own: parameters and variables, found in the syntax tree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from metamorphic.source_code import Code, descendants

if TYPE_CHECKING:
    import tree_sitter

_Field = str | None

_DECLARING: Mapping[str, Mapping[str, _Field]] = {
    "python": {
        "parameters": None,
        "lambda_parameters": None,
        "typed_parameter": None,
        "default_parameter": "name",
        "typed_default_parameter": "name",
        "assignment": "left",
        "for_statement": "left",
        "for_in_clause": "left",
        "named_expression": "name",
        "as_pattern_target": None,
    },
    "java": {"formal_parameter": "name", "variable_declarator": "name", "enhanced_for_statement": "name"},
    "javascript": {"formal_parameters": None, "variable_declarator": "name", "for_in_statement": "left"},
    "typescript": {"required_parameter": "pattern", "variable_declarator": "name"},
    "go": {"parameter_declaration": "name", "short_var_declaration": "left", "range_clause": "left"},
    "c": {"parameter_declaration": "declarator", "init_declarator": "declarator"},
    "rust": {"parameter": "pattern", "let_declaration": "pattern", "for_expression": "pattern"},
}
"""For each language the nodes that declare a variable and the field with its name, None for any child."""

_LISTS = frozenset({"pattern_list", "tuple_pattern", "expression_list", "array_pattern", "mut_pattern"})

_NO_VARIABLE: Mapping[str, str] = {
    "attribute": "attribute",
    "keyword_argument": "name",
    "method_invocation": "name",
    "field_access": "field",
    "method_declaration": "name",
    "function_definition": "name",
    "class_definition": "name",
    "function_declaration": "name",
    "labeled_statement": "label",
}
"""Nodes one field of which is an identifier that names no variable."""


def local_names(code: Code) -> dict[bytes, list[tuple[int, int]]]:
    """The places of every variable that the code declares and whose name stands for nothing else in it, by
    name.

    A name that is also that of an attribute or of a named argument is left out: to rename the variable alone
    tells the two apart, which is more than a renaming of names.
    """
    root = code.tree()
    declared = {name for node in descendants(root) for name in _declared(node, code)}
    places: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
    other: set[bytes] = set()
    for node in descendants(root):
        if node.children or not node.type.endswith("identifier"):
            continue
        text = _text(node, code)
        if node.type == "identifier" and not _names_no_variable(node):
            places[text].append((node.start_byte, node.end_byte))
        else:
            other.add(text)
    return {name: places[name] for name in sorted(declared - other) if name in places}


def all_names(code: Code) -> set[bytes]:
    """Every word of the code, so that a new name can be one that is not there."""
    return {token.text for token in code.tokens()}


def _declared(node: tree_sitter.Node, code: Code) -> Iterator[bytes]:
    declaring = _DECLARING[code.language]
    if node.type not in declaring:
        return
    field = declaring[node.type]
    for child in node.children if field is None else node.children_by_field_name(field):
        yield from _identifiers(child, code)


def _identifiers(node: tree_sitter.Node, code: Code) -> Iterator[bytes]:
    if node.type == "identifier":
        yield _text(node, code)
    elif node.type in _LISTS:
        for child in node.children:
            yield from _identifiers(child, code)


def _names_no_variable(node: tree_sitter.Node) -> bool:
    parent = node.parent
    if parent is None or parent.type not in _NO_VARIABLE:
        return False
    named = parent.child_by_field_name(_NO_VARIABLE[parent.type])
    return named is not None and named.start_byte == node.start_byte


def _text(node: tree_sitter.Node, code: Code) -> bytes:
    return code.text[node.start_byte : node.end_byte]
