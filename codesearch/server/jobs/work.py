"""What jobs do, in the process that is there for them."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from codesearch.audit.lock import wait_for_writers
from codesearch.core.cores import available_cores
from codesearch.core.errors import IndexFailure, InputError
from codesearch.core.jobs import AuditFigures, Figures, IndexFigures, JobKind, JobRequest
from codesearch.core.settings import Settings
from codesearch.core.store.audits import audit_of_process
from codesearch.engine import Engine
from codesearch.server.jobs.requests import audit_options, corpus_paths

if TYPE_CHECKING:
    from indexer.build import Progress


def spared(settings: Settings) -> Settings:
    """The same with one core less for parser processes, so that somebody who searches does not wait."""
    cores = max(1, available_cores() - 1)
    jobs = min(settings.parsing.jobs or cores, cores)
    return settings.model_copy(update={"parsing": settings.parsing.model_copy(update={"jobs": jobs})})


def carry_out(request: JobRequest, engine: Engine, progress: Progress) -> Figures:
    """Do what is wanted; another process that writes the index is waited for.

    Raises:
        CodesearchError: It cannot be done; the previous index is untouched.
    """
    paths = corpus_paths(request, engine.corpus_roots())
    if request.kind is JobKind.INDEX or request.refresh:
        _require_all_there(paths)
    auditing = request.kind is JobKind.AUDIT
    wait_for_writers(engine.folder.path, lambda who: progress.stage(f"waiting: {who}", ""), auditors=auditing)
    if auditing:
        return _audit(request, engine, list(paths.values()), progress)
    return _index(engine, list(paths.values()), progress)


def _require_all_there(paths: dict[str, Path]) -> None:
    for name, root in paths.items():
        if not root.exists():
            raise InputError(
                f"the folder of corpus {name!r} is gone: {root}", "put it back, or leave that corpus out"
            )


def _index(engine: Engine, roots: list[Path], progress: Progress) -> IndexFigures:
    embed = bool(engine.folder.manifest().settings.get("embedding.model"))  # as when it was built
    report = engine.index(roots, progress, embed=embed)
    counts = report.counts
    return IndexFigures(
        snapshot=report.snapshot,
        files=counts.seen,
        analysed=counts.analysed,
        lines=counts.lines,
        fragments=counts.fragments,
        parsed=report.analysed,
        embedded=report.embedded,
        degraded=report.degraded,
    )


def _audit(request: JobRequest, engine: Engine, roots: list[Path], progress: Progress) -> AuditFigures:
    began = time.time()
    report = engine.audit(roots, audit_options(request, engine.settings.fragments), progress).report
    with engine.open_database() as database, database.read() as connection:
        run = audit_of_process(connection, os.getpid(), began)
    if run is None:  # the store was replaced in between
        raise IndexFailure(f"the audit is not in the history of {engine.folder.path}", "audit again")
    summary = report.summary
    return AuditFigures(
        audit=run.id,
        files=summary.files,
        lines=summary.lines,
        classes=summary.classes,
        pairs=summary.pairs,
        duplicated_lines=summary.duplicated_lines,
        duplication_percent=summary.duplication_percent,
        new=run.new,
        fixed=run.fixed,
        degraded=report.degraded,
    )
