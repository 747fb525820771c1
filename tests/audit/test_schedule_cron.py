from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.audit.cron import Cron, find_zone, local_zone
from codesearch.core.errors import UsageError

FRIDAY = "2026-11-20 12:00"


def due(cron: str, after: str, zone: str = "UTC", times: int = 1) -> list[str]:
    """The next times as local time with weekday and offset, such as ``Mon 2026-11-23 03:00 +0100``."""
    moment = datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone)).timestamp()
    found = []
    for _ in range(times):
        moment = Cron.parse(cron, zone).next_after(moment)
        found.append(f"{datetime.fromtimestamp(moment, ZoneInfo(zone)):%a %Y-%m-%d %H:%M %z}")
    return found


@pytest.mark.parametrize(
    ("weekday", "days"),
    [
        ("0", "Sun Sun"),
        ("7", "Sun Sun"),
        ("1", "Mon Mon"),
        ("sun", "Sun Sun"),
        ("MON", "Mon Mon"),
        ("6", "Sat Sat"),
        ("1-5", "Mon Tue Wed Thu Fri Mon"),
        ("5-7", "Sat Sun Fri Sat Sun"),
        ("sun-tue", "Sun Mon Tue Sun"),
        ("fri-mon", "Sat Sun Mon Fri"),
        ("0,3", "Sun Wed Sun"),
        ("sun,Wed", "Sun Wed Sun"),
        ("*/2", "Sat Sun Tue Thu Sat"),
        ("1-5/2", "Mon Wed Fri Mon"),
        ("4/2", "Sat Thu Sat"),
        ("*", "Sat Sun Mon"),
    ],
)
def test_weekdays_mean_what_they_mean_in_crontab(weekday: str, days: str) -> None:
    found = due(f"0 3 * * {weekday}", FRIDAY, times=len(days.split()))
    assert [time.split()[0] for time in found] == days.split()


def test_day_of_month_or_weekday_is_enough_as_in_crontab() -> None:
    assert [time[:14] for time in due("0 3 1 * mon", FRIDAY, times=4)] == [
        "Mon 2026-11-23",
        "Mon 2026-11-30",
        "Tue 2026-12-01",
        "Mon 2026-12-07",
    ]
    assert due("0 3 1 * *", FRIDAY) == ["Tue 2026-12-01 03:00 +0000"]
    assert due("0 3 */2 * mon", FRIDAY) == ["Mon 2026-11-23 03:00 +0000"]


def test_next_time_is_after_the_moment_not_at_it() -> None:
    assert due("0 12 * * *", FRIDAY) == ["Sat 2026-11-21 12:00 +0000"]
    moment = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
    assert Cron.parse("0 12 * * *", "UTC").next_after(moment - 1e-3) == moment


def test_time_is_that_of_the_zone_through_summer_and_winter() -> None:
    assert due("0 3 24 10,11 *", "2026-10-01 00:00", "Europe/Berlin", 2) == [
        "Sat 2026-10-24 03:00 +0200",
        "Tue 2026-11-24 03:00 +0100",
    ]


def test_time_that_the_clocks_skip_comes_as_much_later() -> None:
    assert due("30 2 * * *", "2026-03-28 12:00", "Europe/Berlin", 2) == [
        "Sun 2026-03-29 03:30 +0200",
        "Mon 2026-03-30 02:30 +0200",
    ]


def test_time_that_the_clocks_repeat_comes_once() -> None:
    assert due("30 2 * * *", "2026-10-24 12:00", "Europe/Berlin", 2) == [
        "Sun 2026-10-25 02:30 +0200",
        "Mon 2026-10-26 02:30 +0100",
    ]
    assert due("*/30 2,9 * * *", "2026-10-25 00:00", "Europe/Berlin", 4) == [
        "Sun 2026-10-25 02:00 +0200",
        "Sun 2026-10-25 02:30 +0200",
        "Sun 2026-10-25 09:00 +0100",
        "Sun 2026-10-25 09:30 +0100",
    ]


def test_every_hour_is_every_hour_when_the_clocks_change() -> None:
    assert due("0 * * * *", "2026-10-25 01:30", "Europe/Berlin", 3) == [
        "Sun 2026-10-25 02:00 +0200",
        "Sun 2026-10-25 02:00 +0100",
        "Sun 2026-10-25 03:00 +0100",
    ]
    assert due("0 * * * *", "2026-03-29 00:30", "Europe/Berlin", 3) == [
        "Sun 2026-03-29 01:00 +0100",
        "Sun 2026-03-29 03:00 +0200",
        "Sun 2026-03-29 04:00 +0200",
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "* * * *",
        "* * * * * *",
        "61 * * * *",
        "x * * * *",
        "@daily",
        "0 3 * * 8",
        "0 3 * * xyz",
        "0 3 * * 1#2",
        "0 3 * * *-5",
        "0 3 * * ,",
        "*/0 * * * *",
        "0 3 * * ١",
        "9" * 5000 + " * * * *",
    ],
)
def test_what_is_no_cron_expression_is_refused_with_an_example(expression: str) -> None:
    with pytest.raises(UsageError, match="'0 3 \\* \\* \\*'"):
        Cron.parse(expression, "UTC")


def test_day_that_never_comes_is_refused() -> None:
    with pytest.raises(UsageError, match="never comes"):
        Cron.parse("0 0 31 2 *", "UTC").next_after(0)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "/etc/localtime", "Europe", "a\0b"])
def test_unknown_time_zone_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no time zone"):
        find_zone(name)


def test_local_zone_is_one_that_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    find_zone(local_zone())
    monkeypatch.setattr("tzlocal.get_localzone_name", lambda: None)
    assert local_zone() == "UTC"


def field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high).map(str)
    return st.one_of(st.just("*"), number, st.tuples(number, number).map(",".join))


@given(
    st.tuples(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 7)),
    st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"]),
    st.integers(0, 2**31),
)
def test_next_time_fits_the_fields(fields: tuple[str, ...], zone: str, moment: int) -> None:
    found = Cron.parse(" ".join(fields), zone).next_after(moment)
    assert found > moment
    local = datetime.fromtimestamp(found, ZoneInfo(zone))
    _, _, day, month, weekday = fields
    fits_day = str(local.day) in day.split(",")
    fits_weekday = not {str(local.isoweekday()), str(local.isoweekday() % 7)}.isdisjoint(weekday.split(","))
    assert month == "*" or str(local.month) in month.split(",")
    assert day == "*" or fits_day or (weekday != "*" and fits_weekday)
    assert weekday == "*" or fits_weekday or (day != "*" and fits_day)
