"""Failures that nobody foresaw, answered here rather than by the server.

The framework's own last resort stands outside all middleware, so that its answer would lack the headers of
the others, and lets the server log the whole traceback, whose message may hold source text.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from codesearch.server.answers import unexpected_answer


class UnexpectedMiddleware:
    """Answers 500 without a detail; an answer that has begun is broken off."""

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
