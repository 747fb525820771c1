"""What a client still sends when its answer is there: it is thrown away, so that the answer is heard.

A connection that is closed while something arrives is reset, and a client that first sends all of its body
then sees a broken connection in place of the reason.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MOST = 256 << 20
"""Bytes that are thrown away."""
_LONGEST = 60.0
"""Seconds for which they are; how slowly they may come meanwhile is for :mod:`.slow_clients` to say."""


class UnreadBodyMiddleware:
    """Answers at once, and ends the answer when the body has ended, is far too long or takes too long.

    The application does not wait for that: it has returned before the rest is thrown away.

    Args:
        app: Whose answers they are.
        seconds: Longest wait for the end of a body.
    """

    def __init__(self, app: ASGIApp, seconds: float = _LONGEST) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        if not has_body(headers):
            await self._app(scope, receive, send)
            return
        # Who asks first sends nothing until somebody wants to read it.
        comes = headers.get("expect", "").lower() != "100-continue"
        ended = held = False

        async def receive_noted() -> Message:
            nonlocal comes, ended
            comes = True
            message = await receive()
            ended = not message.get("more_body", False)
            return message

        async def send_before_the_rest(message: Message) -> None:
            nonlocal held
            last = message["type"] == "http.response.body" and not message.get("more_body", False)
            held = last and comes and not ended
            await send({**message, "more_body": True} if held else message)

        async def throw_away() -> None:
            left = _MOST
            while left > 0 and not ended:
                left -= len((await receive_noted()).get("body", b""))

        await self._app(scope, receive_noted, send_before_the_rest)
        if held:
            with suppress(TimeoutError):
                await asyncio.wait_for(throw_away(), self._seconds)
            await send({"type": "http.response.body"})


def has_body(headers: Headers) -> bool:
    """Whether a request says that a body follows."""
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
