"""The user's own verdicts: what is kept and replaced, whose file it is, and what a damaged one says."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.errors import EnvironmentFailure, UsageError
from codesearch.core.feedback import MAX_CODE, Precedent, Side
from codesearch.core.results import Verdict
from codesearch.core.store.feedback import FeedbackStore, Kept

FIRST = Side("aa" * 16, "python", "def first(): ...")
OTHER = Side("bb" * 16, "java", "int other() {}")
THIRD = Side("cc" * 16, "python", "def third(): ...")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "feedback.db"


@pytest.fixture
def store(path: Path) -> FeedbackStore:
    return FeedbackStore(path)


def precedent(
    first: Side = FIRST, second: Side = OTHER, verdict: Verdict = Verdict.NOT_CLONE, at: float = 1e9
) -> Precedent:
    return Precedent.between(first, second, verdict, reason="chance", by="ann", at=at)


def test_an_empty_store_needs_no_file(store: FeedbackStore, path: Path) -> None:
    assert (store.precedents(), store.rejected()) == ((), frozenset())
    assert not path.parent.exists()


def test_precedents_come_back_newest_first(store: FeedbackStore) -> None:
    older, newer = precedent(at=1.5), precedent(FIRST, THIRD, Verdict.CLONE, at=2.5)
    assert store.keep([older, newer]) == Kept(new=2, replaced=0, unchanged=0)
    assert store.precedents() == (newer, older)


def test_only_rejected_pairs_are_rejected(store: FeedbackStore) -> None:
    store.keep([precedent(), precedent(FIRST, THIRD, Verdict.CLONE), precedent(THIRD, THIRD)])
    assert store.rejected() == {
        frozenset({("aa" * 16, "python"), ("bb" * 16, "java")}),
        frozenset({("cc" * 16, "python")}),
    }


def test_a_verdict_replaces_the_one_about_the_same_pair_in_either_order(store: FeedbackStore) -> None:
    store.keep([precedent(at=5)])
    changed = precedent(OTHER, FIRST, Verdict.CLONE, at=4)
    assert store.keep([changed]) == Kept(new=0, replaced=1, unchanged=0)
    assert store.precedents() == (changed,)


@given(st.permutations([precedent(at=at) for at in (1, 2, 3)]))
def test_merged_stores_keep_the_newest_whatever_the_order(
    tmp_path_factory: pytest.TempPathFactory, order: list[Precedent]
) -> None:
    store = FeedbackStore(tmp_path_factory.mktemp("merged") / "feedback.db")
    for item in order:
        store.keep([item], newest_wins=True)
    assert store.precedents() == (precedent(at=3),)
    assert store.keep(order, newest_wins=True) == Kept(new=0, replaced=0, unchanged=3)


def test_the_file_is_for_its_user_alone(store: FeedbackStore, path: Path) -> None:
    store.keep([precedent()])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_was_just_begun_holds_nothing(store: FeedbackStore, path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    assert store.precedents() == ()
    store.keep([precedent()])
    assert store.precedents() == (precedent(),)


def test_a_newer_schema_is_left_alone(store: FeedbackStore, path: Path) -> None:
    store.keep([precedent()])
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 7")
    connection.close()
    for use in (store.precedents, store.rejected, lambda: store.keep([precedent()])):
        with pytest.raises(EnvironmentFailure, match="schema 7 of a newer codesearch") as caught:
            use()
        assert caught.value.hint == "upgrade codesearch-clones"


@pytest.mark.parametrize("damage", ["not a database", "folder", "verdict", "language"])
def test_an_unreadable_store_is_named(store: FeedbackStore, path: Path, damage: str) -> None:
    if damage == "folder":
        path.mkdir(parents=True)
    elif damage == "not a database":
        path.parent.mkdir()
        path.write_text("no database at all, and long enough to be looked at\n" * 40, encoding="utf-8")
    else:
        store.keep([precedent()])
        column = "verdict" if damage == "verdict" else "first_language"
        with sqlite3.connect(path) as connection:
            connection.execute(f"UPDATE precedents SET {column} = '?!'")  # noqa: S608 - one of two names
        connection.close()
    with pytest.raises(EnvironmentFailure, match="cannot use the feedback in") as caught:
        store.precedents()
    assert str(path) in caught.value.message
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "language", "code"),
    [
        ("AA" * 16, "python", ""),
        ("aa" * 16 + "\n", "python", ""),
        ("aa" * 16, "", ""),
        ("aa" * 16, "a\x1bb", ""),
        ("aa" * 16, "python", "x" * (MAX_CODE + 1)),
        ("aa" * 16, "python", "\udc80"),
    ],
)
def test_a_side_that_does_not_fit_is_refused(content: str, language: str, code: str) -> None:
    with pytest.raises(UsageError):
        Side(content, language, code)


def test_a_precedent_that_does_not_fit_is_refused() -> None:
    for verdict, at in ((Verdict.UNSURE, 1.0), (Verdict.CLONE, -1.0), (Verdict.CLONE, float("nan"))):
        with pytest.raises(UsageError):
            precedent(verdict=verdict, at=at)
