"""Due schedules, run by the server that is there anyway."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress

from codesearch.audit.child import AuditProcess
from codesearch.audit.lock import running_schedules
from codesearch.audit.schedule import Scheduler
from codesearch.audit.webhook import Webhook
from codesearch.core.errors import CodesearchError, EnvironmentFailure, IndexFailure
from codesearch.core.schedule import ScheduledRun
from codesearch.engine import Engine
from codesearch.report.schedule_document import scheduled_runs_document
from codesearch.server.jobs.child import NICENESS

log = logging.getLogger(__name__)

MINUTE = 60  # seconds; cron knows no smaller unit


class DueSchedules:
    """Runs the schedules of an index while a server runs, unless another process does already.

    Args:
        engine: Whose index it is.
        options: Global options of the command line with which audits find that index and its settings.
    """

    def __init__(self, engine: Engine, options: Sequence[str]) -> None:
        self._engine = engine
        self._auditor = AuditProcess(options, niceness=NICENESS)
        address = engine.settings.audit.webhook.get_secret_value()
        self._webhook = Webhook(address) if address else None
        self._scheduler = Scheduler(engine.open_database, self._auditor, self._announce)
        self._lock = ExitStack()
        self._task: asyncio.Task[None] | None = None

    def start(self, turn: asyncio.Lock) -> None:
        """Begin to look once a minute, if it is for us to do.

        Args:
            turn: Held while schedules are run.
        """
        try:
            self._engine.folder.require_own()
        except CodesearchError as stranger:
            log.warning("%s", stranger)
            return
        try:
            self._lock.enter_context(running_schedules(self._engine.folder.path))
        except IndexFailure as taken:
            log.info("%s, not by this server", taken.message)
            return
        self._task = asyncio.create_task(self._look_for_ever(turn))

    async def stop(self) -> None:
        """Interrupt the audit that runs, if one does, and wait until it has ended."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._lock.close()

    async def _look_for_ever(self, turn: asyncio.Lock) -> None:
        while True:
            async with turn:
                await self._run_due()
            await asyncio.sleep(MINUTE - time.time() % MINUTE)

    async def _run_due(self) -> None:
        running = asyncio.ensure_future(asyncio.to_thread(self._run_guarded))
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.to_thread(self._auditor.stop)
            await running
            raise

    def _run_guarded(self) -> None:
        try:
            self._scheduler.run_due()
        except CodesearchError as error:
            log.error("schedules: %s", error)  # noqa: TRY400 - one line, as every failure a user can act on
        except Exception as error:  # the next minute is another chance, whatever it is
            # Without its message, which may hold source text.
            log.error("schedules: unexpected %s", type(error).__name__)  # noqa: TRY400
            log.debug("it came from", exc_info=error)

    def _announce(self, run: ScheduledRun) -> str | None:
        log.info("schedule %s: %s", run.name, run.status)
        if self._webhook is None:
            return None
        try:
            self._webhook.post(scheduled_runs_document([run]))
        except EnvironmentFailure as error:
            return str(error)
        return None
