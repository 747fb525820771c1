"""Grammars: the tree-sitter parser and the query of a language, compiled once per process."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import local

import tree_sitter

from codesearch.core.errors import EnvironmentFailure
from indexer.parsing.languages import Language
from indexer.parsing.limits import TooSlow

_QUERIES = Path(__file__).parent / "queries"
_of_thread = local()


@dataclass(frozen=True, slots=True)
class Grammar:
    """A parser with the cursors that find the definitions and the syntax errors of its trees."""

    parser: tree_sitter.Parser
    definitions: tree_sitter.QueryCursor
    errors: tree_sitter.QueryCursor

    def tree(self, source: bytes, seconds: float | None = None) -> tree_sitter.Tree:
        """The syntax tree of a source; other threads work meanwhile where seconds are given.

        Args:
            source: UTF-8.
            seconds: Processor time of this thread, because what is refused must not depend on what else runs.

        Raises:
            TooSlow: It takes longer than that.
        """
        if seconds is None:
            return self.parser.parse(source)
        until = time.thread_time() + seconds

        def is_over(offset: int, has_error: bool) -> bool:
            del offset, has_error
            return time.thread_time() > until

        try:
            return self.parser.parse(lambda offset, point: source[offset:], progress_callback=is_over)
        except BaseException as error:  # an interrupt too: what is half done would be gone on with
            self.parser.reset()
            if isinstance(error, ValueError) and time.thread_time() > until:
                raise TooSlow(seconds) from None
            raise


def grammar_for(source: bytes, language: Language) -> Grammar:
    """The grammar that reads this source.

    Raises:
        ImportError: The wheel is not installed.
        EnvironmentFailure: The wheel and the query, or the wheel and tree-sitter, do not fit together.
        ValueError: The language has no grammar.
    """
    wheel = language.grammar if language.tag in source else language.untagged_grammar
    if wheel is None:
        raise ValueError(f"{language.id} has no grammar")
    return _loaded(*wheel, language.query)


def _loaded(*named: str) -> Grammar:
    """The grammar of this thread: parsers and cursors keep state between the calls of one use."""
    known: dict[tuple[str, ...], Grammar] = _of_thread.__dict__.setdefault("grammars", {})
    if named not in known:
        grammar, definitions, errors = _compiled(*named)
        known[named] = Grammar(
            tree_sitter.Parser(grammar), tree_sitter.QueryCursor(definitions), tree_sitter.QueryCursor(errors)
        )
    return known[named]


@cache
def _compiled(
    module: str, function: str, query: str
) -> tuple[tree_sitter.Language, tree_sitter.Query, tree_sitter.Query]:
    """Load a grammar wheel and compile ``queries/<query>.scm`` and the query for errors."""
    wheel = import_module(module)
    try:
        grammar = tree_sitter.Language(getattr(wheel, function)())
        definitions = tree_sitter.Query(grammar, (_QUERIES / f"{query}.scm").read_text("utf-8"))
        errors = tree_sitter.Query(grammar, "[(ERROR) (MISSING)] @error")
    except (OSError, ValueError, AttributeError) as error:  # QueryError is a ValueError
        raise EnvironmentFailure(
            f"{module} does not fit this version ({error})", f"reinstall {module}"
        ) from error
    return grammar, definitions, errors
