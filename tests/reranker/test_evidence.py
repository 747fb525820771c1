"""Evidence: aligned line ranges that a person can follow from top to bottom."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from snippets import JAVA_COPY, PYTHON_MEDIAN, fragment, numbered_fragment, real_fragments

from codesearch.core.results import CloneType, Evidence, EvidenceKind
from codesearch.core.types import Fragment
from reranker.evidence import line_evidence
from reranker.explain import band, explain
from retriever.alignment import align

K = EvidenceKind
fragments = st.sampled_from(real_fragments()) | st.lists(st.integers(0, 5), max_size=40).map(
    numbered_fragment
)


def evidence(ours: str, theirs: str, language: str = "java") -> list[tuple[EvidenceKind, object, object]]:
    found = line_evidence(align(fragment(ours, language), fragment(theirs, language)))
    return [(row.kind, row.query_lines, row.match_lines) for row in found]


def covered(rows: list[tuple[int, int]]) -> set[int]:
    return {line for first, last in rows for line in range(first, last + 1)}


@given(fragments, fragments)
def test_every_line_with_tokens_is_covered_and_no_other_begins_a_range(
    ours: Fragment, theirs: Fragment
) -> None:
    rows = line_evidence(align(ours, theirs))
    for ranges, tokens in (
        ([row.query_lines for row in rows if row.query_lines], ours.tokens),
        ([row.match_lines for row in rows if row.match_lines], theirs.tokens),
    ):
        lines = set(tokens.lines.tolist())
        assert covered(ranges) >= lines
        assert {edge for span in ranges for edge in span} <= lines


@given(fragments, fragments)
def test_rows_follow_the_query_without_overlap(ours: Fragment, theirs: Fragment) -> None:
    rows = line_evidence(align(ours, theirs))
    spans = [row.query_lines for row in rows if row.query_lines]
    assert all(a[0] <= a[1] < b[0] <= b[1] for a, b in pairwise(spans))
    added = [row.match_lines for row in rows if row.kind is K.ADDED]
    assert all(a and b and a[1] < b[0] for a, b in pairwise(added))


@given(fragments, fragments)
def test_each_kind_has_the_sides_that_it_speaks_of(ours: Fragment, theirs: Fragment) -> None:
    for row in line_evidence(align(ours, theirs)):
        assert (row.query_lines is None) == (row.kind is K.ADDED)
        assert (row.match_lines is None) == (row.kind is K.REMOVED)


@given(st.sampled_from(real_fragments()))
def test_a_fragment_and_itself_are_equal_throughout(part: Fragment) -> None:
    rows = line_evidence(align(part, part))
    assert {row.kind for row in rows} == {K.EQUAL}
    assert all(row.query_lines == row.match_lines for row in rows)


def test_one_renamed_variable_marks_its_lines() -> None:
    assert evidence(JAVA_COPY, JAVA_COPY.replace("buffer", "bytes")) == [
        (K.EQUAL, (1, 1), (1, 1)),
        (K.RENAMED, (2, 3), (2, 3)),
        (K.EQUAL, (4, 4), (4, 4)),
        (K.RENAMED, (5, 6), (5, 6)),
        (K.EQUAL, (7, 9), (7, 9)),
    ]


def test_an_inserted_statement_is_added_where_it_stands() -> None:
    longer = JAVA_COPY.replace("    while", "    assert count >= 0 : in.toString();\n    while")
    assert evidence(JAVA_COPY, longer) == [
        (K.EQUAL, (1, 3), (1, 3)),
        (K.ADDED, None, (4, 4)),
        (K.EQUAL, (4, 9), (5, 10)),
    ]


def test_a_deleted_statement_is_removed_where_it_stood() -> None:
    longer = JAVA_COPY.replace("    while", "    assert count >= 0 : in.toString();\n    while")
    assert evidence(longer, JAVA_COPY) == [
        (K.EQUAL, (1, 3), (1, 3)),
        (K.REMOVED, (4, 4), None),
        (K.EQUAL, (5, 10), (4, 9)),
    ]


def test_a_line_that_is_partly_the_same_is_changed() -> None:
    changed = JAVA_COPY.replace("byte[] buffer = new byte[4096];", "byte[] buffer = pool.take();")
    assert (K.CHANGED, (2, 2), (2, 2)) in evidence(JAVA_COPY, changed)


def test_a_statement_broken_over_lines_points_at_all_of_them() -> None:
    broken = JAVA_COPY.replace("out.write(buffer, 0, count)", "out.write(\n buffer,\n 0,\n count)")
    assert evidence(JAVA_COPY, broken) == [
        (K.EQUAL, (1, 4), (1, 4)),
        (K.EQUAL, (5, 5), (5, 8)),
        (K.EQUAL, (6, 9), (9, 12)),
    ]


def test_added_code_at_the_end_comes_last() -> None:
    rows = line_evidence(align(fragment("a = f(b, c)\n"), fragment("a = f(b, c)\nx.y.z = [1, 2, 3]\n")))
    assert rows == (Evidence(K.EQUAL, (1, 1), (1, 1)), Evidence(K.ADDED, None, (2, 2)))


def sentence(ours: str, theirs: str, clone_type: CloneType | None, language: str = "java") -> str:
    found = align(fragment(ours, language), fragment(theirs, language))
    return explain(found, line_evidence(found), clone_type)


def test_the_explanation_says_what_kind_of_copy_it_is() -> None:
    assert sentence(JAVA_COPY, JAVA_COPY, CloneType.T1) == "Identical but for layout and comments"
    renamed = JAVA_COPY.replace("buffer", "bytes").replace("count", "length")
    assert sentence(JAVA_COPY, renamed, CloneType.T2) == (
        "Same statements with other names, literals or types; renamed: buffer→bytes, count→length"
    )


def test_the_explanation_counts_lines_and_names_the_band() -> None:
    longer = JAVA_COPY.replace("    while", "    assert count >= 0 : in.toString();\n    while")
    found = sentence(JAVA_COPY, longer, CloneType.T3)
    assert found.endswith("% of the tokens align (ST3); 1 line added")
    twice = longer.replace("    while", "    log.debug(count);\n    while")
    assert "2 lines removed" in sentence(twice, JAVA_COPY, CloneType.T3)


def test_only_the_most_frequent_renames_are_listed() -> None:
    other = JAVA_COPY
    for name in ("copy", "buffer", "count", "InputStream", "OutputStream"):
        other = other.replace(name, name + "X")
    assert "buffer→bufferX, count→countX" in sentence(JAVA_COPY, other, CloneType.T2)
    assert sentence(JAVA_COPY, other, CloneType.T2).endswith(" and 2 more")


def test_what_is_no_clone_says_how_much_agrees() -> None:
    found = align(fragment(JAVA_COPY, "java"), fragment(PYTHON_MEDIAN))
    assert explain(found, line_evidence(found), None).endswith("% with the same text")


def test_bands_are_those_of_bigclonebench() -> None:
    assert [band(share) for share in (0.95, 0.9, 0.89, 0.7, 0.5, 0.49)] == [
        "VST3",
        "VST3",
        "ST3",
        "ST3",
        "MT3",
        "",
    ]
