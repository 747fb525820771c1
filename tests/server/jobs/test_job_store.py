from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import URL

from codesearch.core.jobs import AuditFigures, IndexFigures, JobKind, JobRequest, JobStatus
from codesearch.core.results import CloneType
from codesearch.core.store import jobs as store
from codesearch.core.store.carry_over import carry_over
from codesearch.core.store.database import Database
from codesearch.core.store.engines import sqlite_url
from codesearch.core.store.job_values import figures_text, read_figures, read_request, request_text
from codesearch.core.types import Role

INDEX = JobRequest(JobKind.INDEX, frozenset({"app"}))
FIGURES = IndexFigures(3, 10, 9, 400, 40, 2, 1, ("dense:no-embeddings",))


@pytest.fixture
def database(store_url: URL) -> Iterator[Database]:
    with Database.create(store_url) as opened:
        yield opened


NAMES = st.frozensets(st.text(max_size=10))
REQUESTS = st.builds(
    JobRequest,
    kind=st.sampled_from(JobKind),
    corpora=NAMES,
    types=st.frozensets(st.sampled_from(CloneType)),
    roles=st.frozensets(st.sampled_from(Role)),
    languages=NAMES,
    min_lines=st.none() | st.integers(1, 99),
    min_tokens=st.none() | st.integers(1, 99),
    min_probability=st.floats(0, 1),
    cross_language=st.booleans(),
    refresh=st.booleans(),
)
COUNTS = st.integers(0, 2**40)
NOTES = st.lists(st.text(max_size=10)).map(tuple)


@given(REQUESTS)
def test_request_reads_back_as_it_was_written(request: JobRequest) -> None:
    assert read_request(request_text(request)) == request
    again = JobRequest(request.kind, frozenset(sorted(request.corpora, reverse=True)))
    assert request_text(again) == request_text(JobRequest(request.kind, request.corpora))


@given(st.builds(IndexFigures, *[COUNTS] * 7, NOTES))
def test_index_figures_read_back_as_they_were_written(figures: IndexFigures) -> None:
    assert read_figures(JobKind.INDEX, figures_text(figures)) == figures


@given(st.builds(AuditFigures, *[COUNTS] * 6, st.floats(0, 100), COUNTS, COUNTS, NOTES))
def test_audit_figures_read_back_as_they_were_written(figures: AuditFigures) -> None:
    assert read_figures(JobKind.AUDIT, figures_text(figures)) == figures


def test_job_reads_back_through_its_life(database: Database) -> None:
    with database.write() as connection:
        job = store.add_job(connection, INDEX, "ann")
        assert store.read_job(connection, job.id) == job
        assert store.queued_jobs(connection) == (job,)
        store.begin_job(connection, job.id)
        running = store.read_job(connection, job.id)
        assert running is not None
        assert (running.status, running.finished_at) == (JobStatus.RUNNING, None)
        assert store.queued_jobs(connection) == ()
        store.end_job(connection, job.id, JobStatus.DONE, result=FIGURES)
        done = store.read_job(connection, job.id)
        assert done is not None
        assert (done.request, done.by, done.status, done.result) == (INDEX, "ann", JobStatus.DONE, FIGURES)
        assert len({job.mark, running.mark, done.mark}) == 3
        assert store.read_job(connection, 99) is None


def test_newest_jobs_come_first_and_old_ended_ones_are_forgotten(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "KEPT", 3)
    with database.write() as connection:
        waiting = store.add_job(connection, INDEX, None)
        jobs = [store.add_job(connection, INDEX, None) for _ in range(5)]
        for job in jobs:
            store.end_job(connection, job.id, JobStatus.FAILED, failure="no")
        kept = [job.id for job in (*reversed(jobs[2:]), waiting)]
        assert [job.id for job in store.read_jobs(connection, 0, 10)] == kept
        assert [job.id for job in store.read_jobs(connection, 1, 2)] == kept[1:3]
        assert store.count_jobs(connection) == 4


def test_rebuilt_index_takes_over_its_jobs(database: Database, tmp_path: Path) -> None:
    with database.write() as old:
        store.end_job(old, store.add_job(old, INDEX, None).id, JobStatus.DONE, result=FIGURES)
        store.begin_job(old, store.add_job(old, INDEX, "ann").id)
    with Database.create(sqlite_url(tmp_path / "new.db")) as rebuilt, rebuilt.write() as new:
        with database.read() as old:
            carry_over(old, new)
            assert store.read_jobs(new, 0, 9) == store.read_jobs(old, 0, 9)
        assert store.add_job(new, INDEX, None).id == 3
