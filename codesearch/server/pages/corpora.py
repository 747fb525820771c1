"""The corpora page: what the index holds, what it left out and why, and who keeps it up to date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from codesearch.core.jobs import Job, JobKind
from codesearch.core.status import CorpusStatus, Difference
from codesearch.core.store.counts import SnapshotCounts
from codesearch.report.status import corpus_place, told_globs
from codesearch.server.pages.pager import pages
from codesearch.server.pages.rendering import render
from codesearch.server.pages.schedules import schedule_rows
from codesearch.server.security.scopes import reads
from codesearch.server.state import State
from codesearch.server.work import corpora
from codesearch.server.work.corpora import Meaning, meaning_of
from indexer.corpus.names import display_path

router = APIRouter(prefix="/corpora", dependencies=[reads])

PAGE = 100
"""Skipped files on one page."""
MOST_SHARES = 6
"""Languages and roles with a bar of their own."""
_UNITS = ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB"))


@dataclass(frozen=True, slots=True)
class Share:
    """Files of one kind: their number, and their share of all, 0 to 1."""

    name: str
    files: int
    share: float


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """Files that were skipped for one reason."""

    reason: str
    files: int
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class CorpusCard:
    """A corpus as its card shows it.

    Attributes:
        name: Its name.
        root: Its folder.
        globs: Which of its files the user wants, in words; empty for all.
        counts: Its figures.
        languages: Analysed files by language, most first, rare ones together.
        roles: Analysed files by role, likewise.
        ledger: Skipped files by reason, most first.
        skipped: All of them together.
        job: Number of the job that indexes it or is to; None where none is.
    """

    name: str
    root: str
    globs: str
    counts: SnapshotCounts
    languages: tuple[Share, ...]
    roles: tuple[Share, ...]
    ledger: tuple[LedgerRow, ...]
    skipped: int
    job: int | None


@router.get("")
async def show_corpora(request: Request, state: State) -> Response:
    """The index and all its corpora."""
    running = state.jobs.running
    jobs = [*([running] if running else []), *await state.jobs.waiting()]

    def work() -> Response:
        held = corpora.held_index(state.index)
        status = held.status
        context = {
            "held": held,
            "status": status,
            "built": datetime.fromisoformat(status.started).timestamp(),
            "folder": display_path(str(status.index)),
            "size": shown_size(status.size),
            "models": sorted({part.model for part in status.segments if part.model}),
            "without_vectors": any(not part.model for part in status.segments),
            "differences": [_told(one) for one in status.differences],
            "cards": [_card(one, jobs) for one in status.corpora],
            "jobs": [job for job in jobs if job.request.kind is JobKind.INDEX],
            "schedules": schedule_rows(state.index),
        }
        return render(request, "corpora.html", context)

    return await state.pool.run(work)


@router.get("/{name}/skipped")
async def show_skipped(
    request: Request,
    state: State,
    name: str,
    reason: Annotated[str, Query(max_length=40)] = "",
    offset: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> Response:
    """The skipped files of a corpus, a page of them, of one reason or of all."""

    def work() -> Response:
        corpus = corpora.corpus(state.index, name)
        found = corpora.skipped(state.index, name, reason)
        address = request.url.remove_query_params("offset")

        def at(start: int) -> str:
            return f"?{address.include_query_params(offset=start).query}"

        part = pages(at, offset, PAGE, len(found))
        context = {
            "corpus": corpus.name,
            "root": corpus_place(corpus),
            "ledger": _ledger(corpus.counts),
            "skipped": sum(corpus.counts.skipped.values()),
            "reason": reason,
            "meaning": meaning_of(reason) if reason else None,
            "rows": found[part.offset : part.offset + PAGE],
            "before": part.before,
            "after": part.after,
            "range": part.at,
        }
        return render(request, "ledger.html", context)

    return await state.pool.run(work)


def _card(corpus: CorpusStatus, jobs: Sequence[Job]) -> CorpusCard:
    counts = corpus.counts
    return CorpusCard(
        name=corpus.name,
        root=corpus_place(corpus),
        globs=told_globs(corpus),
        counts=counts,
        languages=shares(counts.by_language),
        roles=shares(counts.by_role),
        ledger=_ledger(counts),
        skipped=sum(counts.skipped.values()),
        job=next((job.id for job in jobs if _indexes(job, corpus.name)), None),
    )


def _indexes(job: Job, name: str) -> bool:
    request = job.request
    return request.kind is JobKind.INDEX and (not request.corpora or name in request.corpora)


def shares(counts: Mapping[str, int]) -> tuple[Share, ...]:
    """Most first, those after the :data:`MOST_SHARES` th together as ``others``."""
    total = sum(counts.values())
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rest = ordered[MOST_SHARES:]
    if len(rest) > 1:
        others = (f"{len(rest)} others", sum(files for _, files in rest))
        ordered = [*ordered[:MOST_SHARES], others]
    return tuple(Share(name, files, files / total) for name, files in ordered)


def _ledger(counts: SnapshotCounts) -> tuple[LedgerRow, ...]:
    ordered = sorted(counts.skipped.items(), key=lambda item: (-item[1], item[0]))
    return tuple(LedgerRow(reason, files, meaning_of(reason)) for reason, files in ordered)


def _told(difference: Difference) -> str:
    return f"{difference.key} is {difference.now} now, the index was built with {difference.built_with}"


def shown_size(size: int) -> str:
    """Bytes as people read them: ``94 MB``."""
    for unit, name in _UNITS:
        if size >= unit:
            count = size / unit
            return f"{count:.0f} {name}" if count >= 10 else f"{count:.1f} {name}"
    return f"{size} bytes"
