"""Figures by pair of languages as square tables."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.documents import Json, markdown_table, percent

FEWEST_QUERIES = 20
_WIDE = 8  # languages: a table of more shows whole percent, so that it fits a screen


def language_matrices(pairs: Sequence[Json]) -> list[str]:
    """A table of MAP@R and one of P@1: rows are languages of queries, columns those that are searched.

    Args:
        pairs: Rows ``language_pairs`` of a ``codesearch.eval-retrieval/1`` document.
    """
    cells = {(pair["query_language"], pair["answer_language"]): pair for pair in pairs}
    languages = sorted({pair["query_language"] for pair in pairs if pair["queries"] >= FEWEST_QUERIES})
    digits = 0 if len(languages) > _WIDE else 1
    tables = []
    for metric, title in (("map_at_r", "MAP@R"), ("p_at_1", "P@1")):
        rows = [
            [asking, *(_shown(cells.get((asking, answer)), metric, digits) for answer in languages)]
            for asking in languages
        ]
        tables.append(markdown_table([title, *languages], rows))
    return [*tables[0], "", *tables[1]]


def _shown(pair: Json | None, metric: str, digits: int) -> str:
    return percent(pair[metric] if pair and pair["queries"] >= FEWEST_QUERIES else None, digits)
