from __future__ import annotations

from sqlalchemy import update

from codesearch.core.results import Verdict
from codesearch.core.store.database import Database
from codesearch.core.store.judged_pairs import JudgedAnswer, answers_by_day, count_answers, keep_answers
from codesearch.core.store.models import JudgedPair

DAY = 86_400.0


def keep(database: Database, number: int, at: float, verdict: Verdict, tokens: int) -> None:
    key = number.to_bytes(16)
    with database.write() as connection:
        keep_answers(connection, {key: JudgedAnswer(verdict, None, 0.9, "so", tokens=tokens)})
        connection.execute(update(JudgedPair).where(JudgedPair.key == key).values(at=at))


def test_answers_are_counted_by_day_newest_first(database: Database) -> None:
    keep(database, 1, 10 * DAY, Verdict.CLONE, 100)
    keep(database, 2, 11 * DAY, Verdict.CLONE, 10)
    keep(database, 3, 11 * DAY + 5, Verdict.UNSURE, 20)
    with database.read() as connection:
        newest, oldest = answers_by_day(connection, 0)
        assert count_answers(connection) == 3
    assert (newest.day, newest.pairs, newest.tokens) == ("1970-01-12", 2, 30)
    assert newest.verdicts == {Verdict.CLONE: 1, Verdict.UNSURE: 1}
    assert (oldest.day, oldest.pairs, oldest.tokens) == ("1970-01-11", 1, 100)


def test_older_answers_are_left_out(database: Database) -> None:
    keep(database, 1, 10 * DAY, Verdict.CLONE, 100)
    with database.read() as connection:
        assert answers_by_day(connection, 10 * DAY + 1) == ()
        assert count_answers(connection) == 1


def test_an_answer_that_another_version_wrote_is_not_counted(database: Database) -> None:
    keep(database, 1, 10 * DAY, Verdict.CLONE, 100)
    with database.write() as connection:
        connection.execute(update(JudgedPair).values(answer='{"verdict": "perhaps"}'))
    with database.read() as connection:
        assert answers_by_day(connection, 0) == ()
