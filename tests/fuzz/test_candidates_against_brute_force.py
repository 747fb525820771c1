"""What the lanes and the joins propose, against a comparison of every pair by the same verdict.

Documented bounds of the lanes do not bite on a corpus of this size (no n-gram is in
``retriever.joins.near_miss.MOST`` contents, nobody has ``PARTNERS`` partners), with one exception: a MinHash
estimates, so that one near miss in some hundreds that are only just alike is not compared by an audit.
"""

from __future__ import annotations

import inspect
import random
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from judge_lab import shipped_cascade
from snippets import embedder, fragment, make_snapshot

from codesearch.audit.classes.evidence_cache import EvidenceCache
from codesearch.audit.classes.verification import LEAST_PRODUCT, Verifier, is_class_pair
from codesearch.core.results import CloneType, Verdict
from codesearch.core.settings.load import default_settings
from codesearch.core.types import Fragment
from indexer.embedding.stored import embed_stored, row_cosines
from indexer.segments.snapshot import Snapshot
from reranker.cascade import Candidate
from retriever.candidates import open_retriever
from retriever.joins.contents import Contents, without_run_order
from retriever.joins.near_miss import near_miss_pairs
from retriever.joins.sketches import sketch_contents

LEAST_RECALL = 0.99  # of the pairs that an audit's verdict calls clones; see above
CANDIDATES = 20
"""Rows that a query retrieves: a fifth of what is usual, and a fraction of the corpora here."""
_SMALLEST, _LARGEST = 8, 60  # lines of a function
_NAME = re.compile(r"\b[a-z_]{3,}\b")


@dataclass(frozen=True, slots=True)
class Small:
    """A corpus that can be compared in full.

    Attributes:
        snapshot: Of it, with vectors.
        contents: Its contents, by row.
    """

    snapshot: Snapshot
    contents: tuple[Fragment, ...]


def functions() -> list[str]:
    """Functions of the standard library."""
    modules = (re, inspect, textwrap, random)
    found = {
        textwrap.dedent(inspect.getsource(member))
        for module in modules
        for holder in (module, *(one for _, one in inspect.getmembers(module, inspect.isclass)))
        for _, member in inspect.getmembers(holder, inspect.isfunction)
        if member.__module__ == module.__name__
    }
    return sorted(text for text in found if _SMALLEST <= text.count("\n") <= _LARGEST)


def edited(rng: random.Random, text: str) -> str:
    """A copy as people make them: lines added, doubled and taken away, a name changed."""
    lines = text.splitlines()
    for _ in range(rng.randrange(len(lines) // 4 + 1)):
        place = rng.randrange(1, len(lines))
        indent = lines[place][: len(lines[place]) - len(lines[place].lstrip())]
        match rng.randrange(3):
            case 0:
                lines.insert(place, f"{indent}added_{rng.randrange(99)} = prepare(first, {rng.randrange(9)})")
            case 1:
                lines.insert(place, lines[place])
            case _ if len(lines) > _SMALLEST:
                del lines[place]
    copied = "\n".join(lines) + "\n"
    for name in rng.sample(sorted(set(_NAME.findall(copied))), rng.randrange(3)):
        copied = re.sub(rf"\b{name}\b", f"{name}_{rng.randrange(9)}", copied)
    return copied


def corpus(folder: Path, seed: int, bases: int) -> Small:
    """Functions, and up to four edited copies of each, in two segments."""
    rng = random.Random(seed)  # noqa: S311
    texts = []
    for base in rng.sample(functions(), bases):
        texts.append(base)
        texts += [edited(rng, base) for _ in range(rng.randrange(5))]
    distinct = {one.exact_key: one for one in map(fragment, texts)}
    parts = list(distinct.values())
    snapshot = make_snapshot(folder, [parts[::2], parts[1::2]], embedder())
    return Small(snapshot, tuple(snapshot.fragment(row) for row in range(len(snapshot))))


def clones_of(query: Fragment, small: Small) -> Iterator[tuple[int, CloneType]]:
    """Rows that the cascade takes for clones by their text, with the type, when it is asked about all."""
    cosines = row_cosines(
        small.snapshot.vectors(np.arange(len(small.contents))), embed_stored([query], embedder())[0]
    )
    candidates = [
        Candidate(query, match, float(cosine)) for match, cosine in zip(small.contents, cosines, strict=True)
    ]
    for row, settled in enumerate(shipped_cascade().settle(candidates)):
        decision = settled.decision
        if decision.verdict is Verdict.CLONE and decision.decided_by in {"fingerprint", "alignment"}:
            assert decision.clone_type is not None
            yield row, decision.clone_type


def missed_by_queries(small: Small, *, dense: bool) -> tuple[list[tuple[int, int, CloneType]], int]:
    """Clones that a query for each content does not retrieve, and how many there are."""
    weights = default_settings().retrieval.weights.model_dump()
    retriever = open_retriever(small.snapshot, embedder() if dense else None, weights)
    hits = retriever.search(small.contents, CANDIDATES)
    missed, count = [], 0
    for row, (query, found) in enumerate(zip(small.contents, hits, strict=True)):
        proposed = set(found.rows.tolist())
        for match, clone_type in clones_of(query, small):
            count += 1
            if match not in proposed:
                missed.append((row, match, clone_type))
    return missed, count


def missed_by_join(small: Small) -> tuple[list[tuple[int, int]], int]:
    """Pairs of one class that the join of an audit does not propose, and how many there are."""
    snapshot = small.snapshot
    contents = Contents(snapshot, without_run_order(snapshot, np.arange(len(snapshot))))
    sketches = sketch_contents(contents)
    pairs = near_miss_pairs(sketches, LEAST_PRODUCT)
    proposed = set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    verifier = Verifier(contents, sketches.grams, EvidenceCache(None, snapshot))
    sizes = sketches.sizes.tolist()
    clones = [
        (first, second)
        for first, second in combinations(range(len(contents)), 2)
        if is_class_pair(verifier.evidence(first, second), min(sizes[first], sizes[second]))
    ]
    return [pair for pair in clones if pair not in proposed], len(clones)


def check(folder: Path, seeds: Sequence[int], bases: int) -> None:
    """Compare in full, with a corpus for each seed."""
    missing = pairs = 0
    for seed in seeds:
        small = corpus(folder / str(seed), seed, bases)
        for dense in (True, False):
            missed, count = missed_by_queries(small, dense=dense)
            assert count > len(small.contents), "a corpus without clones tells nothing"
            assert missed == []
        unseen, of = missed_by_join(small)
        missing, pairs = missing + len(unseen), pairs + of
    assert pairs > bases
    assert missing <= (1 - LEAST_RECALL) * pairs, f"{missing} of {pairs} pairs are missed"


def test_lanes_and_joins_propose_what_a_comparison_of_every_pair_finds(tmp_path: Path) -> None:
    check(tmp_path, [1], 20)


@pytest.mark.nightly
def test_lanes_and_joins_propose_it_in_many_corpora(tmp_path: Path) -> None:
    check(tmp_path, range(100, 120), 40)
