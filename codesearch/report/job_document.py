"""The JSON documents of jobs: the contract with programs."""

from __future__ import annotations

from dataclasses import asdict

from codesearch.core.jobs import Figures, Job, JobKind, JobRequest
from codesearch.report.json_documents import Document
from codesearch.report.moments import iso_time


def job_document(job: Job) -> Document:
    """``codesearch.job/1``: one job; ``degraded`` is what did not go as configured while it ran."""
    degraded = [] if job.result is None else list(job.result.degraded)
    return {"schema": "codesearch.job/1", "degraded": degraded, **job_fields(job)}


def jobs_document(page: Document) -> Document:
    """``codesearch.jobs/1``: a page of :func:`job_fields`, newest first."""
    return {"schema": "codesearch.jobs/1", "degraded": [], **page}


def job_fields(job: Job) -> Document:
    """A job; times are ISO 8601 in UTC, ``progress`` is None unless it runs, ``result`` unless it is done."""
    progress = job.progress
    return {
        "id": job.id,
        "kind": str(job.request.kind),
        "request": _request(job.request),
        "status": str(job.status),
        "by": job.by,
        "queued_at": iso_time(job.queued_at),
        "started_at": _moment(job.started_at),
        "finished_at": _moment(job.finished_at),
        "progress": asdict(progress) if progress.stage else None,
        "failure": job.failure,
        "result": None if job.result is None else _figures(job.result),
    }


def _request(request: JobRequest) -> Document:
    """What was asked for, without what an index job does not look at."""
    corpora = {"corpora": sorted(request.corpora)}
    if request.kind is JobKind.INDEX:
        return {**corpora}
    return {
        **corpora,
        "types": sorted(map(str, request.types)),
        "roles": sorted(map(str, request.roles)),
        "languages": sorted(request.languages),
        "min_lines": request.min_lines,
        "min_tokens": request.min_tokens,
        "min_probability": request.min_probability,
        "cross_language": request.cross_language,
        "refresh": request.refresh,
    }


def _figures(result: Figures) -> Document:
    """The figures without ``degraded``, which the document has for itself."""
    return {name: value for name, value in asdict(result).items() if name != "degraded"}


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else iso_time(seconds)
