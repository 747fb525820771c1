"""Alignment: whatever the two sides, what is said is true of both and does not depend on their order."""

from __future__ import annotations

from collections.abc import Sequence
from unittest.mock import patch

import numpy as np
from fuzz.target import Target, parts
from snippets import JAVA_COPY, PYTHON_MEDIAN

from codesearch.core.results import CloneType, Evidence, EvidenceKind
from codesearch.core.types import Fragment, Tokens
from indexer.fragments import whole_fragment
from indexer.normal.keys import blind_tokens
from indexer.parsing.languages import registry
from indexer.parsing.limits import BeyondLimits
from reranker.evidence import line_evidence
from reranker.explain import explain
from retriever import alignment
from retriever.alignment import SHORTEST_RUN, Alignment, align

_SEPARATOR = b"\n=====\n"
_LANGUAGES = ("python", "java", "javascript", "c")
_ONE_SIDED = {EvidenceKind.ADDED, EvidenceKind.REMOVED}


def _aligns(data: bytes) -> None:
    """The first byte names the languages of two sources, which stand behind it with a separator between."""
    if not data:
        return
    texts = parts(data[1:], 2, _SEPARATOR)
    languages = (_LANGUAGES[data[0] % 4], _LANGUAGES[data[0] // 4 % 4])
    try:
        ours, theirs = (
            whole_fragment(text, registry().get(language))
            for text, language in zip(texts, languages, strict=True)
        )
    except BeyondLimits:
        return
    _check(ours, theirs)
    with patch.object(alignment, "LARGEST_TABLE", 0):  # as what is too large for tokens: line by line
        _check(ours, theirs)


def _check(ours: Fragment, theirs: Fragment) -> None:
    forth, back = align(ours, theirs), align(theirs, ours)
    assert (forth.similarity, forth.agreement) == (back.similarity, back.agreement)
    assert np.array_equal(forth.query_positions, back.match_positions)
    assert 0 <= forth.agreement <= forth.similarity <= 1
    _check_runs(forth)
    if ours.exact_key == theirs.exact_key and len(ours.tokens) >= SHORTEST_RUN:
        assert forth.similarity == forth.agreement == 1 or alignment.LARGEST_TABLE == 0
    evidence = line_evidence(forth)
    _check_side([row.query_lines for row in evidence], ours.tokens)
    _check_shown(evidence, ours.tokens, theirs.tokens)
    for clone_type in (*CloneType, None):
        sentence = explain(forth, evidence, clone_type)
        assert sentence
        assert "\n" not in sentence


def _check_runs(found: Alignment) -> None:
    query, match = found.query_positions, found.match_positions
    assert len(query) == len(match)
    assert (np.diff(query) > 0).all()
    assert (np.diff(match) > 0).all()
    if len(query):
        assert query[-1] < len(found.query)
        assert match[-1] < len(found.match)
    assert np.array_equal(blind_tokens(found.query)[query], blind_tokens(found.match)[match])
    together = (np.diff(query) == 1) & (np.diff(match) == 1)
    lengths = np.diff(np.flatnonzero(np.concatenate(([True], ~together, [True]))))
    assert not len(query) or lengths.min() >= SHORTEST_RUN


def _check_side(ranges: Sequence[tuple[int, int] | None], tokens: Tokens) -> None:
    """Every line of the query that bears tokens is told once, in order."""
    told = [line for lines in ranges if lines for line in range(lines[0], lines[1] + 1)]
    assert told == sorted(set(told))
    assert set(tokens.lines.tolist()) <= set(told)


def _check_shown(evidence: Sequence[Evidence], ours: Tokens, theirs: Tokens) -> None:
    shown: set[int] = set()
    for row in evidence:
        assert row.query_lines or row.match_lines
        assert (row.query_lines is None or row.match_lines is None) == (row.kind in _ONE_SIDED)
        for lines, tokens in ((row.query_lines, ours), (row.match_lines, theirs)):
            if lines is not None:
                assert tokens.lines[0] <= lines[0] <= lines[1] <= tokens.lines[-1]
        if row.match_lines is not None:
            shown |= set(range(row.match_lines[0], row.match_lines[1] + 1))
    assert set(theirs.lines.tolist()) <= shown


def input_of(first: str, second: str, languages: int = 0) -> bytes:
    """The input that means two sources."""
    return bytes([languages]) + first.encode() + _SEPARATOR + second.encode()


_EDITED = PYTHON_MEDIAN.replace("ordered", "values_in_order").replace("total / 2", "total // 2")

TARGETS = (
    Target(
        "alignment",
        "alignment",
        _aligns,
        (
            input_of(PYTHON_MEDIAN, _EDITED),
            input_of(PYTHON_MEDIAN, "\n\n".join(reversed(PYTHON_MEDIAN.splitlines()))),
            input_of(JAVA_COPY, JAVA_COPY.replace("    out.flush();\n", "") * 2, 5),
            input_of("a = f(b, c)\n" * 9, "a = f(b, c)\n" * 4 + "x = {}\n" + "b = g(c, d)\n" * 3),
            input_of(PYTHON_MEDIAN, JAVA_COPY, 4),
        ),
        longest=2048,
    ),
)
