"""Progress on standard error: a bar with rate and remaining time on a terminal, plain lines otherwise."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self

from codesearch.cli.options import Invocation
from codesearch.cli.output import messages_console

Advance = Callable[[int], None]
"""Reports that so many more units are done."""

LINE_SECONDS = 5.0
"""Pause between plain lines: often enough to see life in a CI log, rarely enough to read it."""


@contextmanager
def progress(invocation: Invocation, label: str, total: int | None, unit: str = "files") -> Iterator[Advance]:
    """Show the progress of a stage while the block runs; nothing with ``-q``.

    Args:
        invocation: Says whether to be quiet.
        label: What is done, such as ``parsing``.
        total: Number of units, None when unknown.
        unit: Plural of what is counted.
    """
    if invocation.quiet:
        yield lambda done: None
    elif sys.stderr.isatty():
        with _bar(invocation, label, total, unit) as advance:
            yield advance
    else:
        lines = PlainProgress(label, total, unit, time.monotonic)
        yield lines.advance
        lines.finish()


class PlainProgress:
    """Lines like ``parsing: 1,200 of 1,790 files, 300/s, 2.0 s left``, one per :data:`LINE_SECONDS`."""

    def __init__(self, label: str, total: int | None, unit: str, clock: Callable[[], float]) -> None:
        self._label, self._total, self._unit, self._clock = label, total, unit, clock
        self._done = 0
        self._started = self._printed = clock()

    def advance(self, done: int) -> None:
        """Count units and print a line when one is due."""
        self._done += done
        now = self._clock()
        if now - self._printed >= LINE_SECONDS:
            self._printed = now
            took = now - self._started
            rate = self._done / took
            # While nothing is done nobody knows how long the rest takes.
            left = f", {_duration((self._total - self._done) / rate)} left" if self._total and rate else ""
            self._print(f"{rate:,.0f}/s{left}" if rate else _duration(took))

    def finish(self) -> None:
        """Print the last line, with the time it took; none where there was nothing to do."""
        took = _duration(self._clock() - self._started)
        if self._done:
            self._print(took)
        elif self._total is None:
            print(f"{self._label}: {took}", file=sys.stderr, flush=True)

    def _print(self, tail: str) -> None:
        of = "" if self._total is None else f" of {self._total:,}"
        print(f"{self._label}: {self._done:,}{of} {self._unit}, {tail}", file=sys.stderr, flush=True)


@contextmanager
def _bar(invocation: Invocation, label: str, total: int | None, unit: str) -> Iterator[Advance]:
    from rich import progress as rich_progress  # only a terminal needs it

    columns = (
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        rich_progress.TextColumn("{task.completed:,.0f} {task.fields[unit]}"),
        rich_progress.TextColumn("{task.fields[rate]}"),
        rich_progress.TimeRemainingColumn(),
    )
    with rich_progress.Progress(*columns, console=messages_console(invocation), transient=True) as bar:
        task = bar.add_task(label, total=total, unit=unit, rate="")

        def advance(done: int) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, advance=done, rate="" if speed is None else f"{speed:,.0f}/s")

        yield advance


def _duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f} min {rest:.0f} s" if minutes else f"{rest:.1f} s"


class StageProgress:
    """Progress over several stages, one after the other; the stages' totals need not be known."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._stack = ExitStack()
        self._advance: Advance = lambda done: None

    def stage(self, label: str, unit: str, total: int | None = None) -> None:
        """A stage begins and the one before it has ended."""
        self._stack.close()
        self._advance = self._stack.enter_context(progress(self._invocation, label, total, unit))

    def advance(self, done: int) -> None:
        """So many more units are done."""
        self._advance(done)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)
