"""Lists that the code makes long, not the caller: an answer has their beginning, and says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from codesearch.core.audit import CloneClass
from codesearch.core.results import FragmentMatches, Match, QueryResult
from codesearch.report.audit_document import class_document
from codesearch.report.json_documents import Document

MOST_LISTED = 1000
"""Aligned ranges or occurrences of one match, members of one class: a page of a hundred classes with so many
stays under some twenty megabytes."""

EVIDENCE = "evidence:left-out"
OCCURRENCES = "occurrences:left-out"
MEMBERS = "members:left-out"


def cut_result(result: QueryResult, most: int | None = None) -> QueryResult:
    """The result with the first ranges and occurrences of each match; ``degraded`` tells what is left out.

    Args:
        result: All of it.
        most: Ranges and occurrences that stay; :data:`MOST_LISTED` without.
    """
    most = MOST_LISTED if most is None else most
    left_out = {kind for one in result.results for match in one.matches for kind in _long(match, most)}
    if not left_out:
        return result
    cut = tuple(_cut_matches(one, most) for one in result.results)
    return replace(result, results=cut, degraded=(*result.degraded, *sorted(left_out)))


def cut_class(found: CloneClass) -> Document:
    """A class as a document with its first members; its figures are those of all."""
    shown = replace(found, members=found.members[:MOST_LISTED])
    return {**class_document(shown), "lines": found.lines}


def degraded_by(classes: Sequence[CloneClass]) -> list[str]:
    """What answers with these classes leave out."""
    return [MEMBERS] if any(len(found.members) > MOST_LISTED for found in classes) else []


def _long(match: Match, most: int) -> list[str]:
    lists = {EVIDENCE: match.decision.evidence, OCCURRENCES: match.occurrences}
    return [kind for kind, rows in lists.items() if len(rows) > most]


def _cut_matches(fragment: FragmentMatches, most: int) -> FragmentMatches:
    return replace(fragment, matches=tuple(_cut_match(match, most) for match in fragment.matches))


def _cut_match(match: Match, most: int) -> Match:
    decision = replace(match.decision, evidence=match.decision.evidence[:most])
    return replace(match, decision=decision, occurrences=match.occurrences[:most])
