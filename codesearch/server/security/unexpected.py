"""Failures that nobody foresaw, and requests that a server's end cuts short, answered here rather than by the
server.

The framework's own last resort stands outside all middleware, so that its answer would lack the headers of
the others, and lets the server log the whole traceback, whose message may hold source text.
"""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from codesearch.core.errors import EnvironmentFailure
from codesearch.server.answers import unexpected_answer
from codesearch.server.security.refusals import refuse

_STOPPING = EnvironmentFailure("the server is stopping", "send it again once the server is back")


class UnexpectedMiddleware:
    """Answers 500 without a detail, or 503 when the server stops; an answer that has begun is broken off."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def send_noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        except asyncio.CancelledError:
            # Only the server's own end cancels a request out here, and it waits for no answer but this one.
            if scope["type"] != "http":
                raise
            if not begun:
                await refuse(scope, receive, send, _STOPPING, {"Connection": "close"})
        except ClientDisconnect:  # in the middle of its body: nobody waits for an answer
            return
        except Exception as error:
            if scope["type"] != "http":
                raise
            if not begun:
                await _answer(scope, receive, error)(scope, receive, send)


def _answer(scope: Scope, receive: Receive, error: Exception) -> Response:
    try:
        return unexpected_answer(Request(scope, receive), error)
    except Exception:  # pages cannot be made at all
        return PlainTextResponse("something went wrong here: see the server's log", 500)
