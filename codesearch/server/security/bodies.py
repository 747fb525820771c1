"""How much of a request is read."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from codesearch.core.errors import InputError
from codesearch.server.failures import RequestFailure, TooLarge
from codesearch.server.security.options import SecurityOptions
from codesearch.server.security.refusals import refuse
from codesearch.server.security.scopes import caller_of, unknown_caller
from codesearch.serving.sources import MOST_CODE

_SIDES = 2  # of a comparison
_ESCAPES = 3  # forms write most bytes as three; JSON line ends as two, letters beyond ASCII as six
_ENVELOPE = 64 << 10
LARGEST_CODE = _SIDES * _ESCAPES * MOST_CODE + _ENVELOPE
"""Bytes of a request with code. No more, for small words add up: a million unknown fields in 14 MB of JSON
are as many problems to name, which took seven seconds and a gigabyte."""
_CARRY_CODE = ("/api/", "/mcp", "/compare", "/search", "/verdicts")
_SEARCH = "/"
_IMPORTS = ("/api/v1/feedback/import", "/judge/verdicts/import")
MAX_IMPORT = 4 << 20
"""Bytes of an import: hundreds of verdicts with the longest code on both sides."""
_LARGEST_IMPORT = MAX_IMPORT + _ENVELOPE

_CLOSE = {"Connection": "close"}


@dataclass(frozen=True, slots=True)
class _Limit:
    """How much is read of a body, in bytes, and what is said to more."""

    most: int
    failure: RequestFailure


class BodyMiddleware:
    """Refuses bodies that are too large, by what they claim and by what arrives.

    Strangers may send a form, to sign in: routes read a body before they ask who sent it.
    """

    def __init__(self, app: ASGIApp, options: SecurityOptions) -> None:
        self._app = app
        self._largest_form = options.max_form_bytes
        self._largest_code = max(LARGEST_CODE, options.max_form_bytes)
        self._largest_import = max(_LARGEST_IMPORT, options.max_form_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._limit(scope)
        if "content-length" in headers and "transfer-encoding" in headers:
            # Where a proxy goes by one and we by the other, the rest of a body becomes a request.
            failure = InputError("the request states its length in two ways", "send one of them")
            await refuse(scope, receive, send, failure, _CLOSE)
        elif _stated_length(headers) > limit.most:
            await refuse(scope, receive, send, limit.failure, _CLOSE)
        else:
            await self._pass_on(scope, receive, send, limit)

    def _limit(self, scope: Scope) -> _Limit:
        path = str(scope["path"])
        if path in _IMPORTS:
            most = self._largest_import
        elif path == _SEARCH or path.startswith(_CARRY_CODE):
            most = self._largest_code
        else:
            most = self._largest_form
        if most > self._largest_form and caller_of(HTTPConnection(scope)) is None:
            return _Limit(self._largest_form, unknown_caller())
        return _Limit(most, TooLarge(f"the request is larger than {most:,} bytes", "send less at once"))

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send, limit: _Limit) -> None:
        """Count what arrives; whatever the application says to a body that was cut off is not sent."""
        arrived = 0
        begun = False

        async def receive_counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > limit.most:
                raise limit.failure
            return message

        async def send_unless_cut(message: Message) -> None:
            nonlocal begun
            if arrived <= limit.most or begun:
                begun = True
                await send(message)

        try:
            await self._app(scope, receive_counted, send_unless_cut)
        except Exception:
            if arrived <= limit.most:
                raise
        if arrived > limit.most and not begun:
            await refuse(scope, receive, send, limit.failure, _CLOSE)


def _stated_length(headers: Headers) -> int:
    """What a body claims to have in bytes; 0 where it claims nothing, and is counted."""
    stated = headers.get("content-length", "")
    return int(stated) if stated.isascii() and stated.isdecimal() else 0
