"""Labelled pairs as the cases that a judge is asked about."""

from __future__ import annotations

from collections.abc import Sequence

from codesearch.core.judge import Case
from codesearch.core.protocols import Embedder
from codesearch.core.types import I64, Fragment
from codesearch.evaluation.index import embed_in_batches
from codesearch.evaluation.study.corpus import Surroundings
from indexer.embedding.stored import row_cosines
from reranker.cascade import Candidate, Cascade

_AT_ONCE = 256  # bounds the alignments in memory


def study_cases(
    fragments: Sequence[Fragment],
    sides: tuple[I64, I64],
    surroundings: Surroundings,
    embedder: Embedder,
    cascade: Cascade,
) -> list[Case]:
    """One case per pair, in order, without the neighbours that serve as contrast.

    Args:
        fragments: Whole fragments of any size.
        sides: int64 [n] and int64 [n], positions in ``fragments``.
        surroundings: Where they stand.
        embedder: Gives the cosines.
        cascade: Gives the decisions before the judge.
    """
    vectors = embed_in_batches(fragments, embedder)
    cases: list[Case] = []
    for first in range(0, len(sides[0]), _AT_ONCE):
        ours, theirs = (side[first : first + _AT_ONCE] for side in sides)
        cosines = row_cosines(vectors[ours], vectors[theirs]).tolist()
        rows = list(zip(ours.tolist(), theirs.tolist(), cosines, strict=True))
        settled = cascade.settle([Candidate(fragments[a], fragments[b], cosine) for a, b, cosine in rows])
        cases += [
            Case(surroundings.side(a), surroundings.side(b), cosine, one.decision)
            for (a, b, cosine), one in zip(rows, settled, strict=True)
        ]
    return cases
