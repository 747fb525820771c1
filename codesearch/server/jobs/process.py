"""The server's end of the process that carries out a job."""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress

from codesearch.audit.child import Exit, last_line
from codesearch.core.jobs import Figures, JobProgress
from codesearch.server.jobs.messages import JobOrder, parse_message

MODULE = "codesearch.server.jobs.child"


class JobProcess:
    """One process for one order; it may be interrupted before, while and after it runs.

    Args:
        order: What it is to do.
        heard: Called with every progress that it tells.
        grace: Seconds that it may take to end when it is interrupted.
    """

    def __init__(self, order: JobOrder, heard: Callable[[JobProgress], None], grace: float) -> None:
        self._order = order
        self._heard = heard
        self._grace = grace
        self._interrupted = False
        self._process: asyncio.subprocess.Process | None = None
        self._killing: asyncio.TimerHandle | None = None

    async def run(self) -> tuple[Exit, Figures | None]:
        """How it ended, and what came of it; None when it did not come that far."""
        with tempfile.TemporaryFile() as errors:
            try:
                # -P: the folder of the server may belong to a corpus, whose modules must not be imported.
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-P",
                    "-m",
                    MODULE,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=errors,
                )
            except OSError as error:
                return Exit(0, 3, f"the process of the job cannot be started: {error.strerror}"), None
            self._process = process
            if self._interrupted:  # since somebody asked for it
                self.interrupt()
            try:
                figures = await self._converse(process)
                code = await process.wait()
            finally:
                self._let_go(process)
            return Exit(process.pid, code, last_line(errors)), figures

    async def _converse(self, process: asyncio.subprocess.Process) -> Figures | None:
        assert process.stdin is not None  # noqa: S101 - it was asked for
        assert process.stdout is not None  # noqa: S101
        with suppress(ConnectionError):  # it ended at once; its exit says why
            process.stdin.write(self._order.line())
            await process.stdin.drain()
        figures = None
        async for line in process.stdout:
            if not line.endswith(b"\n"):
                break  # it died in the middle of a word
            message = parse_message(self._order.request.kind, line)
            if isinstance(message, JobProgress):
                self._heard(message)
            else:
                figures = message
        return figures

    def interrupt(self) -> None:
        """Make it end soon, by force where it does not by itself; from the thread of the event loop."""
        self._interrupted = True
        process = self._process
        if process is None or process.returncode is not None or self._killing is not None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        self._killing = asyncio.get_running_loop().call_later(self._grace, self._kill)

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    def _let_go(self, process: asyncio.subprocess.Process) -> None:
        """It has ended, or nobody waits for it any more: then it is not to go on."""
        if self._killing is not None:
            self._killing.cancel()
        self._kill()
        if process.stdin is not None:
            process.stdin.close()  # not before: it ends when its standard input does
