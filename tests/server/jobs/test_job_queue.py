from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import threading
from pathlib import Path

import pytest
from audit_trees import python_function
from commandline import call
from job_lab import AUDIT, INDEX, SLEEPS, TELLS_PID, Program, at_stage, ended, pid_of, started, statuses

from codesearch.core.errors import CodesearchError, IndexFailure, InputError, UsageError
from codesearch.core.jobs import AuditFigures, IndexFigures, JobKind, JobRequest, JobStatus
from codesearch.core.results import CloneType
from codesearch.core.store.database import Database
from codesearch.engine import Engine
from codesearch.server.failures import NotFound
from codesearch.server.jobs.queue import JobQueue
from codesearch.serving.pool import Busy


def test_index_job_takes_in_what_changed(own_engine: Engine) -> None:
    Path("app/new.py").write_text(python_function("fresh", "thing"))

    async def work() -> None:
        async with started(JobQueue(own_engine)) as queue:
            job = await queue.submit(INDEX, "ann")
            assert (job.status, job.by) == (JobStatus.QUEUED, "ann")
            done = await ended(queue, job)
            assert done.status is JobStatus.DONE
            assert isinstance(done.result, IndexFigures)
            assert (done.result.files, done.result.parsed, done.result.embedded) == (5, 1, 0)
            assert done.started_at is not None
            assert done.finished_at is not None
            assert done.queued_at <= done.started_at <= done.finished_at

    asyncio.run(work())


@pytest.mark.parametrize("kind", [JobKind.INDEX, JobKind.AUDIT])
def test_job_reads_the_files_that_the_user_named_for_a_corpus(own_engine: Engine, kind: JobKind) -> None:
    assert call("index", "app", "--exclude", "only.py", "--include", "*.py", "--no-embed").code == 0
    Path("app/fresh.js").write_text("function fresh() {}\n")

    async def work() -> None:
        async with started(JobQueue(own_engine)) as queue:
            request = JobRequest(kind, types=frozenset({CloneType.T2}))
            done = await ended(queue, await queue.submit(request))
            assert done.status is JobStatus.DONE

    asyncio.run(work())
    skipped = [one for one in own_engine.skipped_files() if one.reason == "excluded"]
    assert [(one.corpus, one.path) for one in skipped] == [("app", "fresh.js"), ("app", "only.py")]


def test_audit_job_finds_the_classes_and_is_in_the_history(engine: Engine) -> None:
    async def work() -> None:
        async with started(JobQueue(engine)) as queue:
            request = JobRequest(JobKind.AUDIT, frozenset({"app"}), frozenset({CloneType.T2}))
            done = await ended(queue, await queue.submit(request))
            assert isinstance(done.result, AuditFigures)
            assert (done.result.classes, done.result.files) == (1, 3)
            [run] = call("--index", engine.folder.path, "audit", "history", "--json").document["runs"]
            assert run["id"] == done.result.audit
            assert run["summary"]["classes"] == 1

    asyncio.run(work())


def test_progress_is_told_while_a_job_runs(engine: Engine, program: Program, tmp_path: Path) -> None:
    heard = {stage: tmp_path / f"heard {stage}" for stage in ("one", "two")}
    # Each stage lasts until it was heard of: watchers are told the state of the moment, not its history.
    program(
        "progress('one', 3, 9)\n"
        f"while not os.path.exists({str(heard['one'])!r}): time.sleep(0.01)\n"
        "progress('two')\n"
        f"while not os.path.exists({str(heard['two'])!r}): time.sleep(0.01)\n"
        "finish()"
    )

    async def work() -> None:
        async with started(JobQueue(engine)) as queue:
            job = await queue.submit(INDEX)
            seen = []
            async for step in queue.events(job.id):
                seen.append(step)
                if step.progress.stage:
                    heard[step.progress.stage].touch()
            stages = [step.progress.stage for step in seen]
            assert [stage for stage in stages if stage] == ["one", "two"]
            assert (seen[stages.index("one")].progress.done, seen[stages.index("one")].progress.total) == (
                3,
                9,
            )
            assert [step.status for step in seen if not step.progress.stage][-1] is JobStatus.DONE
            assert len({step.mark for step in seen}) == len(seen)

    asyncio.run(work())


