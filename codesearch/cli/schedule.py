"""``codesearch schedule``: audits on cron expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codesearch.cli.commands import load_command
from codesearch.cli.options import Invocation, json_option, pass_invocation
from codesearch.cli.schedule_run import run
from codesearch.cli.store import store_changed, store_read

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from codesearch.core.schedule import Schedule

_AUDIT_OPTIONS = "codesearch.audit-options"  # key among a context's notes


class _WithAuditOptions(click.Command):
    """Keeps what follows ``--`` for the audit."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        ctx.meta[_AUDIT_OPTIONS] = tuple(args[end + 1 :])
        return super().parse_args(ctx, args[:end])


@click.group("schedule", short_help="Run audits again and again, on cron expressions.")
def command() -> None:
    """Run audits again and again, on cron expressions.

    Schedules are kept in the index; 'codesearch schedule run' runs them. What was due while it did not run is
    caught up once.
    """


@command.command("add", cls=_WithAuditOptions, short_help="Add a schedule.")
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH... [-- OPTION...]",
)
@click.option(
    "--cron", required=True, metavar="FIELDS", help="Five fields, as '0 3 * * *' for every night at 3."
)
@click.option(
    "--timezone", metavar="ZONE", help="Zone of the fields, as Europe/Berlin; default: the local one."
)
@click.option("--name", metavar="NAME", help="What to call it; default: the name of the folder.")
@json_option
@click.pass_context
def add(
    context: click.Context,
    paths: tuple[Path, ...],
    cron: str,
    timezone: str | None,
    name: str | None,
    as_json: bool,
) -> None:
    """Audit the corpora at PATH whenever a cron expression says so.

    What follows '--' are options of 'codesearch audit', such as -- -f sarif -o clones.sarif; relative files
    in them are relative to the current folder.
    """
    from codesearch.audit.planning import plan
    from codesearch.core.schedule import ScheduledAudit
    from indexer.corpus.names import display_path

    invocation = context.find_object(Invocation) or Invocation()
    options: tuple[str, ...] = context.meta[_AUDIT_OPTIONS]
    _check_audit(options, paths)
    audit = ScheduledAudit(
        name=name or "",
        cron=cron,
        timezone=timezone or "",
        paths=tuple(display_path(str(path.absolute())) for path in paths),
        options=options,
        folder=display_path(str(Path.cwd())),
    )
    with store_changed(invocation) as connection:
        schedule = plan(connection, audit, called=display_path(paths[0].resolve().name) or "root")
    _show(invocation, [schedule], as_json=as_json)


@command.command("list", short_help="List the schedules and how they went.")
@json_option
@pass_invocation
def list_schedules(invocation: Invocation, as_json: bool) -> None:
    """List the schedules: when each is due next, and what became of its last run."""
    from codesearch.core.store.schedules import read_schedules

    with store_read(invocation) as connection:
        schedules = read_schedules(connection)
    _show(invocation, schedules, as_json=as_json)


@command.command("remove", short_help="Forget a schedule.")
@click.argument("key", metavar="ID")
@json_option
@pass_invocation
def remove(invocation: Invocation, key: str, as_json: bool) -> None:
    """Forget the schedule of this number or name; the audits it ran stay in the history."""
    from codesearch.core.store.schedules import find_schedule, remove_schedule

    def removed(connection: Connection, key: str) -> Schedule:
        schedule = find_schedule(connection, key)
        remove_schedule(connection, schedule.id)
        return schedule

    _change(invocation, key, removed, as_json=as_json)


@command.command("pause", short_help="Leave out a schedule until it is resumed.")
@click.argument("key", metavar="ID")
@json_option
@pass_invocation
def pause(invocation: Invocation, key: str, as_json: bool) -> None:
    """Leave out the schedule of this number or name until it is resumed."""
    from codesearch.audit.planning import pause as pause_schedule

    _change(invocation, key, pause_schedule, as_json=as_json)


@command.command("resume", short_help="Take up a paused schedule.")
@click.argument("key", metavar="ID")
@json_option
@pass_invocation
def resume(invocation: Invocation, key: str, as_json: bool) -> None:
    """Take a paused schedule up again; what it missed meanwhile is not caught up."""
    from codesearch.audit.planning import resume as resume_schedule

    _change(invocation, key, resume_schedule, as_json=as_json)


command.add_command(run)


def _change(
    invocation: Invocation, key: str, change: Callable[[Connection, str], Schedule], *, as_json: bool
) -> None:
    """Change the schedule of a number or name, and show it."""
    with store_changed(invocation) as connection:
        schedule = change(connection, key)
    _show(invocation, [schedule], as_json=as_json)


def _check_audit(options: Sequence[str], paths: Sequence[Path]) -> None:
    """Let the audit's own command read its words now rather than at night.

    Raises:
        UsageError: It does not understand them, or they name another index.
    """
    from codesearch.core.errors import UsageError

    words = [*options, *(str(path.absolute()) for path in paths)]
    # The names are those of every command: click keeps the first help option that a command is asked for.
    names = click.get_current_context().help_option_names
    with load_command("audit").make_context(
        "audit", words, obj=Invocation(), help_option_names=names
    ) as context:
        invocation = context.find_object(Invocation)
    if invocation is not None and (invocation.index or invocation.config):
        raise UsageError(
            "a scheduled audit uses the index and the settings of the schedule",
            "put --index and --config before --",
        )


def _show(invocation: Invocation, schedules: Sequence[Schedule], *, as_json: bool) -> None:
    if as_json:
        from codesearch.cli.output import emit_json
        from codesearch.report.schedule_document import schedules_document

        emit_json(schedules_document(schedules))
    else:
        from codesearch.cli.output import results_console
        from codesearch.report.schedule_text import render_schedules

        results_console(invocation).print(render_schedules(schedules), crop=False)
