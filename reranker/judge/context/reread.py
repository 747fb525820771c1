"""Fragments of an index with the indentation that they have in their file."""

from __future__ import annotations

from codesearch.core.errors import CodesearchError
from codesearch.core.results import Place
from codesearch.core.types import Fragment
from indexer.fragments import whole_fragment
from indexer.parsing.languages import registry
from reranker.judge.context.sides import ReadSource


def reread(fragment: Fragment, place: Place, read_source: ReadSource) -> Fragment:
    """The same content with its indentation, where layout is syntax; as it is where that cannot be had.

    Only the lines of the place are read, and their key proves that they are the content: it costs a fiftieth
    of searching for the indentation, which a view does otherwise.
    """
    try:
        language = registry().get(fragment.language)
        if fragment.tokens.indents is not None or not language.lexicon.layout:
            return fragment
        source = read_source(place) or b""
        lines = source.split(b"\n")[place.start_line - 1 : place.end_line]
        found = whole_fragment(b"\n".join(lines), language)
    except CodesearchError:  # no such language here, brackets that nest too deep
        return fragment
    return found if found.exact_key == fragment.exact_key else fragment
