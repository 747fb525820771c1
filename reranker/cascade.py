"""The cascade: equal keys settle Type-1 and Type-2, alignment settles Type-3, the reranker the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from codesearch.core.protocols import PairScorer
from codesearch.core.results import CloneType, Decision, Verdict
from codesearch.core.types import F32, Fragment, Mask
from reranker.calibration import Calibration
from reranker.evidence import line_evidence
from reranker.explain import explain
from reranker.features import (
    FEATURE_NAMES,
    RERANKER_NAMES,
    Description,
    PairDescriber,
    PairFeatures,
    Profile,
)
from reranker.weights import Weights
from retriever.alignment import Alignment

EXACT, RENAMED = 1.0, 0.5
"""Scores of equal keys of the T1 and of the T2 form."""

RETRIEVER = "retriever"
"""Of ``decided_by``: nothing compared the pair."""

RERANK_LEFT_OUT = "rerank:left-out"
"""Of ``degraded``: whoever asked wanted what is retrieved, as it comes."""

ALIGNED_STRENGTH = 0.52
"""From this textual strength on a pair of one language is Type-3 by its text alone. On BigCloneBench it
finds 97 % of the ST3 and 11 % of the MT3 cluster pairs at an estimated precision of .92; .94 takes .52 to
.63, depending on the fold that is left out, and costs two thirds of the MT3 pairs (docs/benchmarks.md)."""

ALIGNED_SIMILARITY = (
    0.5  # a Type-3 pair is at least half alike (Svajlenko et al. 2014); under it, syntax differs
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair to settle: two fragments and the cosine of their embeddings.

    Attributes:
        query: One side.
        match: The other one.
        dense: The cosine.
        profile: What is known of a match whose texts are not at hand; None where they are.
    """

    query: Fragment
    match: Fragment
    dense: float
    profile: Profile | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A decision with the alignment that it rests on, from which evidence is made when someone asks for
    it; None where the two were not compared.
    """

    decision: Decision
    alignment: Alignment | None

    @property
    def order(self) -> float:
        """What candidates are best ranked by: exact copies from 2, renamed ones from 1, and the reranker's
        probability, also of pairs that alignment settles.

        For verdicts text in common is enough. For the order it is not: programs of one author share their
        template, and another author's solution of the same problem is the better answer.
        """
        return 2 * self.decision.scores["fingerprint"] + self.decision.scores["rerank"]

    def explained(self) -> Decision:
        """The decision with its evidence lines and explanation."""
        decision = self.decision
        if self.alignment is None:
            return decision
        evidence = line_evidence(self.alignment)
        sentence = explain(self.alignment, evidence, decision.clone_type)
        return replace(decision, evidence=evidence, explanation=sentence)


class Cascade:
    """Settles pairs by the cheapest evidence that can; a decision depends on the two fragments alone.

    Args:
        calibration: Fitted on labelled candidates.
        weights: How much tells what two fragments share.
        clone_threshold: Overrides the calibration's own when given.
        reject_threshold: Likewise.
    """

    def __init__(
        self,
        calibration: Calibration,
        weights: Weights,
        clone_threshold: float | None = None,
        reject_threshold: float | None = None,
    ) -> None:
        self.calibration = calibration
        self._describer = PairDescriber(weights)
        self._scorer: PairScorer = calibration.reranker
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
        self.clone_threshold = self.calibration.threshold_of(precision)
        self.reject_threshold = min(self.reject_threshold, self.clone_threshold)

    def settle(self, candidates: Sequence[Candidate]) -> list[Settled]:
        """One decision per candidate, in order, without evidence or explanation."""
        return self._settled(candidates)[0]

    def recognise(self, exact: Mask, renamed: Mask) -> list[Settled]:
        """What equal keys say of retrieved contents, which are not looked at: without them they are unsure,
        with the probability that any candidate of the retriever has.

        Args:
            exact: bool [m], whose T1 key is the query's.
            renamed: bool [m], whose T2 key is.
        """
        fingerprints = np.where(exact, EXACT, np.where(renamed, RENAMED, 0.0))
        return [self._recognised[fingerprint] for fingerprint in fingerprints.tolist()]

    @cached_property
    def _recognised(self) -> Mapping[float, Settled]:
        """The answers of :meth:`recognise`, which are few and asked for thousands of times a second."""
        return {fingerprint: self._unread(fingerprint) for fingerprint in (EXACT, RENAMED, 0.0)}

    def _unread(self, fingerprint: float) -> Settled:
        verdict, clone_type, probability, by = self._by_keys(fingerprint) or (
            Verdict.UNSURE,
            None,
            self.calibration.base_rate,
            RETRIEVER,
        )
        explanation = "" if clone_type else "Retrieved, not compared"
        scores = {"fingerprint": fingerprint}
        return Settled(Decision(verdict, clone_type, probability, by, scores, 0.0, (), explanation), None)

    def _by_keys(self, fingerprint: float) -> tuple[Verdict, CloneType, float, str] | None:
        if fingerprint == EXACT:
            return Verdict.CLONE, CloneType.T1, self.calibration.exact, "fingerprint"
        if fingerprint == RENAMED:
            return Verdict.CLONE, CloneType.T2, self.calibration.renamed, "fingerprint"
        return None

    def rate(self, candidates: Sequence[Candidate]) -> tuple[F32, F32]:
        """What the reranker reads of each candidate, float32 [n, 13], and its P(clone), float32 [n]."""
        settled, features = self._settled(candidates)
        return features, np.array([pair.decision.probability for pair in settled], np.float32)

    def _settled(self, candidates: Sequence[Candidate]) -> tuple[list[Settled], F32]:
        pairs = [(candidate.query, candidate.match, candidate.dense) for candidate in candidates]
        known = {
            (candidate.match.exact_key, candidate.match.language): candidate.profile
            for candidate in candidates
            if candidate.profile is not None
        }
        descriptions = self._describer.describe(pairs, known)
        if not descriptions:
            return [], np.empty((0, len(RERANKER_NAMES)), np.float32)
        matrix = np.stack([description.vector() for description in descriptions])
        reranked = self._scorer.probabilities(matrix).tolist()
        aligned = self.calibration.aligned.probabilities(matrix[:, : len(FEATURE_NAMES)]).tolist()
        settled = [
            Settled(self._decide(*evidence), evidence[1].alignment)
            for evidence in zip(candidates, descriptions, reranked, aligned, strict=True)
        ]
        return settled, matrix

    def _decide(
        self,
        candidate: Candidate,
        description: Description,
        reranked: float,
        aligned: float,
    ) -> Decision:
        query, match, features = candidate.query, candidate.match, description.features
        fingerprint = _fingerprint(query, match.exact_key, match.renamed_key)
        clone_type: CloneType | None
        if (known := self._by_keys(fingerprint)) is not None:
            verdict, clone_type, probability, by = known
        elif is_aligned(features):
            verdict, clone_type, probability, by = Verdict.CLONE, CloneType.T3, aligned, "alignment"
        else:
            verdict = self.verdict_of(reranked)
            clone_type = _type_of(description.alignment, query, match) if verdict is Verdict.CLONE else None
            probability, by = reranked, "reranker"
        scores = {
            "fingerprint": fingerprint,
            "near_miss": features.strength,
            "lexical": features.lexical,
            "dense": features.dense,
            "rerank": reranked,
        }
        return Decision(verdict, clone_type, probability, by, scores, features.similarity, (), "")

    def verdict_of(self, probability: float) -> Verdict:
        """The verdict that a probability means at the thresholds in effect."""
        if probability >= self.clone_threshold:
            return Verdict.CLONE
        return Verdict.NOT_CLONE if probability < self.reject_threshold else Verdict.UNSURE


def _fingerprint(query: Fragment, exact_key: bytes, renamed_key: bytes) -> float:
    if query.exact_key == exact_key:
        return EXACT
    return RENAMED if query.renamed_key == renamed_key else 0.0


def is_aligned(features: PairFeatures) -> bool:
    """Whether the text alone makes a pair Type-3."""
    return features.strength >= ALIGNED_STRENGTH and not features.cross_language


def _type_of(alignment: Alignment, query: Fragment, match: Fragment) -> CloneType:
    """Type-3 where the text still shows it, Type-4 otherwise."""
    textual = alignment.similarity >= ALIGNED_SIMILARITY and query.language == match.language
    return CloneType.T3 if textual else CloneType.T4
