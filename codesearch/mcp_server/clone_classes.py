"""The tools ``list_clone_classes`` and ``explain_class``: what the last audit found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from codesearch.core.audit import AuditReport, CloneClass, Member, Variation
from codesearch.core.errors import InputError
from codesearch.core.store.path_glob import glob_to_regex
from codesearch.mcp_server.fragment_uri import fragment_uri
from codesearch.mcp_server.paging import Page, cut_page
from codesearch.mcp_server.request import Answer, Request, Several
from codesearch.mcp_server.wording import MAX_LINE, MAX_LINES, aligned_lines, code_line, excerpt, joined
from codesearch.report.audit_document import class_document, summary_fields
from codesearch.report.audit_wording import (
    MAX_SENTENCE,
    advice,
    counted,
    explained,
    headline,
    sentences,
    short,
)
from codesearch.report.json_documents import Document
from codesearch.serving.globs import Glob
from codesearch.serving.live_index import LiveIndex

if TYPE_CHECKING:
    from codesearch.audit.run import Audit

MAX_MEMBERS = 4
"""Places of a class in a list of classes; ``explain_class`` gives all."""


class ListCloneClasses(Request):
    """Which classes of the last audit are wanted."""

    tool: ClassVar[str] = "list_clone_classes"
    title: ClassVar[str] = "List duplicated code"
    description: ClassVar[str] = (
        "What is duplicated in the code base? Lists the clone classes (groups of fragments that are copies "
        "of each other) that the last `codesearch audit` found, most worth merging first, each with its "
        "places, what merging saves and a suggestion. Call it to plan a refactoring, or with only_new to see "
        "what was copied since the audit before. explain_class tells more about one."
    )

    types: Several[Literal["T1", "T2", "T3", "T4"]] = Field([], description="Only classes of these types.")
    path_glob: Several[Glob] = Field(
        [], description="Only classes with a place in a file that fits, such as src/**/*.py."
    )
    role: Several[Literal["source", "test", "generated", "vendored", "minified", "data"]] = Field(
        [], description="Only classes of code of this role."
    )
    only_new: bool = Field(False, description="Only classes that the audit before did not have.")
    cursor: str = Field("", description="From the page before, with all else the same.")

    def answer(self, index: LiveIndex) -> Answer:
        """The classes that fit, with the figures of the whole audit."""
        audit = index.audit()
        paths = [re.compile(glob_to_regex(glob)) for glob in self.path_glob]
        found = [one for one in audit.report.classes if self._wants(one, paths)]
        page = cut_page(index, self, self.cursor, found, lambda one: _class_text(index, audit.report, one))
        summary = audit.report.summary
        hidden = len(audit.standing) - len(audit.report.classes)
        text = joined(
            f"{counted(len(found), 'clone class')} of {len(audit.report.classes):,} in "
            f"{counted(summary.files, 'file')}, {summary.duplication_percent:.2f} % of lines duplicated.",
            *page.texts,
            page.rest,
            f"{counted(hidden, 'more class')} accepted, ignored or rejected." if hidden else "",
        )
        document: Document = {
            "schema": "codesearch.audit-classes/1",
            "degraded": list(audit.report.degraded),
            "summary": summary_fields(summary),
            "classes": [_short_class(one) for one in page.items],
            "page": page.document(),
        }
        return Answer(text, document)

    def _wants(self, found: CloneClass, paths: Sequence[re.Pattern[str]]) -> bool:
        return (
            (not self.types or found.clone_type in self.types)
            and (not self.role or found.role in self.role)
            and (found.new or not self.only_new)
            and (not paths or any(path.search(one.place.path) for path in paths for one in found.members))
        )


class ExplainClass(Request):
    """Which class."""

    tool: ClassVar[str] = "explain_class"
    title: ClassVar[str] = "Explain one clone class"
    description: ClassVar[str] = (
        "Why is this a clone class, what differs between its members, and how could they become one? Takes "
        "an id of list_clone_classes. Returns the suggestion, what varies (names, literals, statements), the "
        "code that all have in common with … for the parts that differ, the first two different members "
        "aligned, and all places."
    )

    id: str = Field(min_length=1, max_length=200, description="Id of the class, or how it begins.")
    cursor: str = Field("", description="From the page before, for more places.")

    def answer(self, index: LiveIndex) -> Answer:
        """One class of the last audit, accepted ones included."""
        audit = index.audit()
        found = self._class(audit)
        page = cut_page(index, self, self.cursor, found.members, lambda member: _member_text(index, member))
        head = () if self.cursor else _explanation(index, audit, found)
        text = joined(*head, "Places:", *page.texts, page.rest)
        return Answer(text, _class_page(found, page))

    def _class(self, audit: Audit) -> CloneClass:
        marked = {one.id: one for one in (*audit.standing, *audit.report.classes)}
        matching = [one for one in marked.values() if one.id.startswith(self.id)]
        if len(matching) != 1:
            problem = f"{len(matching)} clone classes begin with" if matching else "no clone class"
            raise InputError(f"{problem} {short(self.id)!r}", "list_clone_classes gives their ids")
        return matching[0]


def _class_text(index: LiveIndex, report: AuditReport, found: CloneClass) -> str:
    new = ", new" if found.new else ""
    left = len(found.members) - MAX_MEMBERS
    return joined(
        f"{found.id} {found.clone_type} {found.probability:.0%}{new}: {headline(found)}",
        f"   {sentences(explained(found), f'Suggestion: {advice(report, found)}')}",
        *(f"   {_member_text(index, member)}" for member in found.members[:MAX_MEMBERS]),
        f"   and in {counted(left, 'more place')}" if left > 0 else "",
    )


def _member_text(index: LiveIndex, member: Member) -> str:
    name = f" {short(member.name)}" if member.name else ""
    return f"{index.files().shown(member.place, index.here)}{name}"


def _explanation(index: LiveIndex, audit: Audit, found: CloneClass) -> Iterator[str]:
    yield f"{found.id} {found.clone_type} {found.probability:.0%}: {headline(found)}"
    yield sentences(explained(found), f"Suggestion: {advice(audit.report, found)}")
    yield f"Decided by {short(found.decided_by)}." + (
        f" {short(found.reason, MAX_SENTENCE)}" if found.reason else ""
    )
    yield _variation_text(found.variation)
    if found.variation.skeleton:
        yield "In common (… differs):"
        common = (f"  {code_line(line)}" for line in found.variation.skeleton)
        yield from excerpt(common, "read a member's resource to see them")
    yield from _alignment(index, audit, found)


def _variation_text(variation: Variation) -> str:
    parts = [
        counted(number, noun)
        for number, noun in (
            (variation.renamed, "renamed identifier"),
            (variation.literals, "literal"),
            (variation.statements, "changed line"),
        )
        if number
    ]
    names = ", ".join(f"{short(ours)} → {short(theirs)}" for ours, theirs in variation.names)
    return f"Varies: {', '.join(parts) or 'nothing'}" + (f" ({names})" if names else "") + "."


def _alignment(index: LiveIndex, audit: Audit, found: CloneClass) -> Iterator[str]:
    """The first member and the first one that is not its copy; nothing where all are copies."""
    first = found.members[0]
    other = next((member for member in found.members if member.content != first.content), None)
    if other is None:
        return
    ours, theirs = audit.sources.lines(first), audit.sources.lines(other)
    yield f"Aligned, - {_member_text(index, first)} + {_member_text(index, other)}:"
    if ours is None or theirs is None:
        yield "  (the code has changed since; run `codesearch audit` again)"
        return
    sides = (first.place.start_line, ours), (other.place.start_line, theirs)
    aligned = aligned_lines(*sides, audit.sources.evidence(first, other))
    yield from excerpt(aligned, "compare these places, some lines at a time, to see them")


def _short_class(found: CloneClass) -> Document:
    """A class as ``codesearch.audit/1`` has it, with its first members and without the common code."""
    document = class_document(found)
    document["members"] = [
        {"resource": fragment_uri(member.place), "name": member.name}
        for member in found.members[:MAX_MEMBERS]
    ]
    document["members_total"] = len(found.members)
    del document["variation"]
    return document


def _class_page(found: CloneClass, page: Page[Member]) -> Document:
    """``codesearch.audit-class/1`` with the members of a page and the beginning of the common code."""
    skeleton = tuple(line[:MAX_LINE] for line in found.variation.skeleton[:MAX_LINES])
    left_out = [] if skeleton == found.variation.skeleton else ["variation.skeleton"]
    shown = replace(found, variation=replace(found.variation, skeleton=skeleton))
    document: Document = {"schema": "codesearch.audit-class/1", **class_document(shown)}
    members = document["members"]
    if isinstance(members, list):
        document["members"] = members[page.first : page.first + len(page.items)]
    document["page"] = {**page.document(), "left_out": left_out}
    return document
