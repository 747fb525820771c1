"""The judge that needs no model: the cascade's probability, corrected by the nearest labelled precedents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codesearch.core.judge import Case, Ruling
from codesearch.core.results import Verdict
from codesearch.core.types import Fragment
from reranker.cascade import Cascade
from reranker.judge.clone_type import clone_type_of
from reranker.judge.precedents.memory import Neighbours, PrecedentMemory, RememberedPair
from reranker.judge.precedents.pair_points import PairEmbedder

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
        """One ruling per case, in order; None for copies, which no precedent makes anything else."""
        found = iter(self.weigh([case for case in cases if not _is_copy(case)]))
        return [None if _is_copy(case) else self._ruling(case, *next(found)) for case in cases]

    def weigh(self, cases: Sequence[Case]) -> list[tuple[float, list[WeighedPrecedent]]]:
        """P(clone) of each case, and the precedents that were weighed, most alike first."""
        if not cases:
            return []
        points = self._embedder.points([_sides(case) for case in cases])
        near = [memory.nearest(points) for memory in self._memories]
        return [
            (
                self._probability(float(points.priors[n]), [found[n] for found in near]),
                self._named([found[n] for found in near]),
            )
            for n in range(len(cases))
        ]

    def examples(self, case: Case, count: int) -> list[RememberedPair]:
        """The nearest clones and the nearest look-alikes of a case, ``count`` of each, most alike first."""
        points = self._embedder.points([_sides(case)])
        found = [
            one
            for clones in (True, False)
            for one in self._named(
                [memory.nearest(points, count, clones=clones)[0] for memory in self._memories]
            )[:count]
        ]
        return [one.pair for one in sorted(found, key=_by_likeness)]

    def _probability(self, prior: float, near: Sequence[Neighbours]) -> float:
        corrections = (memory.correction(found) for memory, found in zip(self._memories, near, strict=True))
        return min(max(prior + sum(corrections), min(prior, _LEAST)), max(prior, _MOST))

    def _named(self, near: Sequence[Neighbours]) -> list[WeighedPrecedent]:
        found = [
            WeighedPrecedent(memory.pairs[row], likeness)
            for memory, neighbours in zip(self._memories, near, strict=True)
            for row, likeness in zip(neighbours.rows.tolist(), neighbours.likeness.tolist(), strict=True)
        ]
        return sorted(found, key=_by_likeness)

    def _ruling(self, case: Case, p: float, weighed: Sequence[WeighedPrecedent]) -> Ruling:
        verdict = self._verdict(case.decision.verdict, p)
        like = [one for one in weighed if one.likeness >= LEAST_LIKENESS]
        return Ruling(
            verdict=verdict,
            clone_type=clone_type_of(case) if verdict is Verdict.CLONE else None,
            probability=p,
            decided_by="precedents",
            reason=_reason(like),
            precedents=tuple(one.pair.id for one in like),
        )

    def _verdict(self, before: Verdict, p: float) -> Verdict:
        """What the cascade had settled stays settled until precedents make the opposite more likely."""
        verdict = self._cascade.verdict_of(p)
        stands = verdict is Verdict.UNSURE and (p >= 0.5) == (before is Verdict.CLONE)
        return before if stands else verdict


def _by_likeness(weighed: WeighedPrecedent) -> tuple[float, str]:
    return -weighed.likeness, weighed.pair.id


def _is_copy(case: Case) -> bool:
    return case.decision.decided_by == "fingerprint"


def _sides(case: Case) -> tuple[Fragment, Fragment]:
    return case.first.fragment, case.second.fragment


def _reason(like: Sequence[WeighedPrecedent]) -> str:
    """Empty where no precedent is like the pair: the cascade's probability stands as it is."""
    named = [
        f"{one.pair.id} ({one.likeness:.0%} alike, {'a clone' if one.pair.is_clone else 'no clone'})"
        for one in like[:_NAMED]
    ]
    return f"Nearest precedents: {', '.join(named)}" if named else ""
