from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.results import Evidence, EvidenceKind
from codesearch.report.alignment import Row, Side, aligned_rows, identical_rows
from codesearch.report.audit_html.encoded_rows import KINDS, encoded_rows

Range = tuple[int, int]
ranges: st.SearchStrategy[Range | None] = st.none() | st.tuples(st.integers(1, 40), st.integers(0, 8)).map(
    lambda pair: (pair[0], pair[0] + pair[1])
)
evidence = st.builds(Evidence, st.sampled_from(EvidenceKind), ranges, ranges)
sides = st.builds(Side, st.integers(1, 20), st.integers(0, 25))


@given(st.lists(evidence, max_size=12), sides, sides)
def test_every_line_of_both_sides_stands_on_one_row(rows: list[Evidence], left: Side, right: Side) -> None:
    aligned = aligned_rows(rows, left, right)
    assert sorted(row.left for row in aligned if row.left is not None) == list(range(left.count))
    assert sorted(row.right for row in aligned if row.right is not None) == list(range(right.count))
    assert all((row.left, row.right) != (None, None) for row in aligned)


@given(st.lists(evidence, max_size=12), sides, sides)
def test_encoded_rows_say_the_same(rows: list[Evidence], left: Side, right: Side) -> None:
    aligned = aligned_rows(rows, left, right)
    numbers = encoded_rows(aligned)
    kind_of = {number: kind for kind, number in KINDS.items()}
    decoded = [
        Row(kind_of[kind], None if first < 0 else first + step, None if second < 0 else second + step)
        for kind, first, second, length in zip(*(iter(numbers),) * 4, strict=True)
        for step in range(length)
    ]
    assert decoded == aligned


def test_lines_that_were_not_compared_stand_where_they_are() -> None:
    equal = (Evidence(EvidenceKind.EQUAL, (10, 10), (5, 5)), Evidence(EvidenceKind.EQUAL, (12, 12), (6, 6)))
    assert aligned_rows(equal, Side(10, 4), Side(5, 2)) == [
        Row(EvidenceKind.EQUAL, 0, 0),
        Row(None, 1, None),
        Row(EvidenceKind.EQUAL, 2, 1),
        Row(None, 3, None),
    ]


def test_without_evidence_nothing_counts_as_compared() -> None:
    assert aligned_rows((), Side(1, 2), Side(1, 1)) == [Row(None, 0, 0), Row(None, 1, None)]


def test_identical_text_is_one_run() -> None:
    assert encoded_rows(identical_rows(7)) == [1, 0, 0, 7]
