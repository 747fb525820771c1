"""Who calls, and the scopes that routes ask for: ``dependencies=[reads]``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from codesearch.core.tokens import Scope
from codesearch.server.failures import Forbidden, Unauthorized


class How(StrEnum):
    """By what a caller is known."""

    TOKEN = "token"  # noqa: S105 - a word, not a token
    SESSION = "session"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who may do something.

    Attributes:
        name: Of the token; ``local`` for whoever works on this machine.
        scope: What it may do.
        how: By what it is known.
        token_id: Public part of the token; empty without one.
        corpora: Names of the corpora that it sees; None for all.
    """

    name: str
    scope: Scope
    how: How
    token_id: str = ""
    corpora: frozenset[str] | None = None


LOCAL = Caller("local", Scope.ADMIN, How.LOCAL)
"""Whoever reaches a server that listens to this machine alone: it may read the index's files anyway."""


def caller_of(connection: HTTPConnection) -> Caller | None:
    """Who makes a request; None when it is anybody's guess."""
    caller = connection.scope.get("state", {}).get("caller")
    return caller if isinstance(caller, Caller) else None


def unknown_caller() -> Unauthorized:
    """What a stranger is told."""
    return Unauthorized("this needs a token", "send 'Authorization: Bearer csk_...', or sign in")


def require(connection: HTTPConnection, needed: Scope, *, limited: bool = False) -> Caller:
    """Who makes a request.

    Args:
        connection: The request.
        needed: What it takes.
        limited: Whether what answers it shows to those who see some corpora no others. Nothing does unless it
            says so, so that a new route cannot forget them.

    Raises:
        Unauthorized: Nobody known.
        Forbidden: Somebody who may not do that much.
    """
    caller = caller_of(connection)
    if caller is None:
        raise unknown_caller()
    if not caller.scope.includes(needed):
        raise Forbidden(
            f"this needs the scope {needed}, the token {caller.name!r} has {caller.scope}",
            f"use one made by `codesearch token create --scope {needed}`",
        )
    if caller.corpora is not None and not limited:
        raise Forbidden(
            f"the token {caller.name!r} sees some corpora only, this shows all",
            "use one made without --corpus",
        )
    return caller


# The scheme is here for the API's description; headers are read before any route is chosen.
_Described = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(scheme_name="token", description="`codesearch token create`", auto_error=False)),
]


def _asks_for(needed: Scope, *, limited: bool = False) -> Callable[..., Awaitable[Caller]]:
    async def check(connection: HTTPConnection, described: _Described = None) -> Caller:
        del described
        return require(connection, needed, limited=limited)

    return check


reads = Depends(_asks_for(Scope.READ))
"""For routes that only look."""

reads_visible = Depends(_asks_for(Scope.READ, limited=True))
"""The same for routes that take all they show from the ``State``, which is what the caller sees."""

writes = Depends(_asks_for(Scope.WRITE))
"""For routes that keep verdicts and start or cancel jobs."""

administers = Depends(_asks_for(Scope.ADMIN))
"""For routes that decide what is run again and again."""
