"""What a crontab line means, in words, where a short sentence can say it."""

from __future__ import annotations

import re

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_SHORT = tuple(day[:3].lower() for day in _DAYS)
_NAMED = {
    **dict.fromkeys(("1-5", "mon-fri"), "on weekdays"),
    **dict.fromkeys(("0,6", "6,0", "6,7", "6-7", "sat,sun", "sun,sat", "sat-sun"), "at weekends"),
}
_STEP = re.compile(r"\*/([1-9]\d?)", re.ASCII)
_MINUTE = re.compile(r"[0-5]?\d", re.ASCII)
_HOUR = re.compile(r"[01]?\d|2[0-3]", re.ASCII)
_DAY = re.compile(r"0?[1-9]|[12]\d|3[01]", re.ASCII)


def in_words(expression: str) -> str:
    """``every day at 03:00`` for ``0 3 * * *``; the expression itself where words would be longer than it."""
    fields = expression.lower().split()
    if len(fields) != 5 or fields[3] != "*":
        return expression
    minute, hour, day, _, weekday = fields
    days = _days(day, weekday)
    if days is None:
        return expression
    times = _times(minute, hour)
    if times is None:
        return expression
    if times.startswith("every"):
        return times if days == "every day" else f"{times} on {_plain(days)}"
    return f"{days} at {times}"


def _times(minute: str, hour: str) -> str | None:
    return _every_hour(minute) if hour == "*" else _at_hours(minute, hour)


def _every_hour(minute: str) -> str | None:
    if minute == "*":
        return "every minute"
    if step := _STEP.fullmatch(minute):
        return _every(int(step[1]), 60, "minute")
    minutes = _numbers(_MINUTE, minute)
    return None if minutes is None else f"every hour at {_listed([f':{one:02}' for one in minutes])}"


def _at_hours(minute: str, hour: str) -> str | None:
    if not _MINUTE.fullmatch(minute):
        return None
    if step := _STEP.fullmatch(hour):
        regular = _every(int(step[1]), 24, "hour")
        return f"{regular} at :{int(minute):02}" if regular else None
    hours = _numbers(_HOUR, hour)
    return None if hours is None else _listed([f"{one:02}:{int(minute):02}" for one in hours])


def _every(step: int, of: int, unit: str) -> str | None:
    """None where the step does not go on regularly when what it counts in begins anew."""
    if step == of or of % step:
        return None
    return f"every {unit}" if step == 1 else f"every {step} {unit}s"


def _numbers(form: re.Pattern[str], field: str) -> list[int] | None:
    """The numbers of a list, sorted, each once."""
    items = field.split(",")
    return sorted({int(one) for one in items}) if all(map(form.fullmatch, items)) else None


def _days(day: str, weekday: str) -> str | None:
    if weekday == "*":
        if day == "*":
            return "every day"
        return f"on day {int(day)} of every month" if _DAY.fullmatch(day) else None
    return _weekdays(weekday) if day == "*" else None


def _weekdays(weekday: str) -> str | None:
    if weekday in _NAMED:
        return _NAMED[weekday]
    numbers = [_weekday(one) for one in weekday.split(",")]
    if None in numbers:
        return None
    days = [_DAYS[number] for number in dict.fromkeys(numbers) if number is not None]
    return f"every {days[0]}" if len(days) == 1 else f"on {_listed(days)}"


def _weekday(text: str) -> int | None:
    if text in _SHORT:
        return _SHORT.index(text)
    return int(text) % 7 if text in set("01234567") else None


def _plain(days: str) -> str:
    """Days as they stand behind ``on``."""
    return days.removeprefix("on ").removeprefix("at ").removeprefix("every ")


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
