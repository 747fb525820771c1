"""The cascade: equal keys settle Type-1 and Type-2, alignment settles Type-3, the logistic model the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from codesearch.core.errors import InputError
from codesearch.core.protocols import PairScorer
from codesearch.core.results import CloneType, Decision, Verdict
from codesearch.core.types import F32, ContentKey, Fragment
from reranker.evidence import line_evidence
from reranker.explain import explain
from reranker.features import PairFeatures, Profile, pair_features
from reranker.logistic import Calibration
from retriever.alignment import Alignment, align

ALIGNED_STRENGTH = 0.52
"""From this textual strength on a pair of one language is Type-3 by its text alone. On BigCloneBench it
finds 97 % of the ST3 and 11 % of the MT3 cluster pairs at an estimated precision of .92; .94 takes .52 to
.63, depending on the fold that is left out, and costs two thirds of the MT3 pairs (docs/benchmarks.md)."""

ALIGNED_SIMILARITY = (
    0.5  # a Type-3 pair is at least half alike (Svajlenko et al. 2014); under it, syntax differs
)


_REMEMBERED = 8192  # profiles, about 2 KB each: the fragments of a file share most of their candidates


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair to settle: two fragments and the cosine of their embeddings."""

    query: Fragment
    match: Fragment
    dense: float


@dataclass(frozen=True, slots=True)
class Settled:
    """A decision with the alignment that it rests on, from which evidence is made when someone asks for
    it.
    """

    decision: Decision
    alignment: Alignment

    def explained(self) -> Decision:
        """The decision with its evidence lines and explanation."""
        decision = self.decision
        evidence = line_evidence(self.alignment)
        sentence = explain(self.alignment, evidence, decision.clone_type)
        return replace(decision, evidence=evidence, explanation=sentence)


class Cascade:
    """Settles pairs by the cheapest evidence that can; a decision depends on the two fragments alone.

    Args:
        calibration: Fitted on labelled candidates.
        idf: float32 [BUCKETS], weights of the sub-tokens.
        clone_threshold: Overrides the calibration's own when given.
        reject_threshold: Likewise.
    """

    def __init__(
        self,
        calibration: Calibration,
        idf: F32,
        clone_threshold: float | None = None,
        reject_threshold: float | None = None,
    ) -> None:
        self.calibration = calibration
        self._idf = idf
        self._scorer: PairScorer = calibration.reranker
        self._profiles: dict[tuple[ContentKey, str], Profile] = {}
        self.clone_threshold = calibration.clone_threshold if clone_threshold is None else clone_threshold
        self.reject_threshold = min(
            calibration.reject_threshold if reject_threshold is None else reject_threshold,
            self.clone_threshold,
        )

    def require_precision(self, precision: float) -> None:
        """Call a pair a clone only where held-out candidates reached this precision.

        Raises:
            InputError: They reached no such precision at any threshold.
        """
        marks = [mark for mark in self.calibration.precision if mark.precision >= precision]
        if not marks:
            best = max((mark.precision for mark in self.calibration.precision), default=0.0)
            raise InputError(
                f"{self.calibration.id} promises no precision of {precision:g}", f"ask for at most {best:g}"
            )
        self.clone_threshold = min(mark.threshold for mark in marks)
        self.reject_threshold = min(self.reject_threshold, self.clone_threshold)

    def settle(self, candidates: Sequence[Candidate]) -> list[Settled]:
        """One decision per candidate, in order, without evidence or explanation."""
        alignments = [align(candidate.query, candidate.match) for candidate in candidates]
        features = [
            self._features(candidate, alignment)
            for candidate, alignment in zip(candidates, alignments, strict=True)
        ]
        if not features:
            return []
        matrix = np.stack([feature.vector() for feature in features])
        reranked = self._scorer.probabilities(matrix).tolist()
        aligned = self.calibration.aligned.probabilities(matrix).tolist()
        return [
            Settled(self._decide(*evidence), evidence[1])
            for evidence in zip(candidates, alignments, features, reranked, aligned, strict=True)
        ]

    def _features(self, candidate: Candidate, alignment: Alignment) -> PairFeatures:
        query, match = candidate.query, candidate.match
        profiles = self._profile(query), self._profile(match)
        return pair_features(query, match, profiles, alignment, candidate.dense, self._idf)

    def _profile(self, fragment: Fragment) -> Profile:
        identity = fragment.exact_key, fragment.language
        if identity not in self._profiles:
            self._profiles[identity] = Profile.of(fragment)
            if len(self._profiles) > _REMEMBERED:
                self._profiles.pop(next(iter(self._profiles)))
        return self._profiles[identity]

    def _decide(
        self,
        candidate: Candidate,
        alignment: Alignment,
        features: PairFeatures,
        reranked: float,
        aligned: float,
    ) -> Decision:
        query, match = candidate.query, candidate.match
        fingerprint = (
            1.0
            if query.exact_key == match.exact_key
            else 0.5
            if query.renamed_key == match.renamed_key
            else 0.0
        )
        clone_type: CloneType | None
        if fingerprint == 1.0:
            verdict, clone_type, probability, by = (
                Verdict.CLONE,
                CloneType.T1,
                self.calibration.exact,
                "fingerprint",
            )
        elif fingerprint == 0.5:
            verdict, clone_type, probability, by = (
                Verdict.CLONE,
                CloneType.T2,
                self.calibration.renamed,
                "fingerprint",
            )
        elif is_aligned(features):
            verdict, clone_type, probability, by = Verdict.CLONE, CloneType.T3, aligned, "alignment"
        else:
            verdict = self._verdict(reranked)
            clone_type = _type_of(alignment, query, match) if verdict is Verdict.CLONE else None
            probability, by = reranked, "reranker"
        scores = {
            "fingerprint": fingerprint,
            "near_miss": features.strength,
            "lexical": features.lexical,
            "dense": features.dense,
            "rerank": reranked,
        }
        return Decision(verdict, clone_type, probability, by, scores, features.similarity, (), "")

    def _verdict(self, probability: float) -> Verdict:
        if probability >= self.clone_threshold:
            return Verdict.CLONE
        return Verdict.NOT_CLONE if probability < self.reject_threshold else Verdict.UNSURE


def is_aligned(features: PairFeatures) -> bool:
    """Whether the text alone makes a pair Type-3."""
    return features.strength >= ALIGNED_STRENGTH and not features.cross_language


def _type_of(alignment: Alignment, query: Fragment, match: Fragment) -> CloneType:
    """Type-3 where the text still shows it, Type-4 otherwise."""
    textual = alignment.similarity >= ALIGNED_SIMILARITY and query.language == match.language
    return CloneType.T3 if textual else CloneType.T4
