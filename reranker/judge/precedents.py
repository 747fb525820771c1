"""The judge that needs no model: the reranker's probability, corrected by the nearest labelled precedents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codesearch.core.judge import Case, Ruling
from codesearch.core.results import CloneType, Decision, Verdict
from codesearch.core.types import Fragment
from reranker.cascade import ALIGNED_SIMILARITY, Cascade
from reranker.judge.kernel import log_odds, probability
from reranker.judge.memory import Neighbours, PrecedentMemory, RememberedPair
from reranker.judge.pair_points import PairEmbedder

LEAST_LIKENESS = 0.05  # what is less alike moves a probability by under a hundredth and explains nothing
_MOST, _LEAST = 0.999, 0.001  # of P(clone): a correction may not make anything certain
_NAMED = 2


@dataclass(frozen=True, slots=True)
class WeighedPrecedent:
    """A precedent with its likeness to a case, 0 to 1."""

    pair: RememberedPair
    likeness: float


class PrecedentJudge:
    """Rules on every case that the text alone does not settle.

    Args:
        embedder: Makes points of pairs.
        memories: The shipped precedents, the user's.
        cascade: Whose thresholds make a probability a verdict.
    """

    degraded: frozenset[str] = frozenset()

    def __init__(self, embedder: PairEmbedder, memories: Sequence[PrecedentMemory], cascade: Cascade) -> None:
        self._embedder = embedder
        self._memories = memories
        self._cascade = cascade

    def judge(self, cases: Sequence[Case]) -> list[Ruling | None]:
        """One ruling per case, in order; None for pairs that fingerprints or alignment settle."""
        weighed = self.weigh([case for case in cases if case.decision.decided_by == "reranker"])
        found = iter(weighed)
        return [
            self._ruling(case, *next(found)) if case.decision.decided_by == "reranker" else None
            for case in cases
        ]

    def weigh(self, cases: Sequence[Case]) -> list[tuple[float, list[WeighedPrecedent]]]:
        """P(clone) of each case, and the precedents that are like it, most alike first."""
        if not cases:
            return []
        points = self._embedder.points([_sides(case) for case in cases])
        near = [memory.nearest(points) for memory in self._memories]
        return [
            (
                self._probability(float(points.priors[n]), [found[n] for found in near]),
                self._weighed([found[n] for found in near]),
            )
            for n in range(len(cases))
        ]

    def _probability(self, prior: float, near: Sequence[Neighbours]) -> float:
        # Neighbours are half clones, half not; the reranker's probability is of candidates, of which fewer
        # are clones. They meet where half of the pairs are clones.
        shift = -float(log_odds(self._cascade.calibration.base_rate))
        even = float(probability(log_odds(prior) + shift))
        even += sum(
            memory.correction(found, shift) for memory, found in zip(self._memories, near, strict=True)
        )
        return float(probability(log_odds(min(max(even, _LEAST), _MOST)) - shift))

    def _weighed(self, near: Sequence[Neighbours]) -> list[WeighedPrecedent]:
        found = [
            WeighedPrecedent(memory.pairs[row], likeness)
            for memory, neighbours in zip(self._memories, near, strict=True)
            for row, likeness in zip(neighbours.rows.tolist(), neighbours.likeness.tolist(), strict=True)
        ]
        return sorted(found, key=lambda weighed: (-weighed.likeness, weighed.pair.id))

    def _ruling(self, case: Case, p: float, weighed: Sequence[WeighedPrecedent]) -> Ruling:
        verdict = self._cascade.verdict_of(p)
        like = [one for one in weighed if one.likeness >= LEAST_LIKENESS]
        return Ruling(
            verdict=verdict,
            clone_type=_type_of(case.decision, _sides(case)) if verdict is Verdict.CLONE else None,
            probability=p,
            decided_by="precedents",
            reason=_reason(like),
            precedents=tuple(one.pair.id for one in like),
        )


def _sides(case: Case) -> tuple[Fragment, Fragment]:
    return case.first.fragment, case.second.fragment


def _type_of(decision: Decision, sides: tuple[Fragment, Fragment]) -> CloneType:
    textual = decision.similarity >= ALIGNED_SIMILARITY and sides[0].language == sides[1].language
    return CloneType.T3 if textual else CloneType.T4


def _reason(like: Sequence[WeighedPrecedent]) -> str:
    """Empty where no precedent is like the pair: the reranker's probability stands as it is."""
    named = [
        f"{one.pair.id} ({one.likeness:.0%} alike, {'a clone' if one.pair.is_clone else 'no clone'})"
        for one in like[:_NAMED]
    ]
    return f"Nearest precedents: {', '.join(named)}" if named else ""
