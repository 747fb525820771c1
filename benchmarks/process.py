"""Run a command as a user would and measure the whole process tree."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from codesearch.core.errors import EnvironmentFailure, MissingExtra

if TYPE_CHECKING:
    import psutil

# Reading smaps_rollup costs up to a few ms per process and GiB: rarer samples would miss short peaks, denser
# ones would take time from the command on a small machine.
SAMPLE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of a command.

    Attributes:
        seconds: Wall-clock from start to exit.
        peak_bytes: Highest sampled sum, over the process and its descendants, of the proportional set size.
        output: Its standard output.
    """

    seconds: float
    peak_bytes: int
    output: bytes


@dataclass(frozen=True, slots=True)
class Medians:
    """Medians over the runs of one command."""

    runs: int
    seconds: float
    peak_bytes: float

    @classmethod
    def of(cls, measured: Sequence[Measured]) -> Medians:
        """Medians of at least one run."""
        return cls(
            len(measured),
            median(run.seconds for run in measured),
            median(run.peak_bytes for run in measured),
        )


def run_measured(command: Sequence[str], folder: Path) -> Measured:
    """Run a command to its end in ``folder``.

    Raises:
        MissingExtra: psutil is not installed.
        EnvironmentFailure: The command is missing or exits with another code than 0; the message ends with
            its last line on standard error.
    """
    if find_spec("psutil") is None:
        raise MissingExtra("measuring memory", "benchmarks")
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        try:
            process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=errors)
        except FileNotFoundError as error:
            raise EnvironmentFailure(f"cannot run {command[0]}", "pip install -e '.[benchmarks]'") from error
        sampler = _PeakSampler(process.pid)
        sampler.start()
        code = process.wait()
        seconds = time.perf_counter() - started
        sampler.stop()
        output.seek(0)
        errors.seek(0)
        if code:
            lines = errors.read().decode(errors="replace").strip().splitlines() or ["no message"]
            raise EnvironmentFailure(f"{' '.join(command)} ended with code {code}", lines[-1])
        return Measured(seconds, sampler.peak, output.read())


def installed_command(name: str) -> str:
    """A console command of this interpreter's environment, whether or not that is activated."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else name


class _PeakSampler(threading.Thread):
    """Keeps the highest proportional set size of a process tree until stopped."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        import psutil

        self.peak = 0
        self._root = psutil.Process(pid)
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.is_set():
            self.peak = max(self.peak, _tree_bytes(self._root))
            self._done.wait(SAMPLE_SECONDS)

    def stop(self) -> None:
        self._done.set()
        self.join()


def _tree_bytes(root: psutil.Process) -> int:
    """Sum of the proportional set sizes; a process that ends meanwhile counts nothing."""
    import psutil

    try:
        processes = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    total = 0
    for process in processes:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied, ProcessLookupError):
            continue
    return total


def anonymous_bytes(pid: int | None = None) -> int:
    """Resident anonymous memory of a process, this one without ``pid``: what it asked for and the system
    cannot take back. Pages of mapped files are the system's to keep or to drop.
    """
    status = Path(f"/proc/{pid or 'self'}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("RssAnon"))
