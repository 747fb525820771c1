"""An audit as a child process, so that whatever happens to it does not happen to the scheduler."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from codesearch.core.schedule import ScheduledAudit
from indexer.corpus.names import system_path

_TAIL = 64 << 10  # bytes of standard error that are looked at for the last line
_LONGEST = 500  # characters of that line that are kept
_GRACE = 30  # seconds that an interrupted audit may take to end by itself
ERROR = "codesearch: error: "
"""What the line of a failure begins with."""


@dataclass(frozen=True, slots=True)
class Exit:
    """How a child ended.

    Attributes:
        pid: Its process id; 0 when it could not be started.
        code: Its exit code; negative when a signal ended it.
        message: Last line that it wrote to standard error, or why it could not be started.
    """

    pid: int
    code: int
    message: str

    @property
    def failure(self) -> str:
        """Why an audit that did not finish did not, one line."""
        if self.code < 0:
            return f"killed by {_signal_name(-self.code)}"
        return self.message or f"ended with exit code {self.code}"


class AuditProcess:
    """Runs one audit at a time with this interpreter and this version of codesearch.

    Args:
        options: Global options of the command line, such as ``--index``.
        niceness: By how much others go first, 0 to 19.
    """

    def __init__(self, options: Sequence[str], niceness: int = 0) -> None:
        # -P: the folder it is run in may belong to a corpus, whose modules must not be imported.
        self._command = (sys.executable, "-P", "-m", "codesearch", *options, "audit")
        self._niceness = niceness
        self._running: subprocess.Popen[bytes] | None = None
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """True once :meth:`stop` was called."""
        return self._stopped

    def run(self, audit: ScheduledAudit) -> Exit:
        """Run an audit to its end; its report goes where the audit's own options say."""
        with tempfile.TemporaryFile() as errors:
            try:
                # A group of its own: an interrupt from the terminal reaches it once, through stop(). Not a
                # session, to which Linux gives an equal share however nice it is (autogroup).
                self._running = subprocess.Popen(  # noqa: S603 - words of the user's own schedule
                    [*self._command, *audit.options, *map(system_path, audit.paths)],
                    cwd=system_path(audit.folder),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    process_group=0,
                )
            except OSError as error:
                return Exit(0, 3, f"the audit cannot be started in {audit.folder}: {error.strerror}")
            self._step_back(self._running.pid)
            if self._stopped:  # since the caller looked
                self.stop()
            code = self._running.wait()
            return Exit(self._running.pid, code, last_line(errors))

    def _step_back(self, pid: int) -> None:
        if self._niceness:
            with suppress(OSError):  # it has ended already
                os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + self._niceness)

    def stop(self) -> None:
        """End the audit that runs, if one does, for good; from any thread."""
        self._stopped = True
        process = self._running
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()


def last_line(errors: BinaryIO) -> str:
    """The last line of a child's standard error that is not empty, without what all failures begin with."""
    errors.seek(max(0, errors.seek(0, os.SEEK_END) - _TAIL))
    lines = errors.read().decode("utf-8", "replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return last.removeprefix(ERROR)[:_LONGEST]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
