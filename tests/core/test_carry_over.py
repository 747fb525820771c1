from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from codesearch.core.schedule import ScheduledAudit
from codesearch.core.store.carry_over import carry_over
from codesearch.core.store.database import Database
from codesearch.core.store.engines import sqlite_url
from codesearch.core.store.schedules import add_schedule, read_schedules


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store with two schedules."""
    path = tmp_path / "old.db"
    with Database.create(sqlite_url(path)) as store, store.write() as connection:
        for name in ("first", "second"):
            add_schedule(connection, ScheduledAudit(name, "0 3 * * *", "UTC", (), (), "/"), 1.0)
    return path


def test_a_new_store_that_cannot_be_written_is_no_loss_but_an_error(old: Path, tmp_path: Path) -> None:
    with Database.create(sqlite_url(tmp_path / "new.db")) as target, target._engine.connect() as new:
        new.exec_driver_sql("PRAGMA query_only = ON")
        with (
            Database(sqlite_url(old)) as source,
            source._reading.connect() as connection,
            pytest.raises(OperationalError),
        ):
            carry_over(connection, new)


def test_a_row_that_does_not_fit_takes_no_other_with_it(old: Path, tmp_path: Path) -> None:
    with Database.create(sqlite_url(tmp_path / "new.db")) as target, target.write() as new:
        add_schedule(new, ScheduledAudit("taken", "0 3 * * *", "UTC", (), (), "/"), 1.0)  # number 1
        with Database(sqlite_url(old)) as source, source.read() as connection:
            assert carry_over(connection, new) == ("schedules",)
        assert {schedule.audit.name for schedule in read_schedules(new)} == {"taken", "second"}
