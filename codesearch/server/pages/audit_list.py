"""What the list of clone classes shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from codesearch.audit.run import Audit
from codesearch.core.results import CloneType
from codesearch.core.types import Role
from codesearch.server.failures import NotFound
from codesearch.server.pages.audit_query import PAGE, list_address
from codesearch.server.pages.audit_rows import ClassRow, class_rows
from codesearch.server.pages.pager import Pager, pages
from codesearch.server.work.audits import Order, Shown, WantedClasses, chosen_classes, labels, last_audit
from codesearch.serving.live_index import LiveIndex

_TITLES = {
    Order.MERGE_VALUE: "Worth merging",
    Order.SAVED: "Lines saved",
    Order.LINES: "Lines",
    Order.MEMBERS: "Places",
    Order.SIMILARITY: "Similarity",
    Order.PROBABILITY: "Probability",
}


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer; ``folder`` is one of those that hold a member, as they are named."""

    types: Sequence[CloneType]
    roles: Sequence[Role]
    languages: Sequence[str]
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: its name, its value in an address, the list in it, and whether it is the one shown."""

    title: str
    value: Order
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class ClassList:
    """A page of the list.

    Attributes:
        audited: Whether there is an audit at all.
        wanted: The filters.
        rows: The classes of the page.
        total: Number of classes that fit.
        of: Number of classes that the audit reported.
        saved_lines: Lines that merging all that fit would save.
        filtered: Whether there is one, the order aside.
        choices: What they may be.
        sorts: Orders by name.
        pager: Where other pages are.
    """

    audited: bool
    wanted: WantedClasses
    rows: tuple[ClassRow, ...] = ()
    total: int = 0
    of: int = 0
    saved_lines: int = 0
    filtered: bool = False
    choices: Choices = Choices((), (), ())
    sorts: Sequence[Sort] = ()
    pager: Pager | None = None

    def sort(self, order: str) -> Sort:
        """The order with this value."""
        return next(sort for sort in self.sorts if sort.value == order)


def class_list(index: LiveIndex, wanted: WantedClasses, offset: int) -> ClassList:
    """The page that begins at or before ``offset``; the last one where that is beyond the end.

    Raises:
        IndexFailure: There is no index.
    """
    try:
        audit = last_audit(index)
    except NotFound:
        return ClassList(False, wanted)
    found = chosen_classes(audit, wanted)
    pager = pages(lambda at: list_address(wanted, at), offset, PAGE, len(found))
    return ClassList(
        audited=True,
        wanted=wanted,
        rows=tuple(class_rows(audit, found[pager.offset : pager.offset + PAGE], pager.offset + 1, wanted)),
        total=len(found),
        of=len(audit.report.classes),
        saved_lines=sum(one.saved_lines for one in found),
        filtered=replace(wanted, order=Order.MERGE_VALUE) != WantedClasses(),
        choices=_choices(audit, wanted),
        sorts=[
            Sort(title, order, list_address(replace(wanted, order=order)), order is wanted.order)
            for order, title in _TITLES.items()
        ],
        pager=pager,
    )


def _choices(audit: Audit, wanted: WantedClasses) -> Choices:
    """What the classes have, and what is asked for."""
    classes = audit.standing if wanted.shown is Shown.HIDDEN else audit.report.classes
    return Choices(
        types=sorted({found.clone_type for found in classes} | wanted.types),
        roles=sorted({found.role for found in classes} | wanted.roles, key=list(Role).index),
        languages=sorted(
            {member.language for found in classes for member in found.members} | wanted.languages
        ),
        folder=_some_folder(audit),
    )


def _some_folder(audit: Audit) -> str:
    """The folder of a member, behind its corpus where there are several; empty where all is at the top."""
    label = labels(audit)
    members = (member for found in audit.standing for member in found.members)
    return next(filter(None, (label(member.place).rpartition("/")[0] for member in members)), "")
