"""The JSON documents of ``query`` and ``compare``, ready for ``json.dumps``: the contract with programs."""

from __future__ import annotations

from collections.abc import Sequence

from codesearch.core.results import Decision, Evidence, FragmentMatches, Match, Place, QueryResult

Document = dict[str, object]

_STAGES = ("total", "retrieve", "rerank", "judge")


def query_document(result: QueryResult) -> Document:
    """``codesearch.query/1``: matches per fragment, best first; a stage that did not run took 0 ms."""
    return {
        "schema": "codesearch.query/1",
        "degraded": list(result.degraded),
        "timing_ms": {stage: round(result.timing_ms.get(stage, 0.0), 3) for stage in _STAGES},
        "query": {"path": result.path, "language": result.language, "fragments": result.fragments},
        "results": [
            {"fragment": _fragment(fragment), "matches": [_match(match) for match in fragment.matches]}
            for fragment in result.results
        ],
    }


def compare_document(result: QueryResult) -> Document:
    """``codesearch.compare/1``: the best pair; under ``pairs`` one per fragment when there are several.

    Args:
        result: The first side's fragments as the query, each with its best counterpart of the other side
        first.
    """
    pairs = best_pairs(result)
    document: Document = {"schema": "codesearch.compare/1", "degraded": list(result.degraded)}
    if pairs:
        document |= _decision(pairs[0][1].decision)
    if len(pairs) > 1:
        document["pairs"] = [
            {"query": _fragment(fragment), "match": _named_place(match), **_decision(match.decision)}
            for fragment, match in pairs
        ]
    return document


def best_pairs(result: QueryResult) -> list[tuple[FragmentMatches, Match]]:
    """Fragments that have a match with their best one, most probable pair first, then by line."""
    pairs = [(fragment, fragment.matches[0]) for fragment in result.results if fragment.matches]
    return sorted(pairs, key=lambda pair: (pair[1].decision.rank, pair[0].start_line, pair[0].end_line))


def _fragment(fragment: FragmentMatches) -> Document:
    return {
        "path": fragment.path,
        "start_line": fragment.start_line,
        "end_line": fragment.end_line,
        "name": fragment.name,
        "language": fragment.language,
    }


def _match(match: Match) -> Document:
    return {
        "rank": match.rank,
        **_named_place(match),
        "occurrences": [_occurrence(place) for place in match.occurrences],
        **_decision(match.decision),
    }


def _named_place(match: Match) -> Document:
    return {
        "path": match.place.path,
        "start_line": match.place.start_line,
        "end_line": match.place.end_line,
        "name": match.name,
        "language": match.language,
    }


def _occurrence(place: Place) -> Document:
    return {
        "corpus": place.corpus,
        "path": place.path,
        "start_line": place.start_line,
        "end_line": place.end_line,
    }


def _decision(decision: Decision) -> Document:
    return {
        "verdict": str(decision.verdict),
        "clone_type": None if decision.clone_type is None else str(decision.clone_type),
        "probability": round(decision.probability, 6),
        "decided_by": decision.decided_by,
        "scores": {name: round(score, 6) for name, score in decision.scores.items()},
        "evidence": _evidence(decision.evidence),
        "explanation": decision.explanation,
        "precedents": list(decision.precedents),
    }


def _evidence(rows: Sequence[Evidence]) -> list[Document]:
    return [
        {
            "query_lines": None if row.query_lines is None else list(row.query_lines),
            "match_lines": None if row.match_lines is None else list(row.match_lines),
            "kind": str(row.kind),
        }
        for row in rows
    ]
