"""One line per request: what was asked for by whom, what became of it; never source text, never a token."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import parse_qsl

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from codesearch.report.printable import printable
from codesearch.server.security.scopes import caller_of

log = logging.getLogger(__name__)

_TELLING = frozenset(
    {"corpus", "format", "k", "language", "languages", "limit", "min_probability", "offset", "page"}
    | {"rerank", "roles", "sort", "types"}
)
"""Arguments that are logged with their value; of all others only that they were there."""

_LONGEST = 300  # characters of an address
_CLIENT_GONE = 499  # no answer was sent; the number is what web servers agreed on for it


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what became of it.

    Attributes:
        method: As it was sent.
        route: Path of the route with its parameters' names; empty where none fits.
        status: Of the answer; 499 when there was none.
        seconds: From the header to the end of the answer.
        caller: Name of who asked; ``-`` for a stranger.
    """

    method: str
    route: str
    status: int
    seconds: float
    caller: str


Listener = Callable[[Exchange], None]
"""Hears of every exchange, as metrics do."""


class AccessLogMiddleware:
    """Logs every request at INFO when it is over."""

    def __init__(self, app: ASGIApp, listener: Listener | None = None) -> None:
        self._app = app
        self._listener = listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = _CLIENT_GONE

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        begun = perf_counter()
        try:
            await self._app(scope, receive, send_noted)
        finally:
            self._tell(scope, status, perf_counter() - begun)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        caller = caller_of(HTTPConnection(scope))
        name = "-" if caller is None else caller.name
        method = str(scope["method"])
        log.info(
            "%s %s %d %.1f ms %s", printable(method), _address(scope), status, 1000 * seconds, printable(name)
        )
        if self._listener is not None:
            self._listener(Exchange(method, _template(scope), status, seconds, name))


def _address(scope: Scope) -> str:
    """Path and arguments on one line, without what may be source text or a secret."""
    arguments = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    shown = [f"{name}={value}" for name, value in arguments if name in _TELLING]
    if len(shown) < len(arguments):
        shown.append("…")
    query = f"?{'&'.join(shown)}" if shown else ""
    address = printable(f"{scope['path']}{query}")
    return address if len(address) <= _LONGEST else f"{address[:_LONGEST]}…"


def _template(scope: Scope) -> str:
    """Path of the route that answers with the names of its parameters; empty where none does.

    The framework's own lacks the prefix under which a route was included.
    """
    route = scope.get("route")
    if route is None:
        return ""
    path, own = str(scope["path"]), str(route.path)
    filled = getattr(route, "path_format", own).format(**scope.get("path_params", {}))
    return path.removesuffix(filled) + own if filled and path.endswith(filled) else own
