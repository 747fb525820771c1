"""A served code base: indexed and audited, with a client that asks the application without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from code_base import as_user, make_code_base
from own_server import PORT, client_of, user_engine

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from codesearch.server.state import ServerState


@pytest.fixture(scope="session")
def served_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder around the home of a user with an indexed and audited ``corpus`` and a secret beside it.

    Tests that change the store or the verdicts take :func:`own_base`.
    """
    folder = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        make_code_base(folder, patch)
    return folder


@pytest.fixture
def own_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same for one test alone; the current folder is its home."""
    make_code_base(tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture
def state(served_base: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServerState]:
    """The parts of a server over :func:`served_base`, for tests that change nothing."""
    as_user(served_base, monkeypatch)
    yield from _state()


@pytest.fixture
def own_state(own_base: Path) -> Iterator[ServerState]:
    """The parts of a server over :func:`own_base`."""
    del own_base
    yield from _state()


@pytest.fixture
def client(state: ServerState) -> Iterator[TestClient]:
    """A browser or program of the user on this machine, for tests that change nothing."""
    yield from _client(state)


@pytest.fixture
def own_client(own_state: ServerState) -> Iterator[TestClient]:
    """The same over a base of its own."""
    yield from _client(own_state)


def _client(state: ServerState) -> Iterator[TestClient]:
    with client_of(state, here=True) as client:
        yield client


def _state() -> Iterator[ServerState]:
    from codesearch.server.run import server_state

    state = server_state(user_engine(), PORT)
    yield state
    state.pool.close()
    state.index.close()
