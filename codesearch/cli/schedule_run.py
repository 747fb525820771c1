"""``codesearch schedule run``: the process that runs schedules when they are due."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from codesearch.cli.options import Invocation, json_option, pass_invocation

if TYPE_CHECKING:
    from codesearch.audit.child import AuditProcess
    from codesearch.audit.schedule import Scheduler
    from codesearch.core.schedule import Schedule, ScheduledRun
    from codesearch.engine import Engine


@click.command("run", short_help="Run schedules when they are due.")
@click.argument("key", required=False, metavar="[ID]")
@click.option("--once", is_flag=True, help="Run what is due and exit; a schedule named by ID, due or not.")
@json_option
@pass_invocation
def run(invocation: Invocation, key: str | None, once: bool, as_json: bool) -> None:
    """Run schedules when they are due, until interrupted; with ID only the one of this number or name.

    Each audit is a process of its own, one at a time. With --once the exit code is that of the worst run: 3
    when one failed, 1 when a gate closed.
    """
    from codesearch.audit.child import AuditProcess
    from codesearch.audit.lock import running_schedules
    from codesearch.audit.schedule import Scheduler, run_until_stopped
    from codesearch.cli.engine import global_words, open_engine
    from codesearch.core.errors import UsageError

    if as_json and not once:
        raise UsageError("--json prints one document, so it needs an end", "add --once")
    engine = open_engine(invocation)
    engine.folder.require_own()
    chosen = _chosen(engine, key)
    process = AuditProcess(global_words(invocation, engine))
    scheduler = Scheduler(engine.open_database, process, _announcer(invocation, engine, quiet=as_json))
    with running_schedules(engine.folder.path), _termination_as_interrupt():
        if once:
            _run_once(scheduler, process, chosen, as_json=as_json)
            return
        only = None if chosen is None else chosen.id
        with suppress(KeyboardInterrupt):  # the one way to end it
            run_until_stopped(lambda: scheduler.run_due(only), process.stop)


def _chosen(engine: Engine, key: str | None) -> Schedule | None:
    """The schedule that a key names; None without one.

    Raises:
        InputError: There is no such schedule.
        IndexFailure: There is no index.
    """
    from codesearch.core.store.schedules import find_schedule

    with engine.open_database() as database, database.read() as connection:
        return None if key is None else find_schedule(connection, key)


def _run_once(scheduler: Scheduler, process: AuditProcess, chosen: Schedule | None, *, as_json: bool) -> None:
    """Run what is due, or the chosen schedule.

    Raises:
        click.exceptions.Exit: With the exit code of the worst run.
    """
    from codesearch.core.schedule import RunStatus

    try:
        runs = scheduler.run_due() if chosen is None else (scheduler.run(chosen),)
    finally:
        process.stop()  # interrupted: the audit ends with us
    if as_json:
        from codesearch.cli.output import emit_json
        from codesearch.report.schedule_document import scheduled_runs_document

        emit_json(scheduled_runs_document(runs))
    states = {run.status for run in runs}
    raise click.exceptions.Exit(
        3 if RunStatus.FAILED in states else 1 if RunStatus.GATE_CLOSED in states else 0
    )


def _announcer(
    invocation: Invocation, engine: Engine, *, quiet: bool
) -> Callable[[ScheduledRun], str | None]:
    """Prints a line per run unless ``quiet``, and posts it to the configured webhook.

    Raises:
        ConfigError: The webhook is not an address to post to.
    """
    from codesearch.audit.webhook import Webhook
    from codesearch.cli.output import results_console
    from codesearch.core.errors import EnvironmentFailure
    from codesearch.report.schedule_document import scheduled_runs_document
    from codesearch.report.schedule_text import render_scheduled_run

    address = engine.settings.audit.webhook.get_secret_value()
    webhook = Webhook(address) if address else None
    console = results_console(invocation)

    def announce(run: ScheduledRun) -> str | None:
        if not quiet:
            console.print(render_scheduled_run(run), crop=False)
        try:
            if webhook is not None:
                webhook.post(scheduled_runs_document([run]))
        except EnvironmentFailure as error:
            return str(error)
        return None

    return announce


@contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """Let SIGTERM, by which service managers stop a process, do what an interrupt does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
