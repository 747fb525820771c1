"""Winnowing: near-miss copies share fingerprints, and there are few of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from snippets import real_fragments

from codesearch.core.types import U64
from indexer.normal.keys import blind_tokens
from indexer.normal.winnow import GRAM, WINDOW, gram_hashes, winnow

SHARED = GRAM + WINDOW - 1

streams = st.lists(st.integers(0, 2**64 - 1), max_size=60)


def hashes(values: list[int]) -> U64:
    return np.array(values, np.uint64)


@given(streams, streams, streams, streams, st.lists(st.integers(0, 2**64 - 1), min_size=SHARED, max_size=40))
def test_a_shared_run_of_tokens_leaves_a_shared_fingerprint(
    before: list[int], after: list[int], other_before: list[int], other_after: list[int], run: list[int]
) -> None:
    ours, theirs = winnow(hashes(before + run + after)), winnow(hashes(other_before + run + other_after))
    assert len(np.intersect1d(ours, theirs))


@given(streams)
def test_fingerprints_ascend_and_are_distinct(values: list[int]) -> None:
    found = winnow(hashes(values)).astype(np.int64)
    assert (np.diff(found) > 0).all()


@pytest.mark.parametrize("count", range(SHARED + 3))
def test_a_fragment_has_fingerprints_from_one_gram_on(count: int) -> None:
    found = winnow(np.arange(1, count + 1, dtype=np.uint64))
    assert (len(found) > 0) == (count >= GRAM)


def test_unrelated_streams_share_nothing() -> None:
    ours, theirs = (np.random.default_rng(seed).integers(0, 2**64, 500, np.uint64) for seed in (1, 2))
    assert not len(np.intersect1d(winnow(ours), winnow(theirs)))


def test_about_two_of_five_grams_are_kept() -> None:
    # Schleimer et al.: the expected density is 2 / (window + 1).
    stream = np.random.default_rng(3).integers(0, 2**64, 10_000, np.uint64)
    assert len(winnow(stream)) / len(stream) == pytest.approx(2 / (WINDOW + 1), abs=0.02)


def test_grams_that_differ_in_one_token_hash_differently() -> None:
    base = np.arange(1, GRAM + 1, dtype=np.uint64)
    variants = [np.where(np.arange(GRAM) == place, np.uint64(99), base) for place in range(GRAM)]
    assert len({int(gram_hashes(stream)[0]) for stream in (base, *variants)}) == GRAM + 1


def test_the_order_of_tokens_counts() -> None:
    tokens = blind_tokens(real_fragments()[0].tokens)
    assert not np.array_equal(winnow(tokens), winnow(tokens[::-1].copy()))
