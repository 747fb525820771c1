"""What the page of audits shows: the last audit at a glance, and all runs."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from codesearch.audit.run import Audit
from codesearch.core.audit import AuditRun, AuditSummary, CloneClass, Hidden
from codesearch.report.audit_history_document import run_status
from codesearch.report.audit_html.folders import duplication_tiles
from codesearch.report.audit_html.treemap import Box, treemap
from codesearch.report.audit_html.trend import Trend, trend
from codesearch.report.audit_manipulations import manipulation_place, manipulations_headline
from codesearch.report.audit_wording import counted
from codesearch.server.downloads import FILES
from codesearch.server.failures import NotFound
from codesearch.server.pages.addresses import file_address
from codesearch.server.pages.audit_choices import AuditChoices, Chosen, audit_choices
from codesearch.server.pages.audit_query import folder_address, list_address
from codesearch.server.pages.audit_rows import ClassRow, class_rows, from_corpora
from codesearch.server.pages.degraded_words import Note, notes_of
from codesearch.server.pages.pager import Pager, pages
from codesearch.server.work.audits import (
    Shown,
    WantedClasses,
    audit_runs,
    first_audits,
    is_stale,
    labels,
    last_audit,
)
from codesearch.serving.live_index import LiveIndex

MOST_TOP = 10
MOST_RUNS = 25
MOST_MANIPULATIONS = 50


@dataclass(frozen=True, slots=True)
class FolderBox:
    """A tile of the treemap and the classes that it leads to."""

    box: Box
    href: str


@dataclass(frozen=True, slots=True)
class ManipulationRow:
    """A place that talks to the judge."""

    place: str
    href: str
    kind: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The last finished audit.

    Attributes:
        run: Its run.
        summary: Its figures.
        saved_lines: Lines that go when all classes are merged.
        top: The classes most worth merging.
        top_saved: Lines that merging these saves.
        new: Number of classes that the audit before did not have; None where there is none to compare with.
        new_href: The list of these.
        hidden: Number of classes that were found and not reported.
        hidden_href: The list of these.
        hidden_by: What was hidden by whom, as far as the run kept it.
        folders: Duplicated lines by folder.
        trend: The comparable runs; None where there are too few.
        manipulations: The first places that talk to the judge.
        manipulations_title: How many there are; empty for none.
        stale: Whether the index is newer.
        gate: Why the gate was closed, one sentence per condition; empty where it was not.
        notes: What did not run as configured.
    """

    run: AuditRun
    summary: AuditSummary
    saved_lines: int
    top: tuple[ClassRow, ...]
    top_saved: int
    new: int | None
    new_href: str
    hidden: int
    hidden_href: str
    hidden_by: tuple[str, ...]
    folders: tuple[FolderBox, ...]
    trend: Trend | None
    manipulations: tuple[ManipulationRow, ...]
    manipulations_title: str
    stale: bool
    gate: tuple[str, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class AuditsPage:
    """The page.

    Attributes:
        last: The last finished audit; None before the first.
        runs: A part of all runs, newest first.
        pager: Where the others are.
        choices: What a new audit may be asked for.
        formats: Names of report formats.
    """

    last: Overview | None
    runs: Sequence[RunRow]
    pager: Pager
    choices: AuditChoices
    formats: Sequence[str]


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run.

    Attributes:
        run: The run.
        status: ``finished``, ``failed`` or ``running``.
        seconds: What it took; None until it has finished.
        first: Whether there was none before to compare it with.
    """

    run: AuditRun
    status: str
    seconds: float | None
    first: bool


def audits_page(index: LiveIndex, offset: int) -> AuditsPage:
    """The page with the runs from ``offset`` on.

    Raises:
        IndexFailure: There is no index.
    """
    runs = audit_runs(index)
    pager = pages(lambda at: f"/audits?offset={at}#runs", offset, MOST_RUNS, len(runs))
    try:
        last = overview(last_audit(index), stale=is_stale(index))
    except NotFound:
        last = None
    return AuditsPage(
        last=last,
        runs=run_rows(runs[pager.offset : pager.offset + MOST_RUNS], first_audits(index)),
        pager=pager,
        choices=audit_choices(index, Chosen()),
        formats=list(FILES),
    )


def overview(audit: Audit, *, stale: bool) -> Overview | None:
    """The last audit for people; None where no run of it is known."""
    history = audit.sources.history()
    if not history:
        return None
    run, report = history[-1], audit.report
    top = worth_merging(report.classes)[:MOST_TOP]
    return Overview(
        run=run,
        summary=report.summary,
        saved_lines=sum(found.saved_lines for found in report.classes),
        top=tuple(class_rows(audit, top, 1)),
        top_saved=sum(found.saved_lines for found in top),
        new=sum(found.new for found in report.classes) if len(history) > 1 else None,
        new_href=list_address(WantedClasses(shown=Shown.NEW)),
        hidden=len(audit.standing) - len(report.classes),
        hidden_href=list_address(WantedClasses(shown=Shown.HIDDEN)),
        hidden_by=tuple(_hidden_by(report.hidden)),
        folders=tuple(_folders(audit)),
        trend=trend(history),
        manipulations=tuple(_manipulations(audit)),
        manipulations_title=manipulations_headline(report) if report.manipulations else "",
        stale=stale,
        gate=report.gate.reasons,
        notes=notes_of(report.degraded, unsure=False),
    )


def worth_merging(classes: Sequence[CloneClass]) -> list[CloneClass]:
    """The classes that save lines, in their order."""
    return [found for found in classes if found.saved_lines > 0]


def run_rows(runs: Sequence[AuditRun], first: Container[int]) -> list[RunRow]:
    """Runs as rows of a table; ``first`` has the numbers of those that are compared with none."""
    return [
        RunRow(
            run=run,
            status=run_status(run),
            seconds=None if run.finished_at is None else run.finished_at - run.started_at,
            first=run.id in first,
        )
        for run in runs
    ]


def _hidden_by(hidden: Hidden) -> Iterator[str]:
    for count, noun, by in (
        (hidden.ignored_members, "place", "by comments"),
        (hidden.accepted_classes, "class", "by codesearch-accepted.toml"),
        (hidden.rejected_members, "place", "by verdicts"),
        (hidden.judged_classes, "class", "by the judge"),
    ):
        if count:
            yield f"{counted(count, noun)} {by}"


def _folders(audit: Audit) -> list[FolderBox]:
    tiles = duplication_tiles(audit.report.classes, labels(audit))
    return [FolderBox(box, folder_address(box.tile.path)) for box in treemap(tiles)]


def _manipulations(audit: Audit) -> list[ManipulationRow]:
    report = from_corpora(audit.report)
    return [
        ManipulationRow(
            manipulation_place(report, found),
            file_address(
                found.place.corpus, found.place.path, found.place.start_line, found.place.start_line
            ),
            found.kind,
            found.excerpt,
        )
        for found in report.manipulations[:MOST_MANIPULATIONS]
    ]
