from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.audit.cron_words import in_words


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
