"""The labelled pairs that were written for this project are what their labels say."""

from __future__ import annotations

from collections import Counter, defaultdict
from hashlib import sha256
from itertools import product

import pytest
from judge_lab import shipped_cascade
from snippets import fragment

from codesearch.core.results import CloneType
from codesearch.core.types import Fragment
from indexer.embedding.registry import model_entry
from indexer.parsing.extract import parse_source
from indexer.parsing.languages import registry
from reranker.cascade import ALIGNED_SIMILARITY, Candidate
from reranker.judge.manipulation.detector import find_manipulations, reads_as_instruction
from reranker.judge.precedents.memories import PRECEDENTS, shipped_precedents
from reranker.judge.precedents.memory import RememberedPair

LANGUAGES = ("python", "java", "javascript", "go", "c")
CROSSED = (("java", "python"), ("javascript", "python"), ("csharp", "java"), ("go", "python"))
LEAST = 15  # pairs of each clone type and language


@pytest.fixture(scope="module")
def fragments() -> dict[str, tuple[Fragment, Fragment]]:
    found = {}
    for pair in shipped_precedents():
        first, second = (fragment(side.code, side.language) for side in pair.precedent.sides)
        found[pair.id] = first, second
    return found


def of_type(clone_type: CloneType) -> list[RememberedPair]:
    return [pair for pair in shipped_precedents() if pair.clone_type is clone_type]


def test_the_file_is_the_one_that_the_registry_lists() -> None:
    entry = model_entry(PRECEDENTS, "precedents")
    assert set(entry.files) == {"precedents.jsonl"}
    for name, checksum in entry.files.items():
        assert sha256((entry.folder / name).read_bytes()).hexdigest() == checksum


def test_every_type_and_language_has_enough_pairs_half_of_them_look_alikes() -> None:
    counts: Counter[tuple[CloneType, tuple[str, str], bool]] = Counter()
    for pair in shipped_precedents():
        first, second = sorted(side.language for side in pair.precedent.sides)
        assert pair.clone_type is not None
        counts[pair.clone_type, (first, second), pair.is_clone] += 1
    wanted = [*product(CloneType, ((language, language) for language in LANGUAGES))]
    wanted += [(CloneType.T4, crossed) for crossed in CROSSED]
    for kind in wanted:
        clones, others = counts[*kind, True], counts[*kind, False]
        assert clones + others >= LEAST, kind
        assert clones == others, kind
    assert {kind[:2] for kind in counts} == set(wanted)
    assert counts.total() >= 300


def test_every_side_is_whole_code_under_its_own_key(fragments: dict[str, tuple[Fragment, Fragment]]) -> None:
    for pair in shipped_precedents():
        for side, found in zip(pair.precedent.sides, fragments[pair.id], strict=True):
            assert not parse_source(side.code.encode(), registry().get(side.language)).damaged, pair.id
            assert side.content == found.exact_key.hex(), pair.id
            assert not find_manipulations(side.code), pair.id


def test_clones_are_of_the_type_that_they_say(fragments: dict[str, tuple[Fragment, Fragment]]) -> None:
    pairs = [pair for pair in shipped_precedents() if pair.is_clone]
    settled = shipped_cascade().settle([Candidate(*fragments[pair.id], 0.5) for pair in pairs])
    for pair, found in zip(pairs, settled, strict=True):
        first, second = fragments[pair.id]
        similarity = found.decision.similarity
        match pair.clone_type:
            case CloneType.T1:
                assert first.exact_key == second.exact_key, pair.id
            case CloneType.T2:
                assert first.exact_key != second.exact_key, pair.id
                assert first.renamed_key == second.renamed_key, pair.id
            case CloneType.T3:
                assert ALIGNED_SIMILARITY <= similarity <= 0.95, pair.id
                assert first.renamed_key != second.renamed_key, pair.id
            case _:
                assert similarity < ALIGNED_SIMILARITY, pair.id


def test_look_alikes_differ_by_more_than_names(fragments: dict[str, tuple[Fragment, Fragment]]) -> None:
    for pair in shipped_precedents():
        if not pair.is_clone:
            first, second = fragments[pair.id]
            assert first.renamed_key != second.renamed_key, pair.id


def test_no_content_stands_in_two_pairs() -> None:
    pairs = defaultdict(set)
    for pair in shipped_precedents():
        for side in pair.precedent.sides:
            pairs[side.content].add(pair.id)
    assert all(len(ids) == 1 for ids in pairs.values())


def test_names_and_reasons_are_plain() -> None:
    assert len({pair.id for pair in shipped_precedents()}) == len(shipped_precedents())
    for pair in shipped_precedents():
        reason = pair.precedent.reason
        assert pair.id.isascii()
        assert 20 <= len(reason) <= 300, pair.id
        assert reason.isascii(), pair.id
        assert reason.isprintable(), pair.id
        assert not reads_as_instruction(reason), pair.id
