"""A command within limits of time and memory, and what it took."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codesearch.core.errors import EnvironmentFailure

# Root reads files of mode 000 by these two capabilities; without them it is refused like everybody else.
_AS_EVERYBODY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")

# The largest resident set of a process counts from that of whoever started it, and this one may be large.
# So a small one stands between: it limits the memory, starts the command, and says what it took.
_LAUNCHER = """
import os, resource, sys
report, memory = map(int, sys.argv[1:3])
child = os.fork()
if child == 0:
    os.close(report)
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    os.execvp(sys.argv[3], sys.argv[3:])
_, status, usage = os.wait4(child, 0)
os.write(report, f"{status} {usage.ru_maxrss}".encode())
"""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a command may take.

    Attributes:
        seconds: Wall-clock; then it is killed.
        memory: Bytes of data of each of its processes; the kernel refuses more.
    """

    seconds: float
    memory: int = 4 << 30


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    Attributes:
        code: Exit code; minus the signal that ended it.
        overdue: It was killed because its time was up.
        seconds: Wall-clock.
        peak_bytes: Largest resident set of one of its processes.
        out: Standard output.
        err: Standard error.
    """

    code: int
    overdue: bool
    seconds: float
    peak_bytes: int
    out: bytes
    err: bytes


def run_bounded(
    command: Sequence[str], folder: Path, bounds: Bounds, environment: Mapping[str, str] | None = None
) -> Ended:
    """Run a command in ``folder`` until it ends or its time is up, as a user who cannot read everything.

    Raises:
        EnvironmentFailure: There is no such command.
    """
    if shutil.which(command[0]) is None:
        raise EnvironmentFailure(f"cannot run {command[0]}", "pip install -e '.[benchmarks]'")
    report, theirs = os.pipe()
    launcher = (sys.executable, "-I", "-S", "-c", _LAUNCHER, str(theirs), str(bounds.memory))
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, os.fdopen(report, "rb") as reader:
        started = time.perf_counter()
        process = subprocess.Popen(
            (*launcher, *as_everybody(), *command),
            cwd=folder,
            env=dict(os.environ if environment is None else environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            pass_fds=[theirs],
            start_new_session=True,
        )
        os.close(theirs)
        try:
            process.wait(bounds.seconds)
            overdue = False
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # parsers die with the process that asks them
            process.wait()
            overdue = True
        seconds = time.perf_counter() - started
        status, _, kilobytes = reader.read().partition(b" ")
        code = os.waitstatus_to_exitcode(int(status)) if status else -signal.SIGKILL
        out.seek(0)
        err.seek(0)
        return Ended(code, overdue, seconds, int(kilobytes or 0) << 10, out.read(), err.read())


def as_everybody() -> tuple[str, ...]:
    """What a command has to begin with so that the modes of files count for it; empty for ordinary users, and
    where there is no such program.
    """
    return _AS_EVERYBODY if os.geteuid() == 0 and shutil.which(_AS_EVERYBODY[0]) else ()


def modes_count() -> bool:
    """Whether a command of :func:`run_bounded` is refused what a file's mode forbids."""
    return os.geteuid() != 0 or bool(as_everybody())
