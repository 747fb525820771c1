"""Answers: places, evidence, verdicts and matches, as every report and server reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class CloneType(StrEnum):
    """Clone types of Roy and Cordy (2007)."""

    T1 = "T1"
    T2 = "T2"
    T3 = "T3"
    T4 = "T4"


class Verdict(StrEnum):
    """The final answer about a pair."""

    CLONE = "clone"
    NOT_CLONE = "not_clone"
    UNSURE = "unsure"


class EvidenceKind(StrEnum):
    """How the lines of an evidence row relate."""

    EQUAL = "equal"
    RENAMED = "renamed"
    CHANGED = "changed"
    ADDED = "added"  # only in the match
    REMOVED = "removed"  # only in the query
    CITED = "cited"  # named by the judge as doing the same, whatever the text says


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fragment stands: lines are 1-based and inclusive, the path relative to its corpus root with
    ``/``.
    """

    corpus: str
    path: str
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """Aligned line ranges (1-based, inclusive); None on the side that has nothing."""

    kind: EvidenceKind
    query_lines: tuple[int, int] | None
    match_lines: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict about one pair.

    Attributes:
        verdict: The answer.
        clone_type: None unless the verdict is ``clone``.
        probability: P(clone) among retriever candidates at the base rate named in the model card.
        decided_by: ``fingerprint``, ``alignment``, ``reranker``, ``precedents``, ``llm:<model>`` or
            ``local:<model>``.
        scores: Raw score per lane and stage, by name.
        similarity: Share of tokens that the alignment matches, 0 to 1.
        evidence: Aligned line ranges in query order; empty when there is no alignment worth showing.
        explanation: One sentence for a person.
        precedents: Ids of the labelled pairs that the judge weighed or was shown, most alike first.
    """

    verdict: Verdict
    clone_type: CloneType | None
    probability: float
    decided_by: str
    scores: Mapping[str, float]
    similarity: float
    evidence: tuple[Evidence, ...]
    explanation: str
    precedents: tuple[str, ...] = ()

    @property
    def rank(self) -> tuple[int, int, float, float]:
        """Sorts decisions best first: by verdict, exact and renamed copies, probability, similarity."""
        kind = _TYPE_ORDER.get(self.clone_type, len(_TYPE_ORDER))
        return _VERDICT_ORDER[self.verdict], kind, -round(self.probability, 6), -self.similarity


_VERDICT_ORDER = {Verdict.CLONE: 0, Verdict.UNSURE: 1, Verdict.NOT_CLONE: 2}
_TYPE_ORDER: Mapping[CloneType | None, int] = {CloneType.T1: 0, CloneType.T2: 1}


@dataclass(frozen=True, slots=True)
class Match:
    """One content of the index that answers a query fragment; the first occurrence is the one shown."""

    rank: int
    name: str
    language: str
    occurrences: tuple[Place, ...]
    decision: Decision

    @property
    def place(self) -> Place:
        """The first occurrence by corpus, path and line."""
        return self.occurrences[0]


@dataclass(frozen=True, slots=True)
class FragmentMatches:
    """A query fragment and its matches, best first."""

    path: str
    start_line: int
    end_line: int
    name: str
    language: str
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Everything a query found.

    Attributes:
        path: The query file as the user named it, ``-`` for standard input.
        language: Registry id.
        fragments: Number of fragments that were compared.
        results: One entry per fragment, in file order.
        degraded: What did not run as configured, such as ``judge:not-configured``.
        timing_ms: Milliseconds by stage: ``total``, ``retrieve``, ``rerank``, ``judge``.
    """

    path: str
    language: str
    fragments: int
    results: tuple[FragmentMatches, ...]
    degraded: tuple[str, ...] = ()
    timing_ms: Mapping[str, float] = field(default_factory=dict)
