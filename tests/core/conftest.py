"""A fresh store in each database that one may live in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from codesearch.core.store.database import Database


@pytest.fixture
def database(store_url: URL) -> Iterator[Database]:
    with Database.create(store_url) as database:
        yield database
