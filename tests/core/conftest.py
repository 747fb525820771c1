"""A fresh store in each database that one may live in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from codesearch.core.store.database import Database
from codesearch.core.store.engines import parse_url, sqlite_url
from codesearch.core.store.models import Base

POSTGRES = os.environ.get("CODESEARCH_TEST_POSTGRES", "")
"""URL of an empty PostgreSQL database that these tests may write to and clear."""


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.skipif(not POSTGRES, reason="no URL"))]
)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    on_file = request.param == "sqlite"
    with Database.create(sqlite_url(tmp_path / "index.db") if on_file else parse_url(POSTGRES)) as database:
        yield database
        if not on_file:
            with database.write() as connection:
                for table in reversed(Base.metadata.sorted_tables):
                    connection.execute(table.delete())
