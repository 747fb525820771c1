"""The last audit as requests look at it: which of its classes are wanted, and one of them by its id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from codesearch.core.audit import AuditRun, CloneClass
from codesearch.core.errors import InputError
from codesearch.core.feedback import Precedent
from codesearch.core.results import CloneType, Place
from codesearch.core.store.audits import first_audits as first_finished_audits
from codesearch.core.store.audits import last_audit as last_finished_audit
from codesearch.core.store.audits import read_audits
from codesearch.core.types import Role
from codesearch.report.audit_document import audit_document
from codesearch.report.audit_wording import short, shown_path
from codesearch.report.json_documents import Document
from codesearch.server.failures import NotFound
from codesearch.serving.live_index import LiveIndex

if TYPE_CHECKING:
    from codesearch.audit.run import Audit


class Shown(StrEnum):
    """Which part of what an audit found is looked at."""

    REPORTED = "reported"
    NEW = "new"  # reported, and not by the comparable audit before
    HIDDEN = "hidden"  # found and not reported: ignored, accepted or rejected


class Order(StrEnum):
    """What comes first; what is equal stays in the order of merge value."""

    MERGE_VALUE = "merge-value"
    SAVED = "saved-lines"
    LINES = "lines"
    MEMBERS = "members"
    SIMILARITY = "similarity"
    PROBABILITY = "probability"


_KEYS: dict[Order, Callable[[CloneClass], float]] = {
    Order.SAVED: lambda found: found.saved_lines,
    Order.LINES: lambda found: found.lines,
    Order.MEMBERS: lambda found: len(found.members),
    Order.SIMILARITY: lambda found: found.similarity,
    Order.PROBABILITY: lambda found: found.probability,
}


@dataclass(frozen=True, slots=True)
class WantedClasses:
    """Which classes are wanted; nothing in a filter is no filter.

    Attributes:
        types: Clone types.
        roles: Roles of classes.
        languages: Registry ids; one member in one of them is enough.
        folder: A folder or file, as :func:`labels` names them, that holds a member.
        text: Part of a member's name or of its file's, in whatever case.
        min_lines: Lines of the longest member at least.
        shown: Reported, new or hidden ones.
        order: What comes first, the most of it.
    """

    types: frozenset[CloneType] = frozenset()
    roles: frozenset[Role] = frozenset()
    languages: frozenset[str] = frozenset()
    folder: str = ""
    text: str = ""
    min_lines: int = 0
    shown: Shown = Shown.REPORTED
    order: Order = Order.MERGE_VALUE


def audit_runs(index: LiveIndex) -> tuple[AuditRun, ...]:
    """All audits, newest first, those that failed or still run among them.

    Raises:
        IndexFailure: There is no index.
    """
    with index.engine.open_database() as database, database.read() as connection:
        return read_audits(connection)[::-1]


def first_audits(index: LiveIndex) -> frozenset[int]:
    """Numbers of the audits that none of the same corpora and options came before: nothing in them is new.

    Raises:
        IndexFailure: There is no index.
    """
    with index.engine.open_database() as database, database.read() as connection:
        return first_finished_audits(connection)


def last_audit(index: LiveIndex) -> Audit:
    """The last audit as it was reported.

    Raises:
        NotFound: Nothing was audited.
        IndexFailure: There is no index.
    """
    try:
        return index.audit()
    except InputError as problem:
        raise NotFound(
            problem.message, "start an audit on the page of audits, or by POST /api/v1/jobs"
        ) from None


def audit_fields(audit: Audit) -> Document:
    """``codesearch.audit/1``; ``hidden`` and ``gate`` are None where the run did not keep them."""
    runs = audit.sources.history()
    document = audit_document(audit.report)
    if not runs or runs[-1].conclusion is None:
        document |= {"hidden": None, "gate": None}
    return document


def is_stale(index: LiveIndex) -> bool:
    """Whether the index was built anew after the last finished audit; False where nothing was audited.

    Raises:
        IndexFailure: There is no index.
    """
    with index.engine.open_database() as database, database.read() as connection:
        last = last_finished_audit(connection)
    return last is not None and last.snapshot != index.engine.folder.manifest().snapshot


def verdicts_on(index: LiveIndex, found: CloneClass) -> tuple[Precedent, ...]:
    """What the user said of the first member and others of a class, newest first.

    Raises:
        EnvironmentFailure: The feedback cannot be read.
    """
    first, *others = found.members
    pairs = {
        frozenset(((first.content, first.language), (other.content, other.language))) for other in others
    }
    return tuple(said for said in index.engine.feedback.precedents() if said.pair in pairs)


def chosen_classes(audit: Audit, wanted: WantedClasses) -> list[CloneClass]:
    """The classes that fit, in the order that is wanted."""
    fits = _Fit(wanted, labels(audit))
    found = [one for one in _pool(audit, wanted.shown) if fits(one)]
    key = _KEYS.get(wanted.order)
    return found if key is None else sorted(found, key=key, reverse=True)


def class_of(audit: Audit, class_id: str) -> CloneClass:
    """The class that has this id, a hidden one too.

    Raises:
        NotFound: The last audit found none.
    """
    for found in (*audit.report.classes, *audit.standing):
        if found.id == class_id:
            return found
    raise NotFound(
        f"the last audit found no clone class {short(class_id, 60)!r}",
        "it was merged or changed, or other code was audited since; see the list of classes",
    )


def is_hidden(audit: Audit, found: CloneClass) -> bool:
    """Whether a class was found and not reported."""
    return all(one.id != found.id for one in audit.report.classes)


def labels(audit: Audit) -> Callable[[Place], str]:
    """How pages name the file of a place: its path, behind the corpus where there are several."""
    report = replace(audit.report, base="")
    return lambda place: shown_path(report, place.corpus, place.path)


def _pool(audit: Audit, shown: Shown) -> Sequence[CloneClass]:
    if shown is Shown.HIDDEN:
        reported = {found.id for found in audit.report.classes}
        return [found for found in audit.standing if found.id not in reported]
    return [found for found in audit.report.classes if shown is Shown.REPORTED or found.new]


class _Fit:
    """Whether classes are wanted, the cheap questions first."""

    def __init__(self, wanted: WantedClasses, label: Callable[[Place], str]) -> None:
        self._wanted = wanted
        self._label = label
        self._file = wanted.folder.strip("/")
        self._folder = f"{self._file}/"
        self._text = wanted.text.strip().casefold()

    def __call__(self, found: CloneClass) -> bool:
        wanted = self._wanted
        return (
            (not wanted.types or found.clone_type in wanted.types)
            and (not wanted.roles or found.role in wanted.roles)
            and found.lines >= wanted.min_lines
            and (not wanted.languages or any(member.language in wanted.languages for member in found.members))
            and (not self._file or any(self._is_inside(member.place) for member in found.members))
            and (not self._text or self._has_text(found))
        )

    def _is_inside(self, place: Place) -> bool:
        label = self._label(place)
        return label == self._file or label.startswith(self._folder)

    def _has_text(self, found: CloneClass) -> bool:
        return any(
            self._text in member.name.casefold() or self._text in self._label(member.place).casefold()
            for member in found.members
        )
