"""When a schedule is due: a crontab line in a time zone, read by APScheduler with crontab's meaning.

APScheduler differs from crontab(5) in two points, which are corrected here: it counts weekdays from Monday,
and it wants both the day of the month and the weekday to fit where crontab is content with either.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from math import floor
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from codesearch.core.errors import UsageError

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

_EXAMPLE = "write five fields, such as '0 3 * * *' for every night at 3 or '30 6 * * 1-5' for workdays"
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")  # crontab's 0 to 6
_WEEKDAY = "[0-7]|[a-z]{3}"
_WEEKDAY_ITEM = re.compile(
    rf"(?:\*|(?P<first>{_WEEKDAY})(?:-(?P<last>{_WEEKDAY}))?)(?:/(?P<step>[1-9]))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Cron:
    """A crontab line in a time zone.

    Attributes:
        triggers: It is due whenever one of them is.
        every_pass: True when an hour that the clocks repeat counts twice: the line names no hour.
    """

    triggers: tuple[CronTrigger, ...]
    every_pass: bool

    @classmethod
    def parse(cls, expression: str, timezone: str) -> Cron:
        """Read five fields.

        Args:
            expression: Minute, hour, day of month, month, weekday (0 and 7 are Sunday).
            timezone: IANA name.

        Raises:
            UsageError: One of them is not understood.
        """
        from apscheduler.triggers.cron import CronTrigger  # with its scheduler, a tenth of a second

        zone = find_zone(timezone)
        try:
            triggers = tuple(CronTrigger.from_crontab(line, zone) for line in _lines(expression))
        except ValueError as error:
            raise UsageError(f"{expression!r} is no cron expression ({error})", _EXAMPLE) from error
        return cls(triggers, every_pass=expression.split()[1].startswith("*"))

    def next_after(self, moment: float) -> float:
        """The first time after ``moment`` that it is due; both in seconds since the epoch.

        A time that the clocks skip comes as much later as they skip, one that they repeat comes once.

        Raises:
            UsageError: It is never due.
        """
        times = [time for trigger in self.triggers if (time := self._next(trigger, moment)) is not None]
        if not times:
            raise UsageError("the cron expression names a day that never comes", _EXAMPLE)
        return min(times)

    def _next(self, trigger: CronTrigger, moment: float) -> float | None:
        while True:
            # APScheduler works on whole seconds and counts the one it is asked about.
            now = datetime.fromtimestamp(floor(moment) + 1, UTC)
            found: datetime | None = trigger.get_next_fire_time(None, now)
            if found is None:
                return None
            moment = found.timestamp()
            second_pass = datetime.fromtimestamp(moment, found.tzinfo).fold
            if self.every_pass or not second_pass:
                return moment


def find_zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name.

    Raises:
        UsageError: There is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a folder of zones
        raise UsageError(f"no time zone {name!r}", "name one as in Europe/Berlin, or UTC") from error


def local_zone() -> str:
    """IANA name of this machine's time zone; ``UTC`` where it cannot be told."""
    from tzlocal import get_localzone_name

    try:
        with warnings.catch_warnings(action="ignore"):  # of an offset that disagrees with the name
            return find_zone(get_localzone_name() or "UTC").key
    except (LookupError, OSError, ValueError, UsageError):
        return "UTC"


def _lines(expression: str) -> list[str]:
    """The expression as lines that APScheduler reads as crontab does; together they mean what it means."""
    fields = expression.lower().split()
    if len(fields) != 5:
        return [expression]  # APScheduler says what is wrong
    *times, day, month, weekday = fields
    weekday = ",".join(map(_weekdays, weekday.split(",")))
    if day.startswith("*") or fields[-1].startswith("*"):
        return [" ".join((*times, day, month, weekday))]
    return [" ".join((*times, day, month, "*")), " ".join((*times, "*", month, weekday))]


def _weekdays(item: str) -> str:
    """One item of a weekday list as names, which mean the same to both.

    Raises:
        ValueError: It is not understood.
    """
    found = _WEEKDAY_ITEM.fullmatch(item)
    if found is None:
        raise ValueError(f"{item!r} is no weekday")
    first, last, step = found["first"], found["last"], found["step"]
    start = 0 if first is None else _weekday(first)
    end = start if first and not step else 6
    if last is not None:
        end = _weekday(last)
    if end < start:
        end += 7  # through the end of the week: fri-mon
    return ",".join(_WEEKDAYS[day % 7] for day in range(start, end + 1, int(step or 1)))


def _weekday(text: str) -> int:
    if text.isdigit():
        return int(text)
    if text not in _WEEKDAYS:
        raise ValueError(f"{text!r} is no weekday")
    return _WEEKDAYS.index(text)
