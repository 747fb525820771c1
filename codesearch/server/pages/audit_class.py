"""What the page of a clone class shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from codesearch.audit.run import Audit
from codesearch.core.audit import CloneClass, Member
from codesearch.core.feedback import Precedent, Side
from codesearch.core.results import Verdict
from codesearch.report.audit_wording import headline
from codesearch.server.failures import NotFound
from codesearch.server.pages.audit_columns import Columns, aligned_columns
from codesearch.server.pages.audit_query import class_address, fields, list_address
from codesearch.server.pages.audit_rows import (
    MEANINGS,
    PlaceLink,
    class_advice,
    class_title,
    from_corpora,
    place_link,
)
from codesearch.server.pages.decision_words import decider
from codesearch.server.pages.highlighting import highlighted_lines
from codesearch.server.pages.side_by_side import SideBySide, Text, side_by_side
from codesearch.server.work.audits import WantedClasses, chosen_classes, class_of, is_hidden, verdicts_on
from codesearch.server.work.precedents import named_precedents
from codesearch.serving.live_index import LiveIndex

MOST_COLUMNS = 5
"""Variants shown beside the first one at a time."""
MOST_MEMBERS = 200


@dataclass(frozen=True, slots=True)
class View:
    """How the code is looked at.

    Attributes:
        beside: Number of the member, from 2, that is shown beside the first one; 0 for columns.
        column: Variants to leave out before the first that has a column, the reference not counted.
    """

    beside: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A place of the class.

    Attributes:
        number: Its position, from 1.
        link: Where it stands.
        lines: Its lines.
        role: Role of its file.
        beside_href: The page with it beside the first one; empty for the first one itself.
        chosen: Whether that is what is shown.
    """

    number: int
    link: PlaceLink
    lines: int
    role: str
    beside_href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Variant:
    """Members that are unchanged copies of each other.

    Attributes:
        letter: What the page calls it: A is the first member's.
        members: At least one.
    """

    letter: str
    members: tuple[MemberRow, ...]


