"""Schedules of audits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from codesearch.audit.gate import Condition
from codesearch.audit.planning import MAX_NAME
from codesearch.core.jobs import ROLES, TYPES, JobKind, JobRequest
from codesearch.core.results import CloneType
from codesearch.core.schedule import RunStatus
from codesearch.core.types import Role
from codesearch.server.models.paging import Page
from codesearch.server.work.schedules import Change, NewSchedule

Cron = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Zone = Annotated[str, StringConstraints(max_length=100)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=1000)]

_SCHEDULE: JsonDict = {
    "id": 1,
    "name": "nightly",
    "cron": "0 3 * * *",
    "timezone": "Europe/Berlin",
    "paths": ["/srv/code/app"],
    "options": ["--fail-on", "duplication>3%"],
    "folder": "/srv/code",
    "enabled": True,
    "added_at": "2026-01-05T10:00:00+00:00",
    "next_run_at": "2026-01-06T02:00:00+00:00",
    "last_run_at": None,
    "last_status": None,
    "last_failure": None,
}
_CRON = "Minute, hour, day of the month, month, weekday, as crontab(5) reads them."


class ScheduleOptions(BaseModel):
    """How corpora are audited; no option names a file."""

    model_config = ConfigDict(extra="forbid")

    types: frozenset[CloneType] = Field(TYPES, min_length=1, description="Clone types; T4 asks the model.")
    roles: frozenset[Role] = Field(ROLES, min_length=1, description="Roles whose classes are reported.")
    languages: frozenset[Name] = Field(
        frozenset(), max_length=100, description="Only files in these languages; none for all."
    )
    min_lines: int | None = Field(None, ge=1, le=10_000, description="Lines of a clone at least.")
    min_tokens: int | None = Field(None, ge=1, le=100_000, description="Tokens of a clone at least.")
    fail_on: tuple[Annotated[str, StringConstraints(max_length=100)], ...] = Field(
        (), max_length=10, description="What closes the gate: `any`, `duplication>3%` or `classes>10`."
    )


class ScheduleRequest(BaseModel):
    """Audit corpora of the index again and again."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "nightly",
                    "cron": "0 3 * * *",
                    "timezone": "Europe/Berlin",
                    "corpora": ["app"],
                    "options": {"types": ["T1", "T2", "T3"], "fail_on": ["duplication>3%"]},
                }
            ]
        },
    )

    name: str = Field("", max_length=MAX_NAME, description="Unique; that of the corpus where left out.")
    cron: Cron = Field(description=_CRON)
    timezone: Zone = Field("", description="IANA name of the zone; that of the server where left out.")
    corpora: frozenset[Name] = Field(
        frozenset(), max_length=1000, description="Names of indexed corpora; none for all of them."
    )
    options: ScheduleOptions = Field(default_factory=lambda: ScheduleOptions.model_validate({}))

    def wanted(self) -> NewSchedule:
        """The request as a value.

        Raises:
            UsageError: A condition is not understood.
        """
        options = self.options
        audit = JobRequest(
            JobKind.AUDIT,
            self.corpora,
            types=options.types,
            roles=options.roles,
            languages=options.languages,
            min_lines=options.min_lines,
            min_tokens=options.min_tokens,
        )
        conditions = tuple(map(Condition.parse, options.fail_on))
        return NewSchedule(self.name, self.cron, self.timezone, audit, conditions)


class ScheduleChange(BaseModel):
    """What is to be another way; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"enabled": False}]})

    enabled: bool | None = Field(None, description="False pauses it; what it misses is not caught up.")
    cron: Cron | None = Field(None, description=_CRON)
    timezone: Zone | None = Field(None, description="IANA name of the zone.")

    def wanted(self) -> Change:
        """The request as a value."""
        return Change(self.enabled, self.cron or "", self.timezone or "")


class Schedule(BaseModel):
    """A schedule; times are ISO 8601 in UTC."""

    id: int
    name: str
    cron: str = Field(description=_CRON)
    timezone: str = Field(description="IANA name of the zone that the fields are in.")
    paths: list[str] = Field(description="What is audited.")
    options: list[str] = Field(description="Words of the command line of `codesearch audit`.")
    folder: str = Field(description="Where it is run.")
    enabled: bool = Field(description="False while it is paused.")
    added_at: str
    next_run_at: str | None = Field(description="When it is due; null while it is paused.")
    last_run_at: str | None = Field(description="When it was last run; null before the first time.")
    last_status: RunStatus | None = Field(description="What became of that run.")
    last_failure: str | None = Field(description="Why it failed, one line.")


class ScheduleDocument(Schedule):
    """One schedule as a document."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"schema": "codesearch.one-schedule/1", "degraded": [], **_SCHEDULE}]}
    )

    schema_: Literal["codesearch.one-schedule/1"] = Field(alias="schema")
    degraded: list[str]


class SchedulesDocument(Page[Schedule]):
    """Schedules, by number."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "schema": "codesearch.schedules/1",
                    "degraded": [],
                    "items": [_SCHEDULE],
                    "total": 1,
                    "offset": 0,
                    "limit": 100,
                    "next": None,
                }
            ]
        }
    )

    schema_: Literal["codesearch.schedules/1"] = Field(alias="schema")
    degraded: list[str]
