"""What the product says of judged pairs when it does not know what people said of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from codesearch.core.errors import CodesearchError
from codesearch.core.feedback import Precedent
from codesearch.core.judge import Case, CaseSide
from codesearch.core.protocols import Embedder
from codesearch.core.results import Verdict
from codesearch.core.types import F64, I64, Fragment, Mask
from indexer.embedding.stored import embed_stored, row_cosines
from indexer.fragments import fragments_of
from indexer.parsing.languages import registry
from reranker.cascade import Candidate, Cascade
from reranker.judge.precedents.judge import PrecedentJudge
from reranker.judge.precedents.memories import load_memories, user_precedents
from reranker.judge.precedents.memory import KERNELS, Origin, PairPoints, PrecedentMemory, RememberedPair

FOLDS = 5
_PAIRS_AT_ONCE = 256  # bounds the alignments in memory


@dataclass(frozen=True, slots=True)
class CrossFitted:
    """Judged pairs that can be parsed; one entry per pair, in order.

    Attributes:
        clones: bool [n], what people said.
        by_text: bool [n], settled as a copy or an edited one, whatever the thresholds.
        priors: float64 [n], P(clone) of the cascade.
        corrected: float64 [n], the same corrected by precedents about other code.
    """

    clones: Mask
    by_text: Mask
    priors: F64
    corrected: F64

    def __len__(self) -> int:
        return len(self.clones)


def cross_fit(
    precedents: Sequence[Precedent], embedder: Embedder, cascade: Cascade, advance: Callable[[int], None]
) -> CrossFitted:
    """Rate judged pairs as the cascade and the precedent judge rate pairs that nobody judged.

    The pairs are divided into folds; those of one are corrected by the shipped precedents and by the verdicts
    of the other folds about other code. A verdict helps neither its own pair nor one that shares a side
    with it, which those of one clone class would do.

    Args:
        precedents: One per pair; those about code that cannot be parsed here are left out.
        embedder: Embeds sides.
        cascade: Rates pairs.
        advance: Hears how many more pairs are rated.

    Raises:
        EnvironmentFailure: The shipped precedents are missing or damaged.
    """
    parsed = [(precedent, sides) for precedent in precedents if (sides := _fragments(precedent)) is not None]
    known = [precedent for precedent, _ in parsed]
    cases = [case for batch in _batches([sides for _, sides in parsed], embedder, cascade) for case in batch]
    corrected = np.zeros(len(known))
    for rows, judge in _judges(known, [sides for _, sides in parsed], embedder, cascade):
        corrected[rows] = [p for p, _ in judge.weigh([cases[row] for row in rows])]
        advance(len(rows))
    return CrossFitted(
        np.array([precedent.verdict is Verdict.CLONE for precedent in known], bool),
        np.array([case.decision.decided_by != "reranker" for case in cases], bool),
        np.array([case.decision.probability for case in cases], np.float64),
        corrected,
    )


def fold_of(precedent: Precedent) -> int:
    """0 to :data:`FOLDS` - 1, by the pair alone."""
    pair = repr(sorted(precedent.pair)).encode()
    return int.from_bytes(blake2b(pair, digest_size=8).digest()) % FOLDS


def _fragments(precedent: Precedent) -> tuple[Fragment, Fragment] | None:
    """None where a side, which may come from somebody else's file, cannot be parsed here."""
    try:
        first, second = fragments_of([(side.code, registry().get(side.language)) for side in precedent.sides])
    except CodesearchError:
        return None
    return first, second


def _batches(
    pairs: Sequence[tuple[Fragment, Fragment]], embedder: Embedder, cascade: Cascade
) -> Iterator[list[Case]]:
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        batch = pairs[start : start + _PAIRS_AT_ONCE]
        stored = embed_stored([side for pair in batch for side in pair], embedder)
        cosines = row_cosines(stored[::2], stored[1::2]).tolist()
        candidates = [Candidate(*pair, cosine) for pair, cosine in zip(batch, cosines, strict=True)]
        yield [
            Case(CaseSide(one.query), CaseSide(one.match), one.dense, settled.decision)
            for one, settled in zip(candidates, cascade.settle(candidates), strict=True)
        ]


def _judges(
    precedents: Sequence[Precedent],
    pairs: Sequence[tuple[Fragment, Fragment]],
    embedder: Embedder,
    cascade: Cascade,
) -> Iterator[tuple[I64, PrecedentJudge]]:
    """The rows of each fold that has some, with a judge that knows nothing of their code."""
    if not precedents:
        return
    with TemporaryDirectory() as folder:  # what the user's own commands keep is of all their verdicts
        shipped = load_memories((), embedder, cascade, Path(folder) / "shipped.npz")
    points = shipped.embedder.points(pairs)
    remembered = user_precedents(precedents)
    folds = np.array([fold_of(precedent) for precedent in precedents])
    for fold in np.unique(folds).tolist():
        rows = np.flatnonzero(folds == fold)
        asked_about = {side for row in rows.tolist() for side in precedents[row].pair}
        told = np.flatnonzero([asked_about.isdisjoint(precedent.pair) for precedent in precedents])
        memories = (*shipped.of_origin, *_memory(remembered, points, told))
        yield rows, PrecedentJudge(shipped.embedder, memories, cascade)


def _memory(
    remembered: Sequence[RememberedPair], points: PairPoints, rows: I64
) -> tuple[PrecedentMemory, ...]:
    """The memory of some of the user's verdicts; none of none."""
    if not len(rows):
        return ()
    some = PairPoints(points.relations[rows], points.topics[rows], points.priors[rows])
    return (PrecedentMemory([remembered[row] for row in rows], some, KERNELS[Origin.FEEDBACK]),)
