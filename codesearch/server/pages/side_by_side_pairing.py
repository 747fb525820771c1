"""Rows of an alignment by what their lines say, where the evidence leaves open which belong together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest

from rapidfuzz import fuzz

from codesearch.core.results import EvidenceKind
from codesearch.report.alignment import Row

MOST_PAIRS = 4000
"""Pairs of lines that are compared within one run of rows; longer runs stay side by side as they come."""
ALIKE = 0.5
"""Similarity from which two lines stand beside each other, whatever stands around them."""

Pairs = list[tuple[int | None, int | None]]


def refined_rows(rows: Sequence[Row], left: Sequence[str], right: Sequence[str]) -> list[Row]:
    """The same lines in rows: most alike beside each other within a run of changed or uncompared rows.

    Uncompared lines of the same text, such as comments and blank lines between compared ones, become equal.

    Args:
        rows: Of the alignment; every line once.
        left: Text of all lines of the left side.
        right: Likewise of the right side.
    """
    compared = any(row.kind is not None for row in rows)
    refined: list[Row] = []
    for kind, group in groupby(rows, key=lambda row: row.kind):
        run = list(group)
        if not (kind is EvidenceKind.CHANGED or (kind is None and compared)):
            refined += run
            continue
        ours = [row.left for row in run if row.left is not None]
        theirs = [row.right for row in run if row.right is not None]
        for one, other in _paired(ours, theirs, left, right):
            same = one is not None and other is not None and left[one].strip() == right[other].strip()
            refined.append(Row(EvidenceKind.EQUAL if kind is None and same else kind, one, other))
    return refined


def _paired(ours: Sequence[int], theirs: Sequence[int], left: Sequence[str], right: Sequence[str]) -> Pairs:
    """Both runs of lines in order: those alike beside each other, the rest between them as it comes."""
    if len(ours) * len(theirs) > MOST_PAIRS:
        return list(zip_longest(ours, theirs))
    pairs: Pairs = []
    done_ours = done_theirs = 0
    ends = (len(ours), len(theirs))
    anchors = _anchors([left[line].strip() for line in ours], [right[line].strip() for line in theirs])
    for one, other in (*anchors, ends):
        pairs += zip_longest(ours[done_ours:one], theirs[done_theirs:other])
        if (one, other) != ends:
            pairs.append((ours[one], theirs[other]))
        done_ours, done_theirs = one + 1, other + 1
    return pairs


def _anchors(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Positions of alike lines, both rising, of the greatest total similarity (Needleman and Wunsch 1970)."""
    likeness = [[_likeness(one, other) for other in theirs] for one in ours]
    best = [[0.0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for one in reversed(range(len(ours))):
        for other in reversed(range(len(theirs))):
            best[one][other] = max(
                best[one + 1][other],
                best[one][other + 1],
                best[one + 1][other + 1] + likeness[one][other],
            )
    one = other = 0
    while one < len(ours) and other < len(theirs):
        if likeness[one][other] and best[one][other] == best[one + 1][other + 1] + likeness[one][other]:
            yield one, other
            one, other = one + 1, other + 1
        elif best[one][other] == best[one + 1][other]:
            one += 1
        else:
            other += 1


def _likeness(one: str, other: str) -> float:
    """0 to 1; 0 for lines that have too little in common to be beside each other."""
    if one == other:
        return 1.0
    likeness = fuzz.ratio(one, other) / 100
    return likeness if likeness >= ALIKE else 0.0
