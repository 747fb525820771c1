"""What every route of one server works with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from codesearch.core.settings.sections import Server
from codesearch.server.jobs.queue import JobQueue
from codesearch.server.security.access import Access
from codesearch.server.security.scopes import caller_of
from codesearch.server.work.review import ReviewDesk
from codesearch.serving.live_index import LiveIndex
from codesearch.serving.pool import WorkPool


class ServeOptions(Server):
    """The settings of a server that listens, its real port among them."""

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
        review: Pairs that wait for a person.
    """

    index: LiveIndex
    pool: WorkPool
    jobs: JobQueue
    access: Access
    options: ServeOptions
    review: ReviewDesk


def state_of(connection: HTTPConnection) -> ServerState:
    """The state of the server that a connection came to, with as much of the index as its caller sees."""
    state: ServerState = connection.app.state.server
    caller = caller_of(connection)
    if caller is None or caller.corpora is None:
        return state
    return replace(state, index=state.index.seen_by(caller.corpora))


async def _state(connection: HTTPConnection) -> ServerState:
    """As a coroutine, because for a plain function the framework hops to a thread on every request."""
    return state_of(connection)


State = Annotated[ServerState, Depends(_state)]