def test_watcher_who_comes_back_hears_only_what_is_new(
    engine: Engine, program: Program, tmp_path: Path
) -> None:
    heard = tmp_path / "heard"  # until then it is being cancelled, however late the watcher looks
    waits = f"while not os.path.exists({str(heard)!r}): time.sleep(0.01)"
    program(SLEEPS.replace("sys.exit(130)", f"{waits}\n    sys.exit(130)"))

    async def work() -> None:
        async with started(JobQueue(engine)) as queue:
            job = await queue.submit(INDEX)
            known = await at_stage(queue, job, "at work")
            events = queue.events(job.id, after=known.mark)
            coming = asyncio.ensure_future(anext(events))
            await asyncio.sleep(0.6)
            assert not coming.done()
            await queue.cancel(job.id)
            assert (await coming).progress.stage == "cancelling"
            heard.touch()
            last = [step async for step in events][-1]
            assert last.status is JobStatus.CANCELLED
            again = [step async for step in queue.events(job.id, after=last.mark)]
            assert again == [last]
            assert len(queue._watchers) == 0

    asyncio.run(work())


def test_jobs_go_one_at_a_time_in_the_order_of_their_asking(engine: Engine, program: Program) -> None:
    program("progress(str(os.getpid()))\ntime.sleep(0.1)\nfinish()")

    async def work() -> None:
        async with started(JobQueue(engine)) as queue:
            jobs = [
                await queue.submit(JobRequest(JobKind.INDEX, frozenset(names)))
                for names in ({"app"}, {"lib"}, {"app", "lib"})
            ]
            done = [await ended(queue, job) for job in jobs]
            times = [(job.started_at or 0, job.finished_at or 0) for job in done]
            assert times == sorted(times)
            assert all(before[1] <= after[0] for before, after in itertools.pairwise(times))

    asyncio.run(work())


def test_same_request_waits_once_and_a_full_line_takes_no_more(engine: Engine, program: Program) -> None:
    program(SLEEPS)

    async def work() -> None:
        async with started(JobQueue(engine, most_waiting=2)) as queue:
            running = await queue.submit(INDEX)
            await at_stage(queue, running, "at work")
            second = await queue.submit(INDEX)  # what changed since the first began is not in it
            assert second.id != running.id
            assert (await queue.submit(INDEX)).id == second.id
            await queue.submit(AUDIT)
            with pytest.raises(Busy, match="2 jobs are waiting") as refusal:
                await queue.submit(JobRequest(JobKind.INDEX, frozenset({"app"})))
            assert refusal.value.retry_after > 0
            assert (await queue.submit(AUDIT)).request == AUDIT
            assert len(await queue.waiting()) == 2

    asyncio.run(work())


def test_cancelled_job_ends_and_the_next_one_runs(engine: Engine, program: Program) -> None:
    program("if order['request']['corpora'] == ['app']:\n    finish()\n    sys.exit()\n" + SLEEPS)

    async def work() -> None:
        async with started(JobQueue(engine)) as queue:
            running = await queue.submit(INDEX)
            waiting = await queue.submit(AUDIT)
            after = await queue.submit(JobRequest(JobKind.INDEX, frozenset({"app"})))
            await at_stage(queue, running, "at work")
            assert (await queue.cancel(waiting.id)).status is JobStatus.CANCELLED
            assert (await queue.cancel(running.id)).status is JobStatus.RUNNING
            assert (await ended(queue, running)).status is JobStatus.CANCELLED
            assert (await ended(queue, after)).status is JobStatus.DONE
            assert (await queue.cancel(after.id)).status is JobStatus.DONE
            assert await statuses(queue) == {
                running.id: JobStatus.CANCELLED,
                waiting.id: JobStatus.CANCELLED,
                after.id: JobStatus.DONE,
            }

    asyncio.run(work())


def test_job_that_ignores_its_interrupt_is_killed(engine: Engine, program: Program) -> None:
    program("signal.signal(signal.SIGINT, signal.SIG_IGN)\nprogress('deaf')\ntime.sleep(600)")

    async def work() -> None:
        async with started(JobQueue(engine, grace=0.1)) as queue:
            job = await queue.submit(INDEX)
            await at_stage(queue, job, "deaf")
            await queue.cancel(job.id)
            assert (await ended(queue, job)).status is JobStatus.CANCELLED

    asyncio.run(work())


def test_killed_process_fails_its_job_and_nothing_else(engine: Engine, program: Program) -> None:
    program("if order['request']['kind'] == 'index':\n    finish()\n    sys.exit()\n" + TELLS_PID)

    async def work() -> None:
        async with started(JobQueue(engine)) as queue:
            job = await queue.submit(AUDIT)
            os.kill(await pid_of(queue, job), signal.SIGKILL)
            failed = await ended(queue, job)
            assert (failed.status, failed.failure) == (JobStatus.FAILED, "killed by SIGKILL")
            assert (await ended(queue, await queue.submit(INDEX))).status is JobStatus.DONE

    asyncio.run(work())


