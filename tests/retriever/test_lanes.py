"""What each lane is for: the clone it finds that the cheaper ones do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from snippets import JAVA_COPY, PYTHON_MEDIAN, embedder, fragment, make_snapshot, real_fragments

from codesearch.core.errors import IndexFailure
from codesearch.core.protocols import CandidateLane
from codesearch.core.types import Fragment
from indexer.segments.snapshot import Snapshot
from retriever.candidates import Retriever
from retriever.lanes import EXPANSION, DenseLane, FingerprintLane, LexicalLane, NearMissLane
from retriever.lanes.fingerprint import EXACT_SCORE, RENAMED_SCORE
from retriever.lanes.lexical import _hopeful

RENAMED = PYTHON_MEDIAN.replace("ordered", "items").replace('"no values"', "'empty'")
ADAPTED = PYTHON_MEDIAN.replace("    total", '    log.debug("even")\n    total').replace("/ 2\n", "* 0.5\n")
JAVA_MEDIAN = """double median(double[] values) {
    double[] ordered = sorted(values);
    int middle = ordered.length / 2;
    if (ordered.length == 0) throw new IllegalArgumentException("no values");
    return ordered.length % 2 == 1 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2;
}"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    added = [fragment(RENAMED), fragment(ADAPTED), fragment(PYTHON_MEDIAN), fragment(JAVA_MEDIAN, "java")]
    return make_snapshot(tmp_path_factory.mktemp("index"), [real_fragments(), added], embedder())


def place(snapshot: Snapshot, rows: np.ndarray, wanted: Fragment) -> int:
    """Rank of a content among rows, from 1."""
    return [snapshot.identity(row)[0] for row in rows.tolist()].index(wanted.exact_key) + 1


def test_fingerprints_find_the_copy_before_the_renamed_copy_and_nothing_else(index: Snapshot) -> None:
    [hit] = FingerprintLane(index).search([fragment(PYTHON_MEDIAN)], 10)
    assert hit.scores.tolist() == [EXACT_SCORE, RENAMED_SCORE]
    assert place(index, hit.rows, fragment(PYTHON_MEDIAN)) == 1
    assert place(index, hit.rows, fragment(RENAMED)) == 2


def test_near_misses_are_found_by_what_they_share(index: Snapshot) -> None:
    [hit] = NearMissLane(index).search([fragment(PYTHON_MEDIAN)], 5)
    assert place(index, hit.rows, fragment(ADAPTED)) == 3
    assert hit.scores[2] > 2 * hit.scores[3]


def test_names_find_the_same_purpose_in_another_language(index: Snapshot) -> None:
    [hit] = LexicalLane(index).search([fragment(JAVA_MEDIAN, "java")], 5)
    assert place(index, hit.rows, fragment(PYTHON_MEDIAN)) <= 4


@pytest.mark.parametrize("k", [1, 3, 10, 1000])
def test_what_common_words_add_is_not_lost_by_looking_them_up_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, k: int
) -> None:
    contents = real_fragments()
    halves = [contents[::2], contents[1::2]]
    snapshot = make_snapshot(tmp_path, halves)
    allowed = np.arange(len(snapshot)) % 7 != 0
    monkeypatch.setattr("retriever.lanes.lexical.COMMON_FLOOR", 0)
    left: list[int] = []

    def counted(scores: np.ndarray, *others: Any) -> np.ndarray | None:
        rows = _hopeful(scores, *others)
        left.extend([] if rows is None else [len(rows)])
        return rows

    monkeypatch.setattr("retriever.lanes.lexical._hopeful", counted)
    found = LexicalLane(snapshot).search(contents, k, allowed)
    assert k > 10 or min(left) < len(snapshot) / 4  # most rows were out of the race
    monkeypatch.setattr("retriever.lanes.lexical.COMMON_SHARE", 1.0)  # no word is common
    expected = LexicalLane(snapshot).search(contents, k, allowed)
    for hits, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(hits.scores, wanted.scores, rtol=1e-6)
        assert allowed[hits.rows].all()
    same = [np.array_equal(hits.rows, wanted.rows) for hits, wanted in zip(found, expected, strict=True)]
    assert np.mean(same) > 0.98  # scores that differ by rounding alone may change places


def test_an_expanded_query_finds_among_its_neighbours_what_it_would_find_among_all(
    index: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = real_fragments()[::5]
    found = DenseLane(index, embedder(), EXPANSION).search(queries, 3)
    monkeypatch.setattr("retriever.lanes.dense.NEIGHBOURHOOD", len(index))
    expected = DenseLane(index, embedder(), EXPANSION).search(queries, 3)
    shared = [len(np.intersect1d(a.rows, b.rows)) for a, b in zip(found, expected, strict=True)]
    assert np.mean(shared) >= 2.9  # of 3, among 15 neighbours


def test_vectors_find_the_same_purpose_in_another_language(index: Snapshot) -> None:
    [hit] = DenseLane(index, embedder()).search([fragment(JAVA_MEDIAN, "java")], 10)
    assert place(index, hit.rows, fragment(PYTHON_MEDIAN)) <= 5


def test_boilerplate_that_everything_shares_proposes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retriever.lanes.near_miss.COMMON_FLOOR", 3)
    same = [fragment(f"def f(a):\n    self.a = b.get(a, c)\n    return name{n}\n") for n in range(10)]
    snapshot = make_snapshot(tmp_path, [same])
    [hit] = NearMissLane(snapshot).search([same[0]], 5)
    assert not len(hit.rows)


def test_vectors_of_another_model_are_refused_with_the_remedy(tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path, [real_fragments()[:3]])
    with pytest.raises(IndexFailure, match="has vectors of 'no model', not of 'static-1': run 'codesearch"):
        DenseLane(snapshot, embedder())


def retriever(snapshot: Snapshot) -> Retriever:
    lanes: list[CandidateLane] = [FingerprintLane(snapshot), NearMissLane(snapshot), LexicalLane(snapshot)]
    lanes.append(DenseLane(snapshot, embedder()))
    return Retriever(snapshot, lanes, {})


def test_fingerprint_hits_lead_whatever_the_other_lanes_say(index: Snapshot) -> None:
    [hit] = retriever(index).search([fragment(PYTHON_MEDIAN)], 5)
    found = [place(index, hit.rows, fragment(code)) for code in (PYTHON_MEDIAN, RENAMED, ADAPTED)]
    assert found == [1, 2, 3]
    assert len(set(hit.rows.tolist())) == 5
    assert (np.diff(hit.scores) <= 0).all()


def test_every_kind_of_clone_is_among_the_candidates(index: Snapshot) -> None:
    [hit] = retriever(index).search([fragment(PYTHON_MEDIAN)], 12)
    for code, language in ((RENAMED, "python"), (ADAPTED, "python"), (JAVA_MEDIAN, "java")):
        assert place(index, hit.rows, fragment(code, language)) <= 12


def test_a_filter_holds_for_fused_candidates(index: Snapshot) -> None:
    allowed = np.arange(len(index)) % 4 == 0
    for hit in retriever(index).search([fragment(PYTHON_MEDIAN), fragment(JAVA_COPY, "java")], 8, allowed):
        assert allowed[hit.rows].all()
        assert len(hit.rows)


def test_deeper_lanes_change_the_pool_and_not_the_number_returned(index: Snapshot) -> None:
    [hit] = retriever(index).search([fragment(PYTHON_MEDIAN)], 4, depth=50)
    assert len(hit.rows) == 4
