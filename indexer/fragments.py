"""From source text to fragments with keys, for code that comes from a person and not from a corpus."""

from __future__ import annotations

from collections.abc import Sequence

from codesearch.core.types import Fragment, ParsedSource, Span
from indexer.normal.keys import make_fragment
from indexer.parsing.extract import select_lines
from indexer.parsing.languages import Language


def cut_fragments(parsed: ParsedSource) -> list[tuple[Span, Fragment]]:
    """Every span of a parsed source with its content, in file order."""
    return [
        (span, make_fragment(parsed.language, parsed.tokens.cut(span.first, span.last)))
        for span in parsed.spans
    ]


def whole_fragment(source: bytes, language: Language) -> Fragment:
    """A source as one fragment whatever its size; it has no tokens when the source holds none."""
    parsed = select_lines(source, language)
    return make_fragment(parsed.language, parsed.tokens)


def fragments_of(sources: Sequence[tuple[str, Language]]) -> list[Fragment]:
    """Texts, each as one fragment, in order."""
    return [whole_fragment(text.encode("utf-8", "replace"), language) for text, language in sources]
