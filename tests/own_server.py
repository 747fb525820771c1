"""The whole application of the user's settings, asked in this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from codesearch.core.settings import load_settings
from codesearch.core.settings.load import user_config_file
from codesearch.engine import Engine

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from codesearch.server.state import ServerState

PORT = 8765
SITE = f"http://127.0.0.1:{PORT}"


def user_engine() -> Engine:
    """The engine of the user's settings."""
    return Engine(load_settings().settings, user_config_file().parent)


@contextmanager
def own_server(headers: Mapping[str, str] | None = None, *, here: bool = False) -> Iterator[TestClient]:
    """A client of a server that lives as long as the block; see :func:`client_of`."""
    from codesearch.server.run import server_state

    with client_of(server_state(user_engine(), PORT), headers, here=here) as client:
        yield client


@contextmanager
def client_of(
    state: ServerState, headers: Mapping[str, str] | None = None, *, here: bool = False
) -> Iterator[TestClient]:
    """A client of the application over the parts of a server.

    Args:
        state: The parts.
        headers: Of every request.
        here: Whether it asks from this machine, as the user does.
    """
    from starlette.testclient import TestClient

    from codesearch.server.app import create_app

    with TestClient(
        create_app(state),
        base_url=f"http://127.0.0.1:{state.options.port}",
        headers=dict(headers or {}),
        client=("127.0.0.1" if here else "testclient", 50_000),
        raise_server_exceptions=False,
        follow_redirects=False,
    ) as client:
        yield client
