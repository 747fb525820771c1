"""The near-miss join finds what comparing every pair finds, without comparing every pair."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from snippets import make_snapshot, numbered_fragment

from codesearch.audit.classes.evidence_cache import EvidenceCache
from codesearch.audit.classes.verification import LEAST_PRODUCT, SHORT, Verifier, is_class_pair
from codesearch.core.types import Fragment
from indexer.segments.snapshot import Snapshot
from retriever.joins.contents import Contents, without_run_order
from retriever.joins.near_miss import PARTNERS, near_miss_pairs
from retriever.joins.sketches import sketch_contents

Pair = tuple[int, int]


def mutated(rng: random.Random, text: Sequence[int], edits: int) -> list[int]:
    """A text with some tokens replaced, added or removed."""
    found = list(text)
    for _ in range(edits):
        place = rng.randrange(len(found))
        match rng.randrange(3):
            case 0:
                found[place] = rng.randrange(60)
            case 1:
                found.insert(place, rng.randrange(60))
            case _:
                del found[place]
    return found


def corpus(seed: int) -> list[Fragment]:
    """Families of near copies, some closer than others, and contents without kin."""
    rng = random.Random(seed)  # noqa: S311
    texts = []
    for _ in range(12):
        base = [rng.randrange(60) for _ in range(rng.randrange(40, 160))]
        texts.append(base)
        texts += [mutated(rng, base, rng.randrange(1, len(base) // 5)) for _ in range(rng.randrange(5))]
    return [numbered_fragment(text) for text in {tuple(text): text for text in texts}.values()]


def joined(snapshot: Snapshot) -> tuple[Contents, list[Pair]]:
    contents = Contents(snapshot, without_run_order(snapshot, np.arange(len(snapshot))))
    pairs = near_miss_pairs(sketch_contents(contents), LEAST_PRODUCT)
    return contents, list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))


def verified(contents: Contents, pairs: Iterable[Pair]) -> list[Pair]:
    """Those pairs whose text makes them clones."""
    verifier = Verifier(contents, sketch_contents(contents).grams, EvidenceCache(None, contents.snapshot))
    return [pair for pair in pairs if is_class_pair(verifier.evidence(*pair), SHORT)]


def components(count: int, pairs: Iterable[Pair]) -> set[frozenset[int]]:
    leader = list(range(count))
    for left, right in pairs:
        ours, theirs = leader[left], leader[right]
        leader = [ours if name == theirs else name for name in leader]
    return {frozenset(np.flatnonzero(np.array(leader) == name).tolist()) for name in set(leader)}


@pytest.mark.parametrize("seed", range(8))
def test_candidates_connect_what_comparing_every_pair_connects(tmp_path: Path, seed: int) -> None:
    contents, candidates = joined(make_snapshot(tmp_path, [corpus(seed)]))
    every = verified(contents, combinations(range(len(contents)), 2))
    assert len(every) > 10
    found = components(len(contents), verified(contents, candidates))
    assert found == components(len(contents), every)


def test_a_mass_of_near_copies_makes_a_number_of_pairs_that_grows_with_it_and_stays_connected(
    tmp_path: Path,
) -> None:
    rng = random.Random(3)  # noqa: S311
    base = [rng.randrange(60) for _ in range(80)]
    copies = {tuple(mutated(rng, base, 3)) for _ in range(1200)}
    contents, candidates = joined(make_snapshot(tmp_path, [map(numbered_fragment, copies)]))
    assert len(contents) > 1000
    assert len(candidates) <= PARTNERS * len(contents)
    [largest, *others] = sorted(map(len, components(len(contents), candidates)), reverse=True)
    assert largest >= 0.99 * len(contents)
    assert sum(others) <= 0.01 * len(contents)


def test_pairs_are_listed_once_the_smaller_position_first_and_the_most_alike_first(tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path, [corpus(1)])
    contents = Contents(snapshot, np.arange(len(snapshot)))
    pairs = near_miss_pairs(sketch_contents(contents), LEAST_PRODUCT)
    assert (pairs.left < pairs.right).all()
    assert (np.diff(pairs.estimate) <= 0).all()
    assert max(Counter(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)).values()) == 1


def test_the_pairs_do_not_depend_on_how_the_index_came_about(tmp_path: Path) -> None:
    made = corpus(2)
    shuffled = random.Random(0).sample(made, len(made))  # noqa: S311
    snapshots = [
        make_snapshot(tmp_path / "once", [made]),
        make_snapshot(tmp_path / "thrice", [shuffled[:10], shuffled[10:11], shuffled[11:]]),
    ]
    first, second = (
        [tuple(snapshot.identity(contents.rows[position]) for position in pair) for pair in pairs]
        for snapshot, (contents, pairs) in ((snapshot, joined(snapshot)) for snapshot in snapshots)
    )
    assert first == second


def test_contents_without_kin_and_contents_that_are_too_short_make_no_pairs(tmp_path: Path) -> None:
    texts = [range(start, start + 50) for start in range(0, 500, 50)] + [[1, 2, 3], [1, 2, 4]]
    _, candidates = joined(make_snapshot(tmp_path, [map(numbered_fragment, texts)]))
    assert candidates == []
