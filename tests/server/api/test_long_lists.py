"""Lists that code makes long: answers have their beginning and say that there is more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

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
from codesearch.report.json_documents import query_document
from codesearch.server.models.results import QueryDocument
from codesearch.serving import cuts

if TYPE_CHECKING:
    from starlette.testclient import TestClient

SHORT = QueryResult("-", "python", 1, (), ("judge:not-configured",))


def found(ranges: int, occurrences: int) -> QueryResult:
    """A result with one match that has so many aligned ranges and occurrences."""
    decision = Decision(
        verdict=Verdict.CLONE,
        clone_type=CloneType.T1,
        probability=0.9,
        decided_by="fingerprint",
        scores={},
        similarity=1.0,
        evidence=tuple(Evidence(EvidenceKind.EQUAL, (n, n), (n, n)) for n in range(1, ranges + 1)),
        explanation="",
    )
    places = tuple(Place("app", f"{n}.py", 1, 9) for n in range(occurrences))
    match = Match(1, "name", "python", places, decision)
    return replace(SHORT, results=(FragmentMatches("-", 1, 9, "name", "python", (match,)),))


@pytest.mark.parametrize(
    ("ranges", "occurrences", "left_out"),
    [
        (cuts.MOST_LISTED, cuts.MOST_LISTED, []),
        (cuts.MOST_LISTED + 1, 1, ["evidence:left-out"]),
        (1, 5000, ["occurrences:left-out"]),
        (5000, 5000, ["evidence:left-out", "occurrences:left-out"]),
    ],
)
def test_long_answers_have_the_beginning_and_say_so(
    ranges: int, occurrences: int, left_out: list[str]
) -> None:
    document = QueryDocument.model_validate(query_document(cuts.cut_result(found(ranges, occurrences))))
    match = document.results[0].matches[0]
    assert len(match.evidence) == min(ranges, cuts.MOST_LISTED)
    assert len(match.occurrences) == min(occurrences, cuts.MOST_LISTED)
    assert document.degraded == [*SHORT.degraded, *left_out]


def test_members_of_a_large_class_are_cut_and_its_figures_are_not(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    [whole] = client.get("/api/v1/audits/latest/classes?text=sum_").json()["items"]
    monkeypatch.setattr(cuts, "MOST_LISTED", 2)
    page = client.get("/api/v1/audits/latest/classes?text=sum_").json()
    alone = client.get(f"/api/v1/audits/latest/classes/{whole['id']}").json()
    for document, shown in ((page, page["items"][0]), (alone, alone)):
        assert shown["members"] == whole["members"][:2]
        assert (shown["lines"], shown["saved_lines"]) == (whole["lines"], whole["saved_lines"])
        assert "members:left-out" in document["degraded"]
