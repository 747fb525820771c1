"""Globs belong to the run that names them, and count once that run is published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from codesearch.core.store.corpora import write_meta
from codesearch.core.store.database import Database
from codesearch.core.store.globs import (
    NO_GLOBS,
    Globs,
    NamedGlobs,
    forget_globs,
    keep_globs,
    read_globs,
    restore_globs,
    settle_globs,
)

APP, LIBRARY = Path("/src/app"), Path("/src/library")
FIRST = NamedGlobs(Globs(exclude=("gen/",)), NO_GLOBS)
SECOND = NamedGlobs(Globs(include=("*.py",)), Globs(include=("*.java",)))


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.write() as connection:
        yield connection


def test_what_a_run_names_counts_once_it_is_published(connection: Connection) -> None:
    keep_globs(connection, 1, {APP: FIRST})
    keep_globs(connection, 2, {APP: SECOND, LIBRARY: FIRST})
    assert read_globs(connection, snapshot=1) == {APP: FIRST}
    assert read_globs(connection, snapshot=2) == read_globs(connection) == {APP: SECOND, LIBRARY: FIRST}


@pytest.mark.parametrize("forgotten", [[], [APP], [LIBRARY]])
def test_a_run_that_died_is_undone_by_the_next(connection: Connection, forgotten: list[Path]) -> None:
    keep_globs(connection, 1, {APP: FIRST})
    keep_globs(connection, 2, {APP: SECOND})
    forget_globs(connection, 2, forgotten)
    restore_globs(connection, snapshot=1)
    assert read_globs(connection) == read_globs(connection, snapshot=1) == {APP: FIRST}


def test_a_published_run_is_not_undone(connection: Connection) -> None:
    keep_globs(connection, 1, {APP: FIRST})
    keep_globs(connection, 2, {APP: SECOND})
    restore_globs(connection, snapshot=2)
    assert read_globs(connection, snapshot=2) == {APP: SECOND}
    assert read_globs(connection, snapshot=1) == {APP: FIRST}


def test_what_was_named_last_counts_though_the_snapshots_are_forgotten(connection: Connection) -> None:
    keep_globs(connection, 7, {APP: FIRST})
    settle_globs(connection)
    assert read_globs(connection, snapshot=0) == read_globs(connection, snapshot=1) == {APP: FIRST}


def test_a_removed_corpus_leaves_nothing_behind(connection: Connection) -> None:
    keep_globs(connection, 1, {APP: FIRST, LIBRARY: SECOND})
    forget_globs(connection, 2, [APP])
    assert read_globs(connection, snapshot=1) == {APP: FIRST, LIBRARY: SECOND}
    assert read_globs(connection, snapshot=2) == {LIBRARY: SECOND}


def test_globs_of_changed_settings_count_again(connection: Connection) -> None:
    keep_globs(connection, 1, {APP: SECOND})
    named = read_globs(connection)[APP]
    assert named.over(Globs(include=("*.java",))).include == ("*.py",)
    assert named.over(NO_GLOBS).include == ("*.py",)
    assert named.over(Globs(include=("*.go",))).include == ("*.go",)
    assert named.over(Globs(exclude=("gen/",))).exclude == ("gen/",)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"run": 1, "now": [], "before": {}}', "[" * 100_000])
def test_what_somebody_else_wrote_is_nothing(connection: Connection, text: str) -> None:
    write_meta(connection, "globs", text)
    assert read_globs(connection) == {}
    keep_globs(connection, 1, {APP: FIRST})
    assert read_globs(connection) == {APP: FIRST}
