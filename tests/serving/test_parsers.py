from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from codesearch.core.errors import EnvironmentFailure, InputError
from codesearch.query.source import ANY_SIZE, ReadOptions, Selection
from codesearch.serving.parsers import LARGE, MOST_TOKENS, Parsers, Reading
from indexer.parsing.languages import registry
from indexer.parsing.limits import ParseLimits
from indexer.parsing.process import WorkerLimits, WorkerProcess

FUNCTION = (
    b"def total(rows):\n    result = 0\n    for row in rows:\n        result += row\n    return result\n"
)
LARGE_CODE = FUNCTION * (LARGE // len(FUNCTION) + 1)
SLOW_CODE = b"a=" * (128 << 10) + b"1"
"""Takes its grammar most of a minute."""

HASTY = WorkerLimits(seconds=0.3)
PATIENT = WorkerLimits(seconds=60)


def reading(text: bytes, name: str = "total.py") -> Reading:
    return Reading(Selection(name), ReadOptions(None, ANY_SIZE, ParseLimits(), 1 << 20), text)


def read(parsers: Parsers, text: bytes, name: str = "total.py") -> int:
    """How many fragments the code has."""
    return len(parsers.read(reading(text, name), len(text)).fragments)


def children() -> set[int]:
    """Processes that this one started and has not waited for."""
    found = Path("/proc/self/task").glob("*/children")
    return {int(word) for file in found for word in file.read_text("ascii").split()}


def ticks(process: int) -> int:
    """Processor time of a process, in hundredths of a second."""
    return int(Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[11])


@pytest.fixture
def others() -> Iterator[set[int]]:
    """Processes that are none of the parsers; in the end there are no more than those."""
    before = children()
    yield before
    assert children() <= before


class Bench:
    """Parsers with a slow text at work in a thread of its own."""

    def __init__(self, parsers: Parsers, others: set[int]) -> None:
        read(parsers, LARGE_CODE)
        [self.process] = children() - others
        before = ticks(self.process)
        self._threads = ThreadPoolExecutor(1)
        self.slow: Future[int] = self._threads.submit(read, parsers, SLOW_CODE, "slow.js")
        while ticks(self.process) < before + 5:
            assert not self.slow.done(), self.slow.result()
            time.sleep(0.01)

    def killed(self, number: signal.Signals) -> str:
        """What is told of the slow text when a signal ends its process."""
        os.kill(self.process, number)
        with pytest.raises(InputError) as refused:
            self.slow.result()
        self._threads.shutdown()
        return str(refused.value)


def test_code_that_takes_too_long_is_refused_and_the_next_is_read(others: set[int]) -> None:
    parsers = Parsers(HASTY)
    with pytest.raises(InputError, match=r"^the code takes longer than .* to parse") as refused:
        read(parsers, SLOW_CODE, "slow.js")
    assert refused.value.hint == "send the function that matters alone"
    assert children() <= others
    assert read(parsers, LARGE_CODE)
    parsers.close()


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (signal.SIGSEGV, "the code cannot be parsed: it crashes the parser"),
        (signal.SIGKILL, "the code needs more memory to parse than one request may have"),
    ],
)
def test_code_whose_process_dies_is_refused_and_the_next_is_read(
    others: set[int], number: signal.Signals, told: str
) -> None:
    parsers = Parsers(PATIENT)
    bench = Bench(parsers, others)
    assert told in bench.killed(number)
    assert bench.process not in children()
    assert read(parsers, LARGE_CODE)
    parsers.close()


def test_other_code_is_read_while_a_slow_text_is(others: set[int]) -> None:
    parsers = Parsers(PATIENT)
    bench = Bench(parsers, others)
    assert read(parsers, FUNCTION) == 1
    assert read(parsers, LARGE_CODE) > 1
    assert not bench.slow.done()
    bench.killed(signal.SIGKILL)
    parsers.close()


