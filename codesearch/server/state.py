"""What every route of one server works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from codesearch.core.settings.sections import Server
from codesearch.server.jobs.queue import JobQueue
from codesearch.server.security.access import Access
from codesearch.serving.live_index import LiveIndex
from codesearch.serving.pool import WorkPool


class ServeOptions(Server):
    """The settings of a server that listens, its real port among them."""

    max_file_bytes: int
    https: bool = False


@dataclass(frozen=True, slots=True)
class ServerState:
    """The parts of a running server.

    Attributes:
        index: What is searched.
        pool: Where searching is done.
        jobs: Index and audit runs.
        access: Who may do what.
        options: Limits and addresses.
    """

    index: LiveIndex
    pool: WorkPool
    jobs: JobQueue
    access: Access
    options: ServeOptions


def state_of(connection: HTTPConnection) -> ServerState:
    """The state of the server that a connection came to."""
    state: ServerState = connection.app.state.server
    return state


State = Annotated[ServerState, Depends(state_of)]