@dataclass(frozen=True, slots=True)
class PrecedentView:
    """A labelled pair that the judge weighed; without sides it is gone."""

    id: str
    precedent: Precedent | None
    sides: tuple[tuple[str, tuple[Markup, ...]], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What the user said of the class: ``verdict`` is None where members were judged differently."""

    verdict: Verdict | None
    reason: str
    by: str
    at: float
    pairs: int


@dataclass(frozen=True, slots=True)
class ClassPage:
    """One class.

    Attributes:
        found: The class.
        title: Names of its members.
        decided_by: Who decided, in words.
        headline: Its size and what merging saves.
        advice: What to do and where.
        meaning: What that means.
        hidden: Whether it was found and not reported.
        variants: Its members by content, the first member's first.
        members_left_out: Members beyond the most that are listed.
        shown_variants: Those that have a column, the reference first.
        columns: Their code; None when a file has changed, or one member is shown beside the first.
        earlier_columns, later_columns: Pages with other variants as columns; empty at the ends.
        columns_href: The page with columns.
        beside: The first member beside another; None when a file has changed, or columns are shown.
        beside_number: Number of that member; 0 for columns.
        precedents: What the judge weighed.
        said: What the user said; None for nothing.
        changed: Whether a file has changed since the audit.
        position, total: Its place in the list; 0 where it is in none.
        before, after: Its neighbours; empty at the ends.
        list_href: The list.
        verdict_href: Where a verdict is sent.
        fields: The list's filters as fields of a form.
    """

    found: CloneClass
    title: str
    decided_by: str
    headline: str
    advice: str
    meaning: str
    hidden: bool
    variants: tuple[Variant, ...]
    members_left_out: int
    shown_variants: tuple[Variant, ...]
    columns: Columns | None
    earlier_columns: str
    later_columns: str
    columns_href: str
    beside: SideBySide | None
    beside_number: int
    precedents: tuple[PrecedentView, ...]
    said: Said | None
    changed: bool
    position: int
    total: int
    before: str
    after: str
    list_href: str
    verdict_href: str
    fields: Sequence[tuple[str, str]]


def class_page(index: LiveIndex, audit: Audit, class_id: str, wanted: WantedClasses, view: View) -> ClassPage:
    """A class of the last audit, between its neighbours in the list that is wanted.

    Raises:
        NotFound: There is no such class, or no such member.
        EnvironmentFailure: The feedback or the precedents cannot be read.
    """
    found = class_of(audit, class_id)
    if view.beside and not 2 <= view.beside <= len(found.members):
        raise NotFound(f"the class has no member {view.beside}", f"its members are 1 to {len(found.members)}")
    report = from_corpora(audit.report)
    rows = [
        MemberRow(
            number=number,
            link=place_link(report, member),
            lines=member.lines,
            role=member.role,
            beside_href="" if number == 1 else f"{class_address(found.id, wanted, beside=number)}#code",
            chosen=number == view.beside,
        )
        for number, member in enumerate(found.members, 1)
    ]
    by_content: dict[str, list[MemberRow]] = {}
    for member, row in zip(found.members, rows, strict=True):
        by_content.setdefault(member.content, []).append(row)
    variants = [
        Variant(_letter(position), tuple(members)) for position, members in enumerate(by_content.values())
    ]
    first_column = min(view.column, max(0, len(variants) - 2))
    shown = [variants[0], *variants[1 + first_column :][:MOST_COLUMNS]]
    columns = beside = None
    if view.beside:
        beside = _beside(audit, found, rows, view.beside)
    else:
        columns = aligned_columns(audit, [found.members[one.members[0].number - 1] for one in shown])
    around = _Neighbours.of(chosen_classes(audit, wanted), found, wanted)

    def column_page(offset: int) -> str:
        return f"{class_address(found.id, wanted, column=offset)}#code"

    after = first_column + MOST_COLUMNS
    return ClassPage(
        found=found,
        title=class_title(found),
        decided_by=decider(found.decided_by),
        headline=headline(found),
        advice=class_advice(report, found),
        meaning=MEANINGS[found.action],
        hidden=is_hidden(audit, found),
        variants=tuple(_cut(variants)),
        members_left_out=max(0, len(rows) - MOST_MEMBERS),
        shown_variants=tuple(shown),
        columns=columns,
        earlier_columns=column_page(max(0, first_column - MOST_COLUMNS)) if first_column else "",
        later_columns=column_page(after) if after < len(variants) - 1 else "",
        columns_href=f"{class_address(found.id, wanted)}#code",
        beside=beside,
        beside_number=view.beside,
        precedents=tuple(_precedents(index, found.precedents)),
        said=_said(verdicts_on(index, found)),
        changed=columns is None and beside is None,
        position=around.position,
        total=around.total,
        before=around.before,
        after=around.after,
        list_href=list_address(wanted),
        verdict_href=f"{class_address(found.id)}/verdict",
        fields=fields(wanted),
    )


@dataclass(frozen=True, slots=True)
class _Neighbours:
    position: int
    total: int
    before: str
    after: str

    @classmethod
    def of(cls, classes: Sequence[CloneClass], found: CloneClass, wanted: WantedClasses) -> _Neighbours:
        ids = [one.id for one in classes]
        if found.id not in ids:
            return cls(0, len(ids), "", "")
        at = ids.index(found.id)
        before = class_address(ids[at - 1], wanted) if at else ""
        after = class_address(ids[at + 1], wanted) if at + 1 < len(ids) else ""
        return cls(at + 1, len(ids), before, after)


def _letter(position: int) -> str:
    """A to Z, then AA to AZ and so on, as spreadsheets count."""
    letters = ""
    number = position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _cut(variants: Sequence[Variant]) -> Iterator[Variant]:
    """The variants with as many members as are listed."""
    room = MOST_MEMBERS
    for variant in variants:
        if room > 0:
            yield Variant(variant.letter, variant.members[:room])
        room -= len(variant.members)


def _beside(audit: Audit, found: CloneClass, rows: Sequence[MemberRow], number: int) -> SideBySide | None:
    first, other = found.members[0], found.members[number - 1]
    left, right = (_text(audit, member, row) for member, row in ((first, rows[0]), (other, rows[number - 1])))
    if left is None or right is None:
        return None
    return side_by_side(left, right, audit.sources.evidence(first, other))


def _text(audit: Audit, member: Member, row: MemberRow) -> Text | None:
    lines = audit.sources.lines(member)
    if lines is None:
        return None
    return Text(lines, member.place.start_line, member.language, row.link.text, row.link.href)


def _precedents(index: LiveIndex, ids: Sequence[str]) -> Iterator[PrecedentView]:
    known: Mapping[str, Precedent] = named_precedents(index.engine, ids)
    for id_ in ids:
        precedent = known.get(id_)
        yield PrecedentView(id_, precedent, tuple(map(_side, precedent.sides)) if precedent else ())


def _side(side: Side) -> tuple[str, tuple[Markup, ...]]:
    return side.language, highlighted_lines(side.code.split("\n"), side.language)


def _said(precedents: Sequence[Precedent]) -> Said | None:
    if not precedents:
        return None
    last = precedents[0]
    verdict = last.verdict if all(one.verdict is last.verdict for one in precedents) else None
    return Said(verdict, last.reason, last.by, last.at, len(precedents))