def test_failure_of_a_job_is_the_last_line_of_its_process(engine: Engine, program: Program) -> None:
    program("print('noise\\ncodesearch: error: no space left', file=sys.stderr)\nsys.exit(3)")

    async def work() -> None:
        async with started(JobQueue(engine)) as queue:
            failed = await ended(queue, await queue.submit(INDEX))
            assert (failed.status, failed.failure) == (JobStatus.FAILED, "no space left")
            assert failed.result is None

    asyncio.run(work())


@pytest.mark.parametrize(
    "text", ["print('{\"odd\": 1}')", "print('no json')", "sys.stdout.write('{\"progr')"]
)
def test_process_that_talks_nonsense_fails_its_job(text: str, engine: Engine, program: Program) -> None:
    program(text)

    async def work() -> None:
        async with started(JobQueue(engine)) as queue:
            failed = await ended(queue, await queue.submit(INDEX))
            assert failed.status is JobStatus.FAILED
            assert failed.failure
            assert "\n" not in failed.failure

    asyncio.run(work())


def test_corpus_whose_folder_is_gone_is_named(own_engine: Engine) -> None:
    shutil.rmtree("lib")

    async def work() -> None:
        async with started(JobQueue(own_engine)) as queue:
            failed = await ended(queue, await queue.submit(INDEX))
            assert failed.failure
            assert failed.failure.startswith(f"the folder of corpus 'lib' is gone: {Path.cwd() / 'lib'}")
            only = JobRequest(JobKind.INDEX, frozenset({"app"}))
            assert (await ended(queue, await queue.submit(only))).status is JobStatus.DONE

    asyncio.run(work())


@pytest.mark.parametrize(
    ("request_", "error", "words"),
    [
        (JobRequest(JobKind.INDEX, frozenset({"app", "gone"})), InputError, "no corpus 'gone' is indexed"),
        (JobRequest(JobKind.AUDIT, min_lines=1), UsageError, "min_lines 1: .* fewer than"),
        (JobRequest(JobKind.AUDIT, languages=frozenset({"klingon"})), CodesearchError, "klingon"),
        (JobRequest(JobKind.AUDIT, types=frozenset()), UsageError, "clone type"),
    ],
)
def test_what_cannot_be_is_refused_at_once(
    request_: JobRequest, error: type[CodesearchError], words: str, engine: Engine
) -> None:
    async def work() -> None:
        async with started(JobQueue(engine)) as queue:
            with pytest.raises(error, match=words):
                await queue.submit(request_)
            assert await statuses(queue) == {}

    asyncio.run(work())


def test_nothing_is_known_of_a_job_that_never_was(engine: Engine) -> None:
    async def work() -> None:
        async with started(JobQueue(engine)) as queue:
            for ask in (queue.job, queue.cancel):
                with pytest.raises(NotFound, match="no job 7"):
                    await ask(7)
            with pytest.raises(NotFound, match="no job 7"):
                await anext(queue.events(7))

    asyncio.run(work())


def test_end_of_a_job_is_recorded_once_the_store_is_free(
    engine: Engine, program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    locked_out = tmp_path / "locked out"
    program(f"progress('at work')\nwhile not os.path.exists({str(locked_out)!r}): time.sleep(0.01)\nfinish()")
    monkeypatch.setattr("codesearch.server.jobs.queue.STORE_PAUSE", 0.01)
    real = engine.open_database
    left = 3

    def locked() -> Database:
        nonlocal left
        if left:
            left -= 1
            raise IndexFailure("the index database is locked by another process")
        return real()

    async def work() -> None:
        async with started(JobQueue(engine)) as queue:
            job = await queue.submit(INDEX)
            await at_stage(queue, job, "at work")
            monkeypatch.setattr(engine, "open_database", locked)
            locked_out.touch()
            assert (await ended(queue, job)).status is JobStatus.DONE
            assert left == 0
            assert queue.running is None

    asyncio.run(work())


def test_stopped_queue_leaves_no_process_and_no_thread(engine: Engine, program: Program) -> None:
    program(TELLS_PID)

    async def work() -> int:
        async with started(JobQueue(engine)) as queue:
            return await pid_of(queue, await queue.submit(INDEX))

    before = set(threading.enumerate())
    pid = asyncio.run(work())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)  # not even a zombie
    assert set(threading.enumerate()) <= before
