"""What the training of the static embedder was tried with, kept from its runs.

The document holds, beside ``environment`` (``load_before`` null, ``commit`` empty where they are not known)::

    {"figures": {"notes": [sentence, ...],
                 "series": [{"title": ..., "about": sentence, "rows": [ROW, ...]}, ...]}}

The first row of a series is what its other rows are compared with. A row has ``change``, ``steps``,
``features`` (a fragment, on average; null where it was not noted) and one figure from 0 to 1 per key of
:data:`COLUMNS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.documents import Json, markdown_table, percent

COLUMNS = {
    "poj104": "POJ-104",
    "atcoder_same": "AtCoder, same language",
    "atcoder_cross": "AtCoder, cross-language",
    "leetcode_renamed_cross": "LeetCode renamed, cross-language",
    "rosetta_cross_p_at_1": "Rosetta Code, cross-language P@1",
}
"""What was measured on validation splits: MAP@R where the title says nothing else."""


def table(figures: Json) -> list[str]:
    """A table per series; changes in points beside each figure but the reference's."""
    lines: list[str] = list(figures["notes"])
    for series in figures["series"]:
        head = ["change", "steps", "features", *COLUMNS.values()]
        rows = _rows(series["rows"])
        lines += ["", f"### {series['title']}", "", series["about"], "", *markdown_table(head, rows)]
    return lines


def _rows(rows: Sequence[Json]) -> Iterator[list[str]]:
    reference = rows[0]
    for row in rows:
        features = "–" if row["features"] is None else str(row["features"])
        cells = [percent(row[key]) for key in COLUMNS]
        if row is not reference:
            cells = [
                f"{cell} ({100 * (row[key] - reference[key]):+.1f})"
                for cell, key in zip(cells, COLUMNS, strict=True)
            ]
        yield [row["change"], str(row["steps"]), features, *cells]
