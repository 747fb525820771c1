"""Requests for this server alone: a page whose name was made to lead here shows by the name it sends."""

from __future__ import annotations

import re
import socket
from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from codesearch.server.failures import RequestFailure
from codesearch.server.security.addresses import is_loopback, is_unspecified, parsed
from codesearch.server.security.options import SecurityOptions
from codesearch.server.security.refusals import refuse

_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9](?:[a-z0-9._-]{0,252}))(?::([0-9]{1,5}))?", re.ASCII)


class Misdirected(RequestFailure):
    """A request for another server."""

    status = HTTPStatus.MISDIRECTED_REQUEST


class ServerNames:
    """The names by which a server is reached.

    Any port goes with a name: a forwarded port is another one, and rebinding changes names, not ports.
    """

    def __init__(self, options: SecurityOptions) -> None:
        own = options.host.strip("[]").lower()
        self._any_address = is_unspecified(own)
        self._named = {name.lower() for name in options.allowed_hosts} | {own}
        if is_loopback(own) or self._any_address:
            self._named |= {"localhost", "127.0.0.1", "::1"}
        if self._any_address:
            self._named.add(socket.gethostname().lower())

    def include(self, host: str) -> bool:
        """Whether a Host header names this server."""
        found = _HOST.fullmatch(host.lower())
        if found is None:
            return False
        name = found[1].strip("[]")
        # Nobody can rebind a number, so that all of them are fine where we listen at all addresses.
        return not self._named.isdisjoint({name, found[0]}) or (
            self._any_address and parsed(name) is not None
        )


class HostMiddleware:
    """Refuses requests that name another server, or none; there are no websockets here at all."""

    def __init__(self, app: ASGIApp, options: SecurityOptions) -> None:
        self._app = app
        self._names = ServerNames(options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) == 1 and self._names.include(hosts[0].decode("latin-1")):
            await self._app(scope, receive, send)
            return
        failure = Misdirected(
            "the request names another server", "see server.allowed_hosts, or --allowed-host"
        )
        # What names no server is not built into addresses either.
        bare = {**scope, "headers": [entry for entry in scope["headers"] if entry[0] != b"host"]}
        await refuse(bare, receive, send, failure)
