from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.audit.cron import Cron
from codesearch.audit.cron_words import in_words
from codesearch.core.errors import UsageError

EPOCH = 1_767_225_600  # the first of January 2026, 00:00 UTC
_NUMBERS = st.integers(0, 62).map(str)
_STEPS = st.integers(1, 61).map(lambda step: f"*/{step}")
_LISTS = st.lists(_NUMBERS, min_size=2, max_size=4).map(",".join)
_FIELDS = st.one_of(st.just("*"), _NUMBERS, _STEPS, _LISTS, st.just("5-20/5"))
_WEEKDAYS = st.one_of(st.just("*"), st.sampled_from(["0", "7", "1-5", "sat,sun", "1,1", "3,1", "mon", "6-7"]))


def due(expression: str, times: int = 60) -> list[float]:
    """The first times after the beginning of 2026 at which an expression is due."""
    cron = Cron.parse(expression, "UTC")
    found = [float(EPOCH - 1)]
    for _ in range(times):
        found.append(cron.next_after(found[-1]))
    return found[1:]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 3 * * *", "every day at 03:00"),
        ("30 6 * * 1-5", "on weekdays at 06:30"),
        ("30 6 * * MON-FRI", "on weekdays at 06:30"),
        ("0 4 * * 0", "every Sunday at 04:00"),
        ("0 4 * * 7", "every Sunday at 04:00"),
        ("0 4 * * 1,3,5", "on Monday, Wednesday and Friday at 04:00"),
        ("0 4 * * sat,sun", "at weekends at 04:00"),
        ("0 6,18 * * *", "every day at 06:00 and 18:00"),
        ("0 4 1 * *", "on day 1 of every month at 04:00"),
        ("0 */6 * * *", "every 6 hours at :00"),
        ("5 * * * *", "every hour at :05"),
        ("*/15 * * * 1-5", "every 15 minutes on weekdays"),
        ("*/1 * * * *", "every minute"),
        ("0 */1 * * *", "every hour at :00"),
        ("10,40 * * * *", "every hour at :10 and :40"),
        ("0 18,6,6 * * *", "every day at 06:00 and 18:00"),
        ("0 4 * * 1,1", "every Monday at 04:00"),
        ("* * * * *", "every minute"),
    ],
)
def test_usual_times_are_said_in_words(expression: str, words: str) -> None:
    assert in_words(expression) == words


@pytest.mark.parametrize(
    "expression",
    [
        "*/7 * * * *",  # not every seven minutes: it begins anew with each hour
        "0 */5 * * *",
        "0 */24 * * *",  # not a step but midnight
        "*/60 * * * *",
        "75 * * * *",
        "0 24 * * *",
        "0 4 32 * *",
        "0 4 0 * *",
        "0 4 1 * 1",  # day of the month or weekday
        "0 4 * 6 *",
        "0-10 4 * * *",
        "0 4 * * 1#2",
        "0 4 * *",
        "never",
        "",
    ],
)
def test_what_words_would_get_wrong_stays_as_it_is(expression: str) -> None:
    assert in_words(expression) == expression


@given(st.text("0123456789*/,-a ", max_size=20))
def test_no_text_is_too_odd(text: str) -> None:
    assert in_words(text) is not None


@given(_FIELDS, _FIELDS)
def test_what_is_said_to_be_regular_is_regular(minute: str, hour: str) -> None:
    expression = f"{minute} {hour} * * *"
    words = in_words(expression)
    found = re.match(r"every (\d+ )?(minute|hour)s?(?! at .* and)", words)
    if found is None:
        return
    times = due(expression)
    seconds = int(found[1] or 1) * {"minute": 60, "hour": 3600}[found[2]]
    assert {later - earlier for earlier, later in pairwise(times)} == {seconds}
    if said := re.search(r"at :(\d\d)$", words):
        assert {int(time) // 60 % 60 for time in times} == {int(said[1])}


@given(_FIELDS, _FIELDS, st.one_of(st.just("*"), _NUMBERS), _WEEKDAYS)
def test_only_what_a_schedule_understands_is_said_in_words(
    minute: str, hour: str, day: str, weekday: str
) -> None:
    expression = f"{minute} {hour} {day} * {weekday}"
    try:
        Cron.parse(expression, "UTC")
    except UsageError:
        assert in_words(expression) == expression


@given(st.lists(st.integers(0, 23), min_size=1, max_size=4), st.integers(0, 59))
def test_times_of_a_day_are_those_at_which_it_is_due(hours: list[int], minute: int) -> None:
    expression = f"{minute} {','.join(map(str, hours))} * * *"
    said = re.findall(r"\d\d:\d\d", in_words(expression))
    wanted = [f"{int(time) // 3600 % 24:02}:{int(time) // 60 % 60:02}" for time in due(expression, len(said))]
    assert said == wanted
