"""The pool: order, isolation, and that a bad file costs only itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import injected_analysers
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codesearch.core.errors import ConfigError, EnvironmentFailure, MissingExtra
from codesearch.core.protocols import SkippedFile, SourceFile
from codesearch.core.types import Role
from indexer.parsing.pool import Result, analyse_files
from indexer.parsing.worker import AnalyseOptions

PATIENT = AnalyseOptions(time_limit=60, memory_limit=400 << 20)
IMPATIENT = AnalyseOptions(time_limit=0.5)


def tasks(*names: str, size: int = 10) -> list[SourceFile]:
    return [SourceFile(name, Path("/nowhere") / name, size, 0, "python", Role.SOURCE) for name in names]


def run(files: list[SourceFile], jobs: int = 1, options: AnalyseOptions = PATIENT) -> list[Result]:
    return list(analyse_files(files, options, jobs, injected_analysers.by_name))


def reasons(results: list[Result]) -> dict[str, str]:
    return {result.path: result.reason for result in results if isinstance(result, SkippedFile)}


def pids(results: list[Result]) -> set[int]:
    return {
        result.modified_ns for result in results if isinstance(result, SkippedFile) and result.modified_ns
    }


def test_no_files_need_no_process() -> None:
    assert run([]) == []


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_results_come_in_the_order_of_the_files(jobs: int) -> None:
    files = tasks(*(f"file-{number}" for number in range(500)))
    assert [result.path for result in run(files, jobs)] == [file.path for file in files]


def test_one_job_runs_in_another_process() -> None:
    assert os.getpid() not in pids(run(tasks("a")))


def test_large_files_are_shared_out_among_the_jobs() -> None:
    results = run(tasks(*(f"file-{number}" for number in range(40)), size=1 << 20), jobs=2)
    assert len(pids(results)) == 2


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("segfault-1", "parser-crash"),
        ("abort-1", "parser-crash"),
        ("exit-1", "parser-crash"),
        ("raise-1", "parser-crash"),
        ("recurse-1", "parser-crash"),
        ("killed-1", "out-of-memory"),
        ("memory-1", "out-of-memory"),
        ("hog-1", "out-of-memory"),
    ],
)
def test_only_the_file_at_fault_is_skipped(name: str, reason: str) -> None:
    results = run(tasks("before", name, "after"))
    assert reasons(results) == {"before": "binary", name: reason, "after": "binary"}
    assert len(pids(results)) == 2


@pytest.mark.parametrize("name", ["sleep-1", "stuck-1"])
def test_a_file_that_takes_too_long_is_skipped_even_inside_c_code(name: str) -> None:
    results = run(tasks("before", name, "after"), options=IMPATIENT)
    assert reasons(results) == {"before": "binary", name: "timeout", "after": "binary"}


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    names=st.lists(st.sampled_from(["good", "abort", "exit", "memory"]), max_size=8), jobs=st.integers(1, 2)
)
def test_any_mix_of_bad_files_is_answered_file_by_file(names: list[str], jobs: int) -> None:
    files = tasks(*(f"{name}-{number}" for number, name in enumerate(names)), size=100 << 10)
    results = run(files, jobs)
    expected = {"good": "binary", "abort": "parser-crash", "exit": "parser-crash", "memory": "out-of-memory"}
    assert reasons(results) == {file.path: expected[file.path.partition("-")[0]] for file in files}


def test_the_time_limit_is_per_file_and_not_per_batch() -> None:
    results = run(tasks("sleep-1", "a", "sleep-2", "b"), options=IMPATIENT)
    assert reasons(results) == {"sleep-1": "timeout", "a": "binary", "sleep-2": "timeout", "b": "binary"}


def test_what_a_parser_prints_stays_out_of_our_output(capfd: pytest.CaptureFixture[str]) -> None:
    run(tasks("chatty-1", "abort-1", "raise-1"))
    assert capfd.readouterr() == ("", "")


def test_a_configuration_error_ends_the_run_with_its_message() -> None:
    with pytest.raises(ConfigError) as caught:
        run(tasks("a", "config-1", "b"))
    assert str(caught.value) == "languages.x is wrong: repair it"


def test_errors_with_a_constructor_of_their_own_arrive_whole() -> None:
    with pytest.raises(MissingExtra, match=r"needs the extra 'x': pip install"):
        run(tasks("extra-1"))


def test_a_worker_that_cannot_start_is_no_file_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(EnvironmentFailure, match="ended at start with code 1"):
        run(tasks("a"))
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(EnvironmentFailure, match="cannot start a parser process"):
        run(tasks("a"))


def test_workers_do_not_hear_the_terminal_s_interrupt() -> None:
    (result,) = analyse_files(tasks("a"), PATIENT, 1, injected_analysers.is_isolated)
    assert isinstance(result, SkippedFile)
    assert result.reason == "True False"


def test_the_corpus_is_read_only_as_far_as_results_are_taken() -> None:
    taken = 0

    def endless() -> Iterator[SourceFile]:
        nonlocal taken
        while True:
            taken += 1
            yield tasks(f"file-{taken}", size=1 << 20)[0]

    results = analyse_files(endless(), PATIENT, 1, injected_analysers.by_name)
    assert next(results).path == "file-1"
    assert taken < 100
    results.close()


def test_closing_the_results_kills_busy_workers_and_leaves_no_process_or_thread() -> None:
    threads = threading.active_count()
    options = AnalyseOptions(time_limit=600)
    results = analyse_files(
        tasks("a", "b", *(["sleep-1"] * 200), size=200 << 10), options, 2, injected_analysers.by_name
    )
    first = [next(results), next(results)]
    results.close()
    for pid in pids(first):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert threading.active_count() == threads


INTERRUPTED = """
import sys
sys.path[:0] = {path!r}
from test_worker_pool import tasks
from injected_analysers import by_name
from indexer.parsing.pool import analyse_files
from indexer.parsing.worker import AnalyseOptions
files = tasks("a", "b", *["sleep-1"] * 5, size=200 << 10)  # the first two are a batch of their own
try:
    for result in analyse_files(files, AnalyseOptions(time_limit=600), 2, by_name):
        print(result.modified_ns, flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_ctrl_c_stops_everything_without_noise() -> None:
    path = [str(Path(__file__).parent), *sys.path]
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED.format(path=path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert (output, errors, process.returncode) == ("interrupted\n", "", 0)
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
