"""Settings of all tests; its place puts this folder on the path, for the modules that they share."""

from __future__ import annotations

import logging
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Chromium, Reader, chromium_running
from commandline import EXAMPLES, call
from hypothesis import settings
from postgres_server import REQUIRED, NoServer, PostgresServer, postgres_running
from sqlalchemy import URL

from codesearch.cli.logs import PACKAGES
from codesearch.core.store.database import Database
from codesearch.core.store.engines import sqlite_url

# No test asserts a clock time, and a busy machine is slow: examples have no deadline.
settings.register_profile("codesearch", deadline=None)
settings.load_profile("codesearch")

# A shell that runs the tests in the background has them ignore interrupts, and all processes that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _loggers_are_new() -> None:
    """Undo what a command of an earlier test made of our loggers: after ``--debug`` the next saw more."""
    for name in PACKAGES:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without settings, in an empty folder that comes back."""
    return _new_user(tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def _examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    with pytest.MonkeyPatch.context() as patch:
        home = _new_user(folder, patch)
        shutil.copytree(EXAMPLES, home / "examples")
        assert call("index", "examples/corpus").code == 0
    return folder


@pytest.fixture
def indexed(_examples: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user who has indexed ``examples/corpus``, for tests that change nothing; the current folder."""
    return _new_user(_examples, monkeypatch)


@pytest.fixture(scope="session")
def _chromium() -> Iterator[Chromium]:
    with chromium_running() as browser:
        yield browser


@pytest.fixture
def reader(_chromium: Chromium) -> Iterator[Reader]:
    """Somebody with a browser, which must not have complained about any page when the test ends."""
    with _chromium.reader() as reader:
        yield reader
        assert reader.complaints == []


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server; tests that need one are skipped where none can be run."""
    running = postgres_running()
    try:
        server = running.__enter__()
    except NoServer as reason:
        if os.environ.get(REQUIRED):
            pytest.fail(f"a PostgreSQL server is promised here: {reason}")
        pytest.skip(f"no PostgreSQL server: {reason}")
    yield server
    running.__exit__(None, None, None)


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[URL]:
    """An empty database of the test's own."""
    with postgres.database() as url:
        yield url


@pytest.fixture
def vector_database(postgres: PostgresServer, postgres_url: URL) -> Iterator[Database]:
    """An empty store in a database with the extension pgvector."""
    if not postgres.has_vectors:
        pytest.skip("the PostgreSQL server has no pgvector")
    postgres.execute("CREATE EXTENSION vector", postgres_url.database)
    with Database.create(postgres_url) as database:
        yield database


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """Where a store may live: in a file that is not there yet, and in an empty database of a server."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "index.db")
    url: URL = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=["in its folder", "on a server"])
def index_store(request: pytest.FixtureRequest) -> URL | None:
    """Where the store of an index is: None for its folder, else an empty database of a server."""
    if request.param == "in its folder":
        return None
    url: URL = request.getfixturevalue("postgres_url")
    return url


def _new_user(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.upper().startswith("CODESEARCH_")]:
        patch.delenv(name)
    patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    home = folder / "home"
    home.mkdir(exist_ok=True)
    patch.chdir(home)
    return home
