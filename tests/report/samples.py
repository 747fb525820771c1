"""Answers that the report tests print."""

from __future__ import annotations

from codesearch.core.results import (
    CloneType,
    Decision,
    Evidence,
    EvidenceKind,
    FragmentMatches,
    Match,
    Place,
    QueryResult,
    Verdict,
)

EVIDENCE = (
    Evidence(EvidenceKind.EQUAL, (10, 11), (4, 5)),
    Evidence(EvidenceKind.RENAMED, (12, 12), (6, 6)),
    Evidence(EvidenceKind.CHANGED, (13, 13), (7, 8)),
    Evidence(EvidenceKind.ADDED, None, (9, 9)),
    Evidence(EvidenceKind.REMOVED, (14, 14), None),
)


def decision(
    verdict: Verdict = Verdict.CLONE,
    clone_type: CloneType | None = CloneType.T3,
    probability: float = 0.97,
    evidence: tuple[Evidence, ...] = EVIDENCE,
    explanation: str = "Same statements; 1 added; identifiers renamed: ifp→in",
) -> Decision:
    scores = {"near_miss": 0.82, "lexical": 11.2}
    return Decision(verdict, clone_type, probability, "alignment", scores, 0.82, evidence, explanation)


def match(rank: int, path: str, answer: Decision, *more: Place, name: str = "copyFile") -> Match:
    return Match(rank, name, "java", (Place("corpus", path, 4, 9), *more), answer)


def unlikely(rank: int) -> Match:
    return match(rank, f"Other{rank}.java", decision(Verdict.NOT_CLONE, None, 0.02, (), "Little in common"))


def unsure(rank: int) -> Match:
    return match(rank, f"Maybe{rank}.java", decision(Verdict.UNSURE, None, 0.5, (), "Alike in part"))


def fragment(*matches: Match, start: int = 10, name: str = "copy") -> FragmentMatches:
    return FragmentMatches("file.java", start, start + 4, name, "java", matches)


def result(*fragments: FragmentMatches, degraded: tuple[str, ...] = ()) -> QueryResult:
    return QueryResult(
        "file.java", "java", len(fragments), fragments, degraded, {"total": 12.3456, "rerank": 1.0}
    )