def test_one_process_reads_one_text_after_the_other(others: set[int]) -> None:
    parsers = Parsers()
    read(parsers, LARGE_CODE)
    first = children() - others
    with pytest.raises(InputError):
        read(parsers, b"# nothing\n" * LARGE)
    assert read(parsers, LARGE_CODE)
    assert children() - others == first
    parsers.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_process_that_died_while_idle_is_no_fault_of_the_next_code(
    others: set[int], number: signal.Signals
) -> None:
    parsers = Parsers()
    count = read(parsers, LARGE_CODE)
    [idle] = children() - others
    os.kill(idle, number)
    os.waitid(os.P_PID, idle, os.WEXITED | os.WNOWAIT)
    assert read(parsers, LARGE_CODE) == count
    assert idle not in children()
    parsers.close()


def test_small_code_whose_grammar_comes_to_no_end_is_refused() -> None:
    options = replace(reading(b"").options, limits=ParseLimits(seconds=0.1))
    text = b"(x" + b"\n" * 20 + b"]"
    with pytest.raises(InputError, match=r"cannot parse total\.tsx, its grammar takes longer"):
        Parsers().read(replace(reading(text, "total.tsx"), options=options), len(text))


def test_small_code_needs_no_process(others: set[int]) -> None:
    assert read(Parsers(), FUNCTION) == 1
    assert children() <= others


def test_code_that_was_read_elsewhere_is_of_the_same_language() -> None:
    parsers = Parsers()
    source = parsers.read(reading(LARGE_CODE), len(LARGE_CODE))
    parsers.close()
    assert source.language is registry().get("python")


def test_closed_parsers_leave_no_process_behind(others: set[int]) -> None:
    parsers = Parsers(PATIENT)
    bench = Bench(parsers, others)
    read(parsers, LARGE_CODE)  # by a second process, which is idle now
    parsers.close()
    assert children() - others == {bench.process}
    bench.killed(signal.SIGKILL)


def test_process_ends_when_its_reading_does_after_closing(others: set[int]) -> None:
    parsers = Parsers()
    parsers.close()
    assert read(parsers, LARGE_CODE)
    assert children() <= others


class Unforeseen(BaseException):
    """Neither a death nor a refusal."""


@pytest.mark.parametrize("step", ["greet", "ask"])
def test_unforeseen_failure_leaves_no_process_behind(
    others: set[int], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object) -> None:
        raise Unforeseen

    parsers = Parsers()
    with monkeypatch.context() as patch:
        patch.setattr(WorkerProcess, step, fail)
        with pytest.raises(Unforeseen):
            read(parsers, LARGE_CODE)
    assert children() <= others
    assert read(parsers, LARGE_CODE)
    parsers.close()


def test_processes_that_cannot_be_started_are_told(others: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    parsers = Parsers()
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(EnvironmentFailure, match="cannot start a parser process"):
        read(parsers, LARGE_CODE)
    assert children() <= others
    assert read(parsers, FUNCTION) == 1


def test_threads_read_at_a_time_with_as_many_processes(others: set[int]) -> None:
    parsers = Parsers()
    together = threading.Barrier(2)

    def one() -> int:
        together.wait()
        return read(parsers, LARGE_CODE)

    with ThreadPoolExecutor(2) as threads:
        counts = {future.result() for future in [threads.submit(one) for _ in range(2)]}
    assert len(counts) == 1
    assert 1 <= len(children() - others) <= 2
    parsers.close()


def test_code_of_too_many_tokens_is_refused() -> None:
    parsers = Parsers()
    line = b"    a = b\n"
    fits, exceeds = (b"def f():\n" + line * (MOST_TOKENS // per) for per in (6, 1))
    assert read(parsers, fits) == 1
    with pytest.raises(InputError, match=f"tokens are more than {MOST_TOKENS:,} at a time"):
        read(parsers, exceeds)
    parsers.close()
