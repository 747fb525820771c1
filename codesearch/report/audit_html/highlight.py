"""Source text to coloured runs, as the page's script reads them."""

from __future__ import annotations

import time

from codesearch.report.highlighting import PLAIN, coloured

MAX_CHARACTERS = 20_000
"""Longer text stays plain: nobody reads it in a report, and lexers are slow on it."""
MAX_SECONDS = 2.0
"""Processor time for one text after which its language stays plain, a hundred times what code takes: a corpus
of such text must not hold the report up for hours."""


class Highlighter:
    """Colours texts; one for each page, because it remembers which lexers it cannot afford."""

    def __init__(self) -> None:
        self._slow: set[str] = set()

    def runs(self, text: str, language: str) -> str:
        """Runs of one colour, such as ``k3p1f8``: a letter and a number of UTF-16 units, as browsers count.

        Args:
            text: Lines joined by line feeds; the runs cover the line feeds too.
            language: Registry id.

        Returns:
            Empty for plain text: no lexer, one that fails or takes too long, or nothing to colour.
        """
        if language in self._slow or len(text) > MAX_CHARACTERS:
            return ""
        started = time.thread_time()
        pieces = coloured(text, language, MAX_SECONDS)
        if time.thread_time() - started > MAX_SECONDS:
            self._slow.add(language)
            return ""
        if all(colour == PLAIN for colour, _ in pieces):
            return ""
        return "".join(f"{colour}{_units(value)}" for colour, value in pieces)


def _units(value: str) -> int:
    return len(value) if value.isascii() else len(value.encode("utf-16-le")) // 2
