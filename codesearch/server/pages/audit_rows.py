"""A clone class as one row of a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from codesearch.audit.run import Audit
from codesearch.core.audit import Action, AuditReport, CloneClass, Member
from codesearch.report.audit_wording import advice, counted, explained, place_text, short
from codesearch.server.pages.addresses import file_address
from codesearch.server.pages.audit_query import class_address
from codesearch.server.work.audits import WantedClasses

MOST_PLACES = 3
_MOST_NAMES = 3

MEANINGS = {
    Action.KEEP_ONE: "All copies are in one file: keep one of them and call it.",
    Action.EXTRACT: "The same lines stand inside larger functions: make them one that all of these call.",
    Action.PARAMETERISE: "They differ in little: one function can take what differs as parameters.",
    Action.MOVE: "Identical copies in several files: move one to a module that all of them import.",
    Action.REVIEW: "Much differs: see first whether they are meant to do the same.",
    Action.BOILERPLATE: "A language or framework asks for such methods; merging them rarely pays.",
}
"""What a suggestion means to somebody who sees it for the first time."""


@dataclass(frozen=True, slots=True)
class PlaceLink:
    """A member: what to call its place, where that leads, and its name."""

    text: str
    href: str
    name: str


@dataclass(frozen=True, slots=True)
class ClassRow:
    """What a list says of a class.

    Attributes:
        found: The class.
        rank: Its position in the whole list, from 1.
        title: Names of its members.
        advice: What to do and where.
        explanation: One sentence without a period.
        places: Its first members.
        more: Number of the others.
        href: Its page.
    """

    found: CloneClass
    rank: int
    title: str
    advice: str
    explanation: str
    places: tuple[PlaceLink, ...]
    more: int
    href: str


def class_rows(
    audit: Audit, classes: Sequence[CloneClass], first: int, wanted: WantedClasses | None = None
) -> Iterator[ClassRow]:
    """Rows of classes, the first one with rank ``first``; their pages go on in the list that is wanted."""
    report = from_corpora(audit.report)
    for rank, found in enumerate(classes, first):
        yield ClassRow(
            found=found,
            rank=rank,
            title=class_title(found),
            advice=class_advice(report, found),
            explanation=explained(found),
            places=tuple(place_link(report, member) for member in found.members[:MOST_PLACES]),
            more=max(0, len(found.members) - MOST_PLACES),
            href=class_address(found.id, wanted),
        )


def from_corpora(report: AuditReport) -> AuditReport:
    """The same, its paths named from the roots of the corpora: the server's own folder is nobody's."""
    return replace(report, base="")


def class_title(found: CloneClass) -> str:
    """Such as ``Frame, Label, Labelframe and 4 more``; what there is where nothing has a name."""
    names = list(dict.fromkeys(short(member.name, 60) for member in found.members if member.name))
    if not names:
        return f"{counted(found.lines, 'line')} outside of functions"
    if len(names) == 1:
        return names[0]
    if len(names) <= _MOST_NAMES:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES:,} more"


def class_advice(report: AuditReport, found: CloneClass) -> str:
    """Such as ``Extract a function, in src/io``."""
    text = advice(report, found)
    return text[:1].upper() + text[1:]


def place_link(report: AuditReport, member: Member) -> PlaceLink:
    """A member's place as a link to its lines."""
    place = member.place
    href = file_address(place.corpus, place.path, place.start_line, place.end_line)
    return PlaceLink(place_text(report, place), href, short(member.name) if member.name else "")
