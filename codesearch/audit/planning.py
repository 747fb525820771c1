"""Schedules as people make and change them, from the command line or a page."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from codesearch.audit.cron import local_zone
from codesearch.audit.gate import Condition, check_conditions
from codesearch.audit.options import TEXTUAL
from codesearch.audit.schedule import next_run
from codesearch.core.errors import UsageError
from codesearch.core.results import CloneType
from codesearch.core.schedule import Schedule, ScheduledAudit
from codesearch.core.store.schedules import (
    add_schedule,
    disable_schedule,
    enable_schedule,
    find_schedule,
    postpone_schedule,
    read_schedules,
    retime_schedule,
)
from codesearch.core.types import Role

MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class PlannedOptions:
    """The options of a scheduled audit that name no file: all that somebody far away may choose.

    Attributes:
        types: Clone types wanted; T4 asks the model.
        roles: Roles whose classes are reported.
        languages: Registry ids of the languages that are compared; empty for all.
        min_lines: Lines of a member at least; None for what the index holds.
        min_tokens: Tokens of a member at least; None for what the index holds.
        conditions: What closes the gate.
    """

    types: frozenset[CloneType] = TEXTUAL
    roles: frozenset[Role] = frozenset({Role.SOURCE})
    languages: frozenset[str] = frozenset()
    min_lines: int | None = None
    min_tokens: int | None = None
    conditions: tuple[Condition, ...] = ()

    def words(self) -> tuple[str, ...]:
        """The same as words of the audit's command line; what is usual is left out.

        Raises:
            UsageError: No type or role is wanted, or a condition cannot be evaluated without a baseline.
        """
        if not self.types or not self.roles:
            raise UsageError("an audit needs a clone type and a role", "name at least one of each")
        check_conditions(self.conditions, compared=False)
        usual = PlannedOptions()
        words: list[str] = []
        if self.types != usual.types:
            words += ["--types", ",".join(sorted(self.types))]
        if self.roles != usual.roles:
            words += _repeated("--role", sorted(self.roles))
        words += _repeated("--lang", sorted(self.languages))
        for option, least in (("--min-lines", self.min_lines), ("--min-tokens", self.min_tokens)):
            words += [] if least is None else [option, str(least)]
        words += _repeated("--fail-on", [str(condition) for condition in self.conditions])
        return tuple(words)


def plan(connection: Connection, audit: ScheduledAudit, *, called: str = "") -> Schedule:
    """Add a schedule.

    Args:
        connection: Of the index's store.
        audit: What is run when; without a zone in that of this machine.
        called: What a schedule without a name is called, with a number where that is taken.

    Raises:
        UsageError: The cron expression or the zone is not understood, or there is one of this name.
    """
    name = audit.name
    if not name:
        name = _free_name(called or "audit", {known.audit.name for known in read_schedules(connection)})
    elif len(name) > MAX_NAME or not name.isprintable() or name.isspace():
        raise UsageError("not a name of a schedule", f"one line of at most {MAX_NAME} characters")
    cron = " ".join(audit.cron.split())
    planned = replace(audit, name=name, cron=cron, timezone=audit.timezone or local_zone())
    return add_schedule(connection, planned, next_run(planned, time.time()))


def pause(connection: Connection, key: str) -> Schedule:
    """Leave out the schedule of this number or name until it is resumed.

    Raises:
        InputError: There is none.
    """
    disable_schedule(connection, find_schedule(connection, key).id)
    return find_schedule(connection, key)


def resume(connection: Connection, key: str) -> Schedule:
    """Take a paused schedule up again; what it missed meanwhile is not caught up.

    Raises:
        InputError: There is none.
        UsageError: It can no longer be understood, as when its time zone is gone.
    """
    paused = find_schedule(connection, key)
    enable_schedule(connection, paused.id, next_run(paused.audit, time.time()))
    return find_schedule(connection, key)


def reschedule(connection: Connection, key: str, cron: str, timezone: str) -> Schedule:
    """Give the schedule of this number or name other times; empty ones stay. A paused one stays paused.

    Raises:
        InputError: There is none.
        UsageError: The cron expression or the zone is not understood.
    """
    schedule = find_schedule(connection, key)
    audit = replace(
        schedule.audit,
        cron=" ".join(cron.split()) or schedule.audit.cron,
        timezone=timezone or schedule.audit.timezone,
    )
    retime_schedule(connection, schedule.id, audit, next_run(audit, time.time()))
    return find_schedule(connection, key)


def bring_forward(connection: Connection, key: str) -> Schedule:
    """Make a schedule due now; whoever runs schedules looks once a minute.

    Raises:
        InputError: There is none.
        UsageError: It is paused.
    """
    schedule = find_schedule(connection, key)
    if not schedule.enabled:
        raise UsageError(f"the schedule {schedule.audit.name!r} is paused", "resume it first")
    postpone_schedule(connection, schedule.id, time.time())
    return find_schedule(connection, key)


def _free_name(name: str, taken: set[str]) -> str:
    """``name``, with a number when it is taken: ``name-2``."""
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def _repeated(option: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (option, value)]
