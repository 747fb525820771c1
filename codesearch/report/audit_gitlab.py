"""GitLab code quality (a subset of the Code Climate format): a JSON array of issues.

One issue per member: GitLab shows an issue at its line of a merge request, and calls it new when its
fingerprint is not in the report of the target branch. Places that talk to the judge come first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from typing import TextIO

from codesearch.core.audit import AuditReport, AuditSources, CloneClass, Member
from codesearch.core.results import Place
from codesearch.report.audit_manipulations import MEANING, RULE, fingerprints, manipulation_sentence
from codesearch.report.audit_severity import Severity, severity
from codesearch.report.audit_wording import (
    TYPE_NAMES,
    advice,
    compared,
    counted,
    explained,
    name_of,
    new_first,
    place_text,
    sentences,
    shown_path,
)
from codesearch.report.json_documents import Document
from codesearch.report.json_text import write_json

MAX_ISSUES = 20_000
"""A merge request shows the first few; a report of this many is some 20 MB."""
MAX_OTHERS = 5
"""Other places that an issue names."""
MAX_MANIPULATIONS = 1_000
"""Issues that are places which talk to the judge."""

SEVERITIES = {Severity.INFO: "info", Severity.MINOR: "minor", Severity.MAJOR: "major"}


class GitlabReporter:
    """The value of ``artifacts: reports: codequality``."""

    name = "gitlab"
    suffix = ".json"

    def write(self, report: AuditReport, sources: AuditSources, out: TextIO) -> None:
        """One line of JSON; new classes first; a last issue counts what was cut."""
        del sources
        write_json([*_manipulations(report), *_issues(report)], out)


def _manipulations(report: AuditReport) -> Iterator[Document]:
    for found, fingerprint in fingerprints(report.manipulations[:MAX_MANIPULATIONS]):
        yield {
            "type": "issue",
            "check_name": f"codesearch/{RULE}",
            "categories": ["Security"],
            "description": sentences(manipulation_sentence(found), MEANING.rstrip(".")),
            "fingerprint": fingerprint,
            "severity": SEVERITIES[Severity.MINOR],
            "location": _location(report, found.place),
        }
    more = len(report.manipulations) - MAX_MANIPULATIONS
    if more > 0:
        yield _cut(report, report.manipulations[MAX_MANIPULATIONS].place, more, "that talk to the judge")


def _issues(report: AuditReport) -> Iterator[Document]:
    knows_new = compared(report)
    left = sum(len(found.members) for found in report.classes)
    written = 0
    for found in new_first(report.classes):
        for issue, member in _class_issues(report, found, knows_new=knows_new):
            if written == MAX_ISSUES:
                yield _cut(report, member.place, left - written, "of clones")
                return
            yield issue
            written += 1


def _class_issues(
    report: AuditReport, found: CloneClass, *, knows_new: bool
) -> Iterator[tuple[Document, Member]]:
    level = severity(found, compared=knows_new)
    copies: Counter[str] = Counter()
    for member in found.members:
        copies[member.content] += 1
        # Equal contents of a class are told apart by their number, so that a file may move.
        key = f"{found.id}:{member.content}:{copies[member.content]}"
        named = _named(found, member)
        yield (
            {
                "type": "issue",
                "check_name": f"codesearch/clone-{found.clone_type.lower()}",
                "categories": ["Duplication"],
                "description": _description(report, found, member, named),
                "fingerprint": _fingerprint(key),
                "severity": SEVERITIES[Severity.INFO if knows_new and not member.new else level],
                "location": _location(report, member.place),
                "other_locations": [_location(report, other.place) for other in named],
            },
            member,
        )


def _named(found: CloneClass, member: Member) -> list[Member]:
    """The first others, without looking at all members of a large class for each of them."""
    return [other for other in found.members[: MAX_OTHERS + 1] if other is not member][:MAX_OTHERS]


def _description(report: AuditReport, found: CloneClass, member: Member, named: list[Member]) -> str:
    places = [place_text(report, other.place) for other in named]
    more = len(found.members) - 1 - len(named)
    if more:
        places.append(counted(more, "more place"))
    return sentences(
        f"{name_of(member)} ({counted(member.lines, 'line')}) is cloned in {', '.join(places)}",
        f"{TYPE_NAMES[found.clone_type].capitalize()}, {found.probability:.0%} sure",
        explained(found),
        f"Suggestion: {advice(report, found)}",
    )


def _location(report: AuditReport, place: Place) -> Document:
    lines = {"begin": place.start_line, "end": place.end_line}
    return {"path": shown_path(report, place.corpus, place.path), "lines": lines}


def _cut(report: AuditReport, place: Place, left: int, which: str) -> Document:
    return {
        "type": "issue",
        "check_name": "codesearch/cut",
        "categories": ["Duplication"],
        "description": f"{counted(left, 'more place')} {which} left out of this report, from here on.",
        "fingerprint": _fingerprint(f"cut {which}"),
        "severity": SEVERITIES[Severity.INFO],
        "location": _location(report, place),
    }


def _fingerprint(key: str) -> str:
    return blake2b(key.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
