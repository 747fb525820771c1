"""Clients that want to speak another protocol on their connection."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from codesearch.server.failures import RequestFailure
from codesearch.server.security.refusals import refuse


class UpgradeMiddleware:
    """Refuses websockets, whose clients would wait for frames in the answer to an ordinary request.

    Other protocols are offers that a server may pass over (RFC 9110, section 7.8), as that of HTTP/2 by curl.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _wants_websocket(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        failure = RequestFailure(
            "there are no websockets here", "jobs tell of themselves by server-sent events"
        )
        await refuse(scope, receive, send, failure, {"Connection": "close"})


def _wants_websocket(headers: Headers) -> bool:
    offers = ",".join(headers.getlist("upgrade"))
    return "websocket" in {word.strip().lower() for word in offers.split(",")}
