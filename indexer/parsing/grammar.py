"""Grammars: the tree-sitter parser and the query of a language, made once per process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import tree_sitter

from codesearch.core.errors import EnvironmentFailure
from indexer.parsing.languages import Language

_QUERIES = Path(__file__).parent / "queries"


@dataclass(frozen=True, slots=True)
class Grammar:
    """A parser and the cursor that finds the definitions in its trees."""

    parser: tree_sitter.Parser
    cursor: tree_sitter.QueryCursor


@cache
def load_grammar(language: Language) -> Grammar:
    """Load the grammar wheel and compile ``queries/<id>.scm``.

    Raises:
        ImportError: The wheel is not installed.
        EnvironmentFailure: The wheel and the query, or the wheel and tree-sitter, do not fit together.
        ValueError: The language has no grammar.
    """
    if language.grammar is None:
        raise ValueError(f"{language.id} has no grammar")
    module, function = language.grammar
    wheel = import_module(module)
    try:
        grammar = tree_sitter.Language(getattr(wheel, function)())
        query = tree_sitter.Query(grammar, (_QUERIES / f"{language.query}.scm").read_text("utf-8"))
    except (OSError, ValueError, AttributeError) as error:  # QueryError is a ValueError
        raise EnvironmentFailure(
            f"the grammar of {language.name} does not fit this version ({error})", f"reinstall {module}"
        ) from error
    return Grammar(tree_sitter.Parser(grammar), tree_sitter.QueryCursor(query))
